//! Opening a PostgreSQL database: wait for the server within a bound, make the schema, migrate.
//!
//! Every service has a schema of its own name, so that one database can serve them all.

use std::time::Duration;

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

use crate::open::{Migration, connect_options, migrate, reason, refused};
use crate::{Location, OPEN_LIMIT, OpenError};

/// One attempt to connect; a server that does not answer a SYN would take minutes.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// Pause between attempts.
const RETRY_PAUSE: Duration = Duration::from_millis(250);

/// `SQLSTATE`s, <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
mod sqlstate {
    pub(super) const TOO_MANY_CONNECTIONS: &str = "53300";
    pub(super) const CANNOT_CONNECT_NOW: &str = "57P03";
    pub(super) const UNIQUE_VIOLATION: &str = "23505";
    pub(super) const DUPLICATE_SCHEMA: &str = "42P06";
    pub(super) const READ_ONLY_SQL_TRANSACTION: &str = "25006";
}

/// The URL with what a session needs from its first statement on: the service's schema, a name that
/// `pg_stat_activity` shows, and, for the pool, an end to statements that nobody waits for any more.
pub(crate) fn session_url(
    location: &Location,
    url: &str,
    service: &str,
    statement_limit: Option<Duration>,
) -> Result<String, OpenError> {
    let mut url = connect_options(location, url)?.database_url;
    let named = url.query_pairs().any(|(key, _)| key == "application_name");
    let mut parameters = url.query_pairs_mut();
    parameters.append_pair("options[search_path]", service);
    if !named {
        parameters.append_pair("application_name", service);
    }
    if let Some(limit) = statement_limit {
        parameters.append_pair("options[statement_timeout]", &limit.as_millis().to_string());
    }
    drop(parameters);
    Ok(url.into())
}

/// Waits for the server, makes the service's schema and brings it up to date.
pub(crate) async fn prepare(
    location: &Location,
    url: &str,
    service: &str,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    let options = connect_options(location, &session_url(location, url, service, None)?)?;
    let (mut last_failure, mut locked) = ("no answer".to_owned(), false);
    let prepared = async {
        let mut connection = connect(location, &options, &mut last_failure).await?;
        locked = true;
        create_schema(location, service, &mut connection).await?;
        // The migrator holds an advisory lock meanwhile: services that start together take turns.
        migrate(location, migrations, &mut connection).await?;
        connection.close().await.map_err(|error| refused(location, &error))
    };
    match tokio::time::timeout(OPEN_LIMIT, prepared).await {
        Ok(outcome) => outcome,
        // Whoever has a connection waits for nothing but the lock of the migrator.
        Err(_) if locked => Err(OpenError::Locked { location: Box::new(location.clone()) }),
        Err(_) => Err(OpenError::Unreachable { location: Box::new(location.clone()), reason: last_failure }),
    }
}

async fn connect(
    location: &Location,
    options: &AnyConnectOptions,
    last_failure: &mut String,
) -> Result<AnyConnection, OpenError> {
    loop {
        match tokio::time::timeout(CONNECT_LIMIT, AnyConnection::connect_with(options)).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) if may_pass(&error) => *last_failure = reason(&error),
            Ok(Err(error)) => return Err(refused(location, &error)),
            Err(_) => "no answer".clone_into(last_failure),
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

/// Whether a server that is starting, or a network that is coming up, would fail like this.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            [sqlstate::TOO_MANY_CONNECTIONS, sqlstate::CANNOT_CONNECT_NOW].contains(&&*code)
        }),
        _ => false,
    }
}

/// Makes the schema unless it is there. It is looked for first because `IF NOT EXISTS` asks for the right to make
/// schemas even when there is nothing to make.
async fn create_schema(
    location: &Location,
    service: &str,
    connection: &mut AnyConnection,
) -> Result<(), OpenError> {
    const FIND: &str = "SELECT COUNT(*) FROM pg_namespace WHERE nspname = $1";
    let found: i64 = sqlx::query_scalar(FIND)
        .bind(service.to_owned())
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| refused(location, &error))?;
    if found > 0 {
        return Ok(());
    }
    let quoted = service.replace('"', "\"\"");
    match connection.execute(AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS \"{quoted}\""))).await {
        Ok(_) => Ok(()),
        Err(error) => match error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
            // Another process made it between the two statements.
            Some(sqlstate::UNIQUE_VIOLATION | sqlstate::DUPLICATE_SCHEMA) => Ok(()),
            Some(sqlstate::READ_ONLY_SQL_TRANSACTION) => {
                Err(OpenError::ReadOnly { location: Box::new(location.clone()) })
            }
            _ => Err(refused(location, &error)),
        },
    }
}
