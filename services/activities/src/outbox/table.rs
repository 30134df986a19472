//! The rows of the outbox.

use std::time::Duration;

use api_types::Event;
use database::{Error, Transaction, micros, now, parsed, placeholders};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, FromRow, Row};
use telemetry::context::Carrier;
use uuid::Uuid;

use super::Outbox;

/// The longest text of a failure that is kept, in characters.
const MAX_ERROR_CHARS: usize = 300;

/// An event that this process holds until its lease ends.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) event_id: Uuid,
    /// The event as JSON.
    pub(super) payload: String,
    /// The context of the request that caused it.
    pub(super) carrier: Carrier,
    /// How often it was tried, this attempt included.
    pub(super) attempts: i64,
    /// When the lease ends; with the id, it names this attempt.
    leased_until: i64,
}

impl Outbox {
    /// Writes an event into the transaction of what it tells of, with the context of the current span.
    pub(crate) async fn enqueue(&self, transaction: &mut Transaction, event: &Event) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO outbox \
            (event_id, payload, traceparent, tracestate, baggage, next_attempt_at, created_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $6)";
        let carrier = Carrier::current();
        let payload = serde_json::to_string(event).expect("text, numbers and valid times have a JSON form");
        let query = sqlx::query(SQL)
            .bind(event.event_id.to_string())
            .bind(payload)
            .bind(carrier.traceparent)
            .bind(carrier.tracestate)
            .bind(carrier.baggage)
            .bind(micros(now()));
        let inserted = async |connection: &mut AnyConnection| query.execute(connection).await;
        transaction.run("INSERT outbox", SQL, inserted).await.map(drop)
    }

    /// Takes up to `limit` due events for the time of the lease, those that are due longest first.
    ///
    /// Of two processes that take the same row at once, the second waits for the first and then finds the row leased:
    /// that is what the outer condition is for.
    pub(super) async fn claim(&self, limit: u8, lease: Duration) -> Result<Vec<Claimed>, Error> {
        const SQL: &str = "UPDATE outbox SET leased_until = $2, attempts = attempts + 1 \
            WHERE leased_until <= $1 AND event_id IN (SELECT event_id FROM outbox \
            WHERE dead_at IS NULL AND next_attempt_at <= $1 AND leased_until <= $1 \
            ORDER BY next_attempt_at, event_id LIMIT $3) \
            RETURNING event_id, payload, traceparent, tracestate, baggage, attempts, leased_until";
        let now = now();
        let query = sqlx::query_as(SQL).bind(micros(now)).bind(micros(now + lease)).bind(i64::from(limit));
        let claimed = async |connection: &mut AnyConnection| query.fetch_all(connection).await;
        self.database.write("UPDATE outbox", SQL, claimed).await
    }

    /// How long it is until an event is due: zero when one is, `None` when there are none.
    pub(super) async fn due_in(&self) -> Result<Option<Duration>, Error> {
        const SQL: &str = "SELECT MIN(CASE WHEN leased_until > next_attempt_at THEN leased_until \
            ELSE next_attempt_at END) FROM outbox WHERE dead_at IS NULL";
        let query = sqlx::query_scalar::<_, Option<i64>>(SQL);
        let due = self.database.run("SELECT outbox", SQL, query.fetch_one(self.database.pool())).await?;
        Ok(due.map(|due| Duration::from_micros(u64::try_from(due - micros(now())).unwrap_or(0))))
    }

    /// Forgets events that were accepted.
    pub(super) async fn delivered(&self, events: &[&Claimed]) -> Result<(), Error> {
        if events.is_empty() {
            return Ok(());
        }
        let sql = format!("DELETE FROM outbox WHERE event_id IN ({})", placeholders(1, events.len()));
        let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
        for event in events {
            query = query.bind(event.event_id.to_string());
        }
        let deleted = async |connection: &mut AnyConnection| query.execute(connection).await;
        self.database.write("DELETE outbox", sql.clone(), deleted).await.map(drop)
    }

    /// Gives an event back, to be tried again after `pause`; unless the lease ended and another process has it.
    pub(super) async fn retry(&self, claimed: &Claimed, pause: Duration, error: &str) -> Result<(), Error> {
        const SQL: &str = "UPDATE outbox SET next_attempt_at = $3, leased_until = 0, last_error = $4 \
            WHERE event_id = $1 AND leased_until = $2";
        let query = sqlx::query(SQL)
            .bind(claimed.event_id.to_string())
            .bind(claimed.leased_until)
            .bind(micros(now() + pause))
            .bind(shortened(error));
        let updated = async |connection: &mut AnyConnection| query.execute(connection).await;
        self.database.write("UPDATE outbox", SQL, updated).await.map(drop)
    }

    /// Keeps an event for a person to look at; it is not tried again.
    pub(super) async fn park(&self, claimed: &Claimed, error: &str) -> Result<(), Error> {
        const SQL: &str = "UPDATE outbox SET dead_at = $3, leased_until = 0, last_error = $4 \
            WHERE event_id = $1 AND leased_until = $2";
        let query = sqlx::query(SQL)
            .bind(claimed.event_id.to_string())
            .bind(claimed.leased_until)
            .bind(micros(now()))
            .bind(shortened(error));
        let updated = async |connection: &mut AnyConnection| query.execute(connection).await;
        self.database.write("UPDATE outbox", SQL, updated).await.map(drop)
    }
}

fn shortened(error: &str) -> String {
    error.chars().filter(|character| *character != '\0').take(MAX_ERROR_CHARS).collect()
}

impl FromRow<'_, AnyRow> for Claimed {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            event_id: parsed(row, "event_id")?,
            payload: row.try_get("payload")?,
            carrier: Carrier {
                traceparent: row.try_get("traceparent")?,
                tracestate: row.try_get("tracestate")?,
                baggage: row.try_get("baggage")?,
            },
            attempts: row.try_get("attempts")?,
            leased_until: row.try_get("leased_until")?,
        })
    }
}
