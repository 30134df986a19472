//! A database of its own for every test, on both systems: a store test is written once and runs on both.

use std::io::Write;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::Location;

/// URL of a server on which the tests may make and drop databases.
pub const POSTGRES_URL: &str = "CRUDDUR_TEST_POSTGRES_URL";

/// Set to anything, it leaves out what needs PostgreSQL: a tester's decision, and never what happens by itself.
pub const SKIP_POSTGRES: &str = "CRUDDUR_TEST_SKIP_POSTGRES";

/// Runs `test` on a new SQLite file and on a new PostgreSQL database on the server of [`POSTGRES_URL`].
///
/// With [`SKIP_POSTGRES`] the second half does not run, and stderr says so past the test harness' capture.
///
/// # Panics
/// When the test does, when a database cannot be made, and when neither variable is set.
pub async fn on_each_system(test: impl AsyncFn(Location)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    // Boxed, for a test's future may be larger than a stack likes.
    Box::pin(test(Location::file_in(directory.path(), "test"))).await;

    if let Some(database) = PostgresDatabase::create().await {
        Box::pin(test(database.url.parse().expect("a URL made of a URL"))).await;
        database.drop().await;
    }
}

/// The server of [`POSTGRES_URL`]; `None` when the tester has left it out.
fn postgres_server() -> Option<String> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let server = set(POSTGRES_URL);
    if server.is_none() {
        assert!(
            set(SKIP_POSTGRES).is_some(),
            "this test needs PostgreSQL: run it with `scripts/test`, which starts one, or set {POSTGRES_URL} to a server \
             where databases may be made (postgres://user:password@host/postgres); {SKIP_POSTGRES}=1 leaves that part out"
        );
        say_skipped();
    }
    server
}

fn say_skipped() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let _ =
            writeln!(std::io::stderr(), "\nSKIPPED: the tests on PostgreSQL, because {SKIP_POSTGRES} is set");
    });
}

/// A new database on the server of [`POSTGRES_URL`], for a test that cannot be run by [`on_each_system`].
pub struct PostgresDatabase {
    server: String,
    name: String,
    url: String,
}

impl PostgresDatabase {
    /// Makes one; `None` with [`SKIP_POSTGRES`].
    ///
    /// # Panics
    /// When it cannot be made, and when neither variable is set.
    pub async fn create() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = postgres_server()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_micros();
        let name = format!("test_{now}_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        execute(&server, format!("CREATE DATABASE {name}")).await;
        let mut url = options(&server).database_url;
        url.set_path(&name);
        Some(Self { server, name, url: url.into() })
    }

    /// Where it is, for a `DATABASE_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Removes it, with the connections that are still open.
    ///
    /// # Panics
    /// When the server does not.
    pub async fn drop(self) {
        execute(&self.server, format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

fn options(url: &str) -> AnyConnectOptions {
    url.parse::<AnyConnectOptions>().expect("CRUDDUR_TEST_POSTGRES_URL is a URL").disable_statement_logging()
}

async fn execute(server: &str, sql: String) {
    sqlx::any::install_default_drivers();
    let mut connection =
        AnyConnection::connect_with(&options(server)).await.expect("the test server answers");
    connection.execute(AssertSqlSafe(sql)).await.expect("the test user may make and drop databases");
    connection.close().await.expect("the connection closes");
}
