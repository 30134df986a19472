//! A transaction whose statements are traced and timed like any other query.

use std::borrow::Cow;

use sqlx::{Any, AnyConnection};
use tokio::sync::OwnedSemaphorePermit;

use crate::{Database, Error};

/// Statements that take effect together, at [`Transaction::commit`], or not at all.
#[derive(Debug)]
pub struct Transaction {
    database: Database,
    inner: sqlx::Transaction<'static, Any>,
    /// The turn to write, on SQLite. Declared last, and so given back after `inner` has rolled back or committed.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Transaction {
    pub(crate) fn new(
        database: Database,
        inner: sqlx::Transaction<'static, Any>,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self { database, inner, _turn: turn }
    }

    /// Runs one statement; see [`Database::run`].
    pub async fn run<T, Q>(
        &mut self,
        summary: &'static str,
        sql: impl Into<Cow<'static, str>>,
        query: Q,
    ) -> Result<T, Error>
    where
        Q: AsyncFnOnce(&mut AnyConnection) -> Result<T, sqlx::Error>,
    {
        let Self { database, inner, .. } = self;
        database.run(summary, sql, query(inner)).await
    }

    /// Makes everything take effect.
    pub async fn commit(self) -> Result<(), Error> {
        let Self { database, inner, _turn } = self;
        database.run("COMMIT", "COMMIT", inner.commit()).await
    }
}
