//! Start: connect, check, migrate, make the pool; or say in one sentence why not.

use std::time::Duration;

use sqlx::any::AnyConnectOptions;
use sqlx::migrate::{MigrateError, MigrationType, Migrator};
use sqlx::{AnyConnection, ConnectOptions, SqlSafeStr};

use crate::{Location, OpenError};

/// How long opening may take, waiting for a server that is starting and for other services' migrations included.
pub const OPEN_LIMIT: Duration = Duration::from_secs(10);

/// One step of the schema. Its SQL must never change once it has run anywhere: the migrator compares checksums.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Steps run in the order of their versions.
    pub version: i64,
    /// What the step is about.
    pub name: &'static str,
    /// Any number of statements, the same for both systems.
    pub sql: &'static str,
}

/// The migrations as sqlx's migrator takes them.
pub(crate) fn migrator(migrations: &[Migration]) -> Migrator {
    let resolved = migrations.iter().map(|step| {
        let sql = step.sql.into_sql_str();
        sqlx::migrate::Migration::new(step.version, step.name.into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(resolved.collect())
}

/// Options of one connection. sqlx's own statement log is off: the spans say the same.
pub(crate) fn connect_options(location: &Location, url: &str) -> Result<AnyConnectOptions, OpenError> {
    let options: AnyConnectOptions = url.parse().map_err(|error| refused(location, &error))?;
    Ok(options.disable_statement_logging())
}

pub(crate) async fn migrate(
    location: &Location,
    migrations: &[Migration],
    connection: &mut AnyConnection,
) -> Result<(), OpenError> {
    migrator(migrations).run(connection).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)
            if matches!(location, Location::Sqlite { .. }) =>
        {
            crate::sqlite::explain(location, &error)
        }
        error => OpenError::Migration { location: Box::new(location.clone()), reason: error.to_string() },
    })
}

/// A refusal in the database's own words.
pub(crate) fn refused(location: &Location, error: &sqlx::Error) -> OpenError {
    OpenError::Refused { location: Box::new(location.clone()), reason: reason(error) }
}

/// What the database or the system said, without what the driver wraps around it.
pub(crate) fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Configuration(error) | sqlx::Error::Tls(error) => error.to_string(),
        sqlx::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}
