//! SQLite or PostgreSQL behind one sqlx pool: open, check, migrate, traced queries.
//!
//! The services write one SQL for both systems. What keeps that possible: columns are only `TEXT`, `BIGINT`,
//! `SMALLINT` or `DOUBLE PRECISION`, times are microseconds since 1970 in a `BIGINT`, and parameters are `$1`, `$2` …
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use database::{Database, Location, Migration};
//!
//! const MIGRATIONS: &[Migration] =
//!     &[Migration { version: 1, name: "things", sql: "CREATE TABLE things (name TEXT PRIMARY KEY)" }];
//! const COUNT: &str = "SELECT COUNT(*) FROM things";
//!
//! let location = Location::file_in("data".as_ref(), "example");
//! let database = Database::open(&location, "example", MIGRATIONS).await?;
//! let count: i64 = database.run("SELECT things", COUNT, sqlx::query_scalar(COUNT).fetch_one(database.pool())).await?;
//! # Ok(()) }
//! ```
//!
//! Nothing here waits without a bound: opening takes at most [`OPEN_LIMIT`], a query [`QUERY_LIMIT`].

mod error;
mod handle;
mod location;
mod open;
mod postgres;
mod row;
mod sqlite;
#[cfg(feature = "testing")]
pub mod testing;
mod transaction;

pub use error::{Error, OpenError};
pub use handle::{Database, QUERY_LIMIT};
pub use location::{Location, LocationError};
pub use open::{Migration, OPEN_LIMIT};
pub use row::{micros, now, optional_time, parsed, time};
pub use transaction::Transaction;

/// `$first, $first+1, …`: the parameters of an `IN (…)` over `count` values. Neither system takes a list as one value.
#[must_use]
pub fn placeholders(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn placeholders_are_numbered_from_the_first() {
        assert_eq!(super::placeholders(2, 3), "$2, $3, $4");
        assert_eq!(super::placeholders(1, 0), "");
    }
}
