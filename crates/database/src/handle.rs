//! The open database: a small pool, and queries in spans with a time limit.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Executor};
use telemetry::database::Target;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

use crate::open::{Migration, connect_options};
use crate::{Error, Location, OpenError, Transaction, postgres, sqlite};

/// How long a query may take, waiting for a connection included. A caller gives up after 3 s and should hear why.
pub const QUERY_LIMIT: Duration = Duration::from_millis(2500);

/// How long a query waits for a connection of the pool.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(2);

/// How long the readiness probe waits.
const PING_LIMIT: Duration = Duration::from_secs(1);

/// Enough for a service on a few cores; SQLite writes one at a time anyway.
const MAX_CONNECTIONS: u32 = 8;

/// An open database with an up-to-date schema. Clones share the pool.
#[derive(Debug, Clone)]
pub struct Database {
    pool: AnyPool,
    target: Arc<Target>,
    /// SQLite takes one writer at a time. Writers of this process queue here, in order, instead of polling its lock.
    writers: Option<Arc<Semaphore>>,
}

impl Database {
    /// Opens the database, checks it and runs the migrations that have not run yet.
    ///
    /// `service` names the schema on PostgreSQL, where one database may serve several services.
    pub async fn open(
        location: &Location,
        service: &str,
        migrations: &[Migration],
    ) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let pool = AnyPoolOptions::new().max_connections(MAX_CONNECTIONS).acquire_timeout(ACQUIRE_LIMIT);
        match location {
            Location::Sqlite { file, url, create_directory } => {
                sqlite::prepare(location, file, url, *create_directory, migrations).await?;
                let pool = pool.after_connect(|connection, _| {
                    Box::pin(async move { connection.execute(sqlite::SESSION).await.map(drop) })
                });
                Ok(Self {
                    pool: pool.connect_lazy_with(connect_options(location, url)?),
                    target: Arc::new(sqlite_target(file)),
                    writers: Some(Arc::new(Semaphore::new(1))),
                })
            }
            Location::Postgres { host, port, database, url } => {
                postgres::prepare(location, url, service, migrations).await?;
                let url = postgres::session_url(location, url, service, Some(QUERY_LIMIT))?;
                Ok(Self {
                    pool: pool.connect_lazy_with(connect_options(location, &url)?),
                    target: Arc::new(postgres_target(host, *port, database, service)),
                    writers: None,
                })
            }
        }
    }

    /// The pool, for `fetch_all(database.pool())` inside of [`Database::run`].
    #[must_use]
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Runs a query in a database span and within [`QUERY_LIMIT`]. `summary` is the operation and its table, for
    /// example `SELECT activities`; `sql` is the text with placeholders.
    pub async fn run<T>(
        &self,
        summary: &'static str,
        sql: impl Into<Cow<'static, str>>,
        query: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Error> {
        let span = telemetry::database::span(&self.target, summary, sql);
        let outcome = match tokio::time::timeout(QUERY_LIMIT, query.instrument(span.clone())).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(source)) => Error::Failed { summary, source },
            Err(_) => Error::TimedOut { summary, limit: QUERY_LIMIT },
        };
        match outcome.code() {
            Some(code) => telemetry::database::record_refusal(&span, &code),
            None => telemetry::database::record_error(&span, &outcome.error_type()),
        }
        Err(outcome)
    }

    /// Begins a transaction that may write. Dropped without [`Transaction::commit`], it is rolled back.
    pub async fn begin(&self) -> Result<Transaction, Error> {
        let statement = if self.writers.is_some() { "BEGIN IMMEDIATE" } else { "BEGIN" };
        let begun = self.run("BEGIN", statement, async {
            let turn = self.turn().await;
            Ok((self.pool.begin_with(statement).await?, turn))
        });
        let (transaction, turn) = begun.await?;
        Ok(Transaction::new(self.clone(), transaction, turn))
    }

    /// Runs one writing statement, which takes effect at once; see [`Database::run`].
    pub async fn write<T, Q>(
        &self,
        summary: &'static str,
        sql: impl Into<Cow<'static, str>>,
        query: Q,
    ) -> Result<T, Error>
    where
        Q: AsyncFnOnce(&mut AnyConnection) -> Result<T, sqlx::Error>,
    {
        let written = async {
            let _turn = self.turn().await;
            query(&mut *self.pool.acquire().await?).await
        };
        self.run(summary, sql, written).await
    }

    /// The turn to write, where writers take turns.
    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        match &self.writers {
            // It is never closed, so this always gives a permit.
            Some(writers) => Arc::clone(writers).acquire_owned().await.ok(),
            None => None,
        }
    }

    /// Whether the database answers within a second.
    pub async fn ping(&self) -> Result<(), Error> {
        const PING: &str = "SELECT 1";
        let answer = self.run("SELECT", PING, async { self.pool.execute(PING).await.map(drop) });
        let late = Error::TimedOut { summary: "SELECT", limit: PING_LIMIT };
        tokio::time::timeout(PING_LIMIT, answer).await.unwrap_or(Err(late))
    }

    /// Closes the connections, waiting for those in use.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn sqlite_target(file: &std::path::Path) -> Target {
    // The convention's namespace is the database's name; for a file that is its name without the directory.
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    Target { system: "sqlite", namespace: name.into(), server_address: None, server_port: None }
}

fn postgres_target(host: &str, port: u16, database: &str, service: &str) -> Target {
    Target {
        system: "postgresql",
        namespace: format!("{database}|{service}").into(),
        server_address: Some(host.into()),
        server_port: Some(port),
    }
}
