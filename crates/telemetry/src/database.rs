//! CLIENT spans of database calls, by the stable database conventions of OpenTelemetry:
//! <https://opentelemetry.io/docs/specs/semconv/database/database-spans/>.
//!
//! ```
//! use telemetry::database::{self, Target};
//! use tracing::Instrument;
//!
//! # async fn query() -> Result<(), std::io::Error> {
//! # async fn execute(_: &str) -> Result<(), std::io::Error> { Ok(()) }
//! let target = Target { system: "sqlite", namespace: "users.db".into(), ..Target::default() };
//! let sql = "SELECT uuid FROM users WHERE handle = $1";
//! let span = database::span(&target, "SELECT users", sql);
//! if let Err(error) = execute(sql).instrument(span.clone()).await {
//!     database::record_error(&span, "io");
//! }
//! # Ok(())
//! # }
//! ```

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::trace::{SpanKind, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use tracing::Span;

use crate::spans::{self, Recording, Start};

/// Which database is called.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// `db.system.name`: `sqlite` or `postgresql`.
    pub system: &'static str,
    /// `db.namespace`: name of the database, or of the file.
    pub namespace: Arc<str>,
    /// `server.address`, where there is a server.
    pub server_address: Option<Arc<str>>,
    /// `server.port`, where there is a server.
    pub server_port: Option<u16>,
}

/// The span of one call. `summary` is the operation and what it works on, `SELECT activities`; it becomes the name.
/// `text` is the statement with placeholders: never put values into it.
///
/// Without a span around it there is none: a poll that finds nothing to do makes no trace of its own.
#[must_use]
pub fn span(target: &Target, summary: &'static str, text: impl Into<Cow<'static, str>>) -> Span {
    let parent = Context::current();
    if !parent.span().span_context().is_valid() {
        return Span::none();
    }
    let describe = |span: &mut Recording<'_>| describe(span, target, summary, text.into());
    spans::begin(
        &parent,
        Start::now(summary, SpanKind::Client),
        describe,
        || tracing::info_span!(target: "telemetry::database", "query"),
    )
}

fn describe(span: &mut Recording<'_>, target: &Target, summary: &'static str, text: Cow<'static, str>) {
    let (operation, collection) = summary.split_once(' ').unzip();
    span.add(KeyValue::new(attribute::DB_SYSTEM_NAME, target.system));
    span.add(KeyValue::new(attribute::DB_NAMESPACE, Arc::clone(&target.namespace)));
    span.add(KeyValue::new(attribute::DB_OPERATION_NAME, operation.unwrap_or(summary)));
    span.add_some(attribute::DB_COLLECTION_NAME, collection);
    span.add(KeyValue::new(attribute::DB_QUERY_SUMMARY, summary));
    span.add(KeyValue::new(attribute::DB_QUERY_TEXT, text));
    span.add_some(attribute::SERVER_ADDRESS, target.server_address.clone());
    span.add_some(attribute::SERVER_PORT, target.server_port.map(i64::from));
}

/// Marks a call as failed that the database did not answer, or not with an error: `error_type` is a word of few values such
/// as `pool_timeout`.
pub fn record_error(span: &Span, error_type: &str) {
    record(span, None, error_type);
}

/// Marks a call as failed that the database answered with an error. `code` is the database's own (an SQLSTATE, or a result
/// code of SQLite): it becomes `db.response.status_code` and `error.type`.
pub fn record_refusal(span: &Span, code: &str) {
    record(span, Some(code), code);
}

fn record(span: &Span, code: Option<&str>, error_type: &str) {
    spans::update(span, |span| {
        span.set_some(attribute::DB_RESPONSE_STATUS_CODE, code.map(str::to_owned));
        span.set(KeyValue::new(attribute::ERROR_TYPE, error_type.to_owned()));
        span.status(Status::error(""));
    });
}
