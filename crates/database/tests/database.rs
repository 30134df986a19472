//! Opening, refusing to open, and running queries, on real files and a real server.
#![allow(clippy::unwrap_used, reason = "a panic is the failure report")]

use std::path::Path;
use std::time::{Duration, Instant};

use database::testing::on_each_system;
use database::{Database, Error, Location, Migration, OpenError};

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "things",
        sql: "CREATE TABLE things (name TEXT PRIMARY KEY, size BIGINT NOT NULL);",
    },
    Migration {
        version: 2,
        name: "a thing",
        sql: "INSERT INTO things VALUES ('first', 1); INSERT INTO things VALUES ('second', 2);",
    },
];
const COUNT: &str = "SELECT COUNT(*) FROM things";
const INSERT: &str = "INSERT INTO things (name, size) VALUES ($1, $2)";

async fn open(location: &Location) -> Result<Database, OpenError> {
    Database::open(location, "shop", MIGRATIONS).await
}

async fn count(database: &Database) -> i64 {
    database.run("SELECT things", COUNT, sqlx::query_scalar(COUNT).fetch_one(database.pool())).await.unwrap()
}

async fn insert(database: &Database, name: &str) -> Result<(), Error> {
    let query = sqlx::query(INSERT).bind(name.to_owned()).bind(1_i64);
    database
        .write("INSERT things", INSERT, async |connection| query.execute(connection).await)
        .await
        .map(drop)
}

fn file(path: &Path) -> Location {
    format!("sqlite://{}", path.display()).parse().unwrap()
}

#[tokio::test]
async fn migrations_run_once_however_often_the_database_is_opened() {
    on_each_system(async |location| {
        for _ in 0..3 {
            let database = open(&location).await.unwrap();
            assert_eq!(count(&database).await, 2);
            database.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn several_processes_may_open_a_new_database_at_the_same_time() {
    on_each_system(async |location| {
        let (a, b, c, d) = tokio::join!(open(&location), open(&location), open(&location), open(&location));

        for database in [a, b, c, d] {
            assert_eq!(count(&database.unwrap()).await, 2);
        }
    })
    .await;
}

#[tokio::test]
async fn services_can_share_one_postgresql_database() {
    on_each_system(async |location| {
        if matches!(location, Location::Sqlite { .. }) {
            return;
        }
        let shop = open(&location).await.unwrap();
        let other = Database::open(&location, "other", &MIGRATIONS[..1]).await.unwrap();

        assert_eq!(count(&shop).await, 2);
        assert_eq!(count(&other).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    on_each_system(async |location| {
        let database = open(&location).await.unwrap();

        let mut transaction = database.begin().await.unwrap();
        let query = sqlx::query(INSERT).bind("lost").bind(1_i64);
        transaction
            .run("INSERT things", INSERT, async |connection| query.execute(connection).await)
            .await
            .unwrap();
        drop(transaction);

        assert_eq!(count(&database).await, 2);
        insert(&database, "kept").await.unwrap();
        assert_eq!(count(&database).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_key_is_a_unique_violation_with_the_databases_own_code() {
    on_each_system(async |location| {
        let database = open(&location).await.unwrap();

        let error = insert(&database, "first").await.unwrap_err();

        assert!(error.is_unique_violation());
        let expected = if matches!(location, Location::Sqlite { .. }) { "1555" } else { "23505" };
        assert_eq!(error.error_type(), expected);
    })
    .await;
}

#[tokio::test]
async fn a_hundred_writers_at_once_all_succeed() {
    on_each_system(async |location| {
        let database = open(&location).await.unwrap();
        let writers = (0..100).map(|n| {
            let database = database.clone();
            async move { insert(&database, &format!("thing {n}")).await }
        });

        let outcomes = futures_util::future::join_all(writers).await;

        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(count(&database).await, 102);
    })
    .await;
}

#[tokio::test]
async fn a_held_write_lock_is_an_error_in_time_and_no_hang() {
    on_each_system(async |location| {
        let database = open(&location).await.unwrap();
        let holder = database.begin().await.unwrap();
        if matches!(location, Location::Postgres { .. }) {
            return;
        }

        let error = insert(&database, "late").await.unwrap_err();

        assert_eq!(error.error_type(), "timeout");
        drop(holder);
        insert(&database, "in time").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_closed_database_fails_its_ping() {
    on_each_system(async |location| {
        let database = open(&location).await.unwrap();
        database.ping().await.unwrap();

        database.close().await;

        assert_eq!(database.ping().await.unwrap_err().error_type(), "pool_closed");
    })
    .await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    on_each_system(async |location| {
        open(&location).await.unwrap().close().await;

        let error = Database::open(&location, "shop", &MIGRATIONS[..1]).await.unwrap_err();

        assert!(matches!(error, OpenError::Migration { .. }), "{error}");
        assert!(error.to_string().contains("migration 2 was previously applied"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_as_corrupt() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.db");
    std::fs::write(&path, "this is not a database, however long one looks at it".repeat(100)).unwrap();

    let error = open(&file(&path)).await.unwrap_err();

    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[tokio::test]
async fn a_damaged_database_is_named_as_corrupt() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.db");
    let database = open(&file(&path)).await.unwrap();
    for n in 0..50 {
        insert(&database, &format!("{n} {}", "x".repeat(500))).await.unwrap();
    }
    database.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let (start, end) = (4096, bytes.len() - 4096);
    bytes[start..end].fill(0xAA);
    std::fs::write(&path, bytes).unwrap();

    let error = open(&file(&path)).await.unwrap_err();

    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_named_as_read_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.db");
    open(&file(&path)).await.unwrap().close().await;

    let location: Location = format!("sqlite://{}?mode=ro", path.display()).parse().unwrap();
    let error = open(&location).await.unwrap_err();

    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[tokio::test]
async fn an_absent_directory_is_made_for_the_default_place_only() {
    let directory = tempfile::tempdir().unwrap();
    let absent = directory.path().join("not/there");

    let error = open(&file(&absent.join("shop.db"))).await.unwrap_err();
    assert!(matches!(error, OpenError::Directory { .. }), "{error}");

    let database = open(&Location::file_in(&absent, "shop")).await.unwrap();
    assert_eq!(count(&database).await, 2);
}

#[tokio::test]
async fn a_directory_in_place_of_the_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();

    let error = open(&file(directory.path())).await.unwrap_err();

    assert!(matches!(error, OpenError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_in_bounded_time_without_the_password() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let location: Location = format!("postgres://me:hunter2@127.0.0.1:{port}/shop").parse().unwrap();
    let started = Instant::now();

    let error = open(&location).await.unwrap_err();

    assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
    assert!(started.elapsed() < database::OPEN_LIMIT + Duration::from_secs(30));
}
