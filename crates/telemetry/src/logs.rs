//! Log lines: one JSON object a `tracing` event on stdout, with the ids of the span that it happened in.

use std::fmt;
use std::io::Write;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;
use time::format_description::well_known::iso8601::{Config, EncodedConfig, TimePrecision};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, layer};

use crate::trouble;

/// Used when `RUST_LOG` is not set. actix tells of each worker that it starts.
const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// RFC 3339 in UTC with microseconds.
const TIMESTAMP: EncodedConfig = Config::DEFAULT
    .set_time_precision(TimePrecision::Second { decimal_digits: std::num::NonZeroU8::new(6) })
    .encode();

/// The filter of log lines, and a warning when `directives` are none.
pub(crate) fn filter(directives: Option<&str>) -> (EnvFilter, Option<String>) {
    let default = || EnvFilter::new(DEFAULT_FILTER);
    match directives.map(EnvFilter::try_new) {
        None => (default(), None),
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (default(), Some(format!("RUST_LOG: {error}; `{DEFAULT_FILTER}` is used"))),
    }
}

/// The layer that prints events which pass `filter`. Events of the OpenTelemetry crates go to [`trouble`] instead.
pub(crate) fn layer<S>(service: &str, version: &'static str, filter: EnvFilter) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    JsonLines { service: service.to_owned(), version }.with_filter(filter)
}

struct JsonLines {
    service: String,
    version: &'static str,
}

impl<S: Subscriber> Layer<S> for JsonLines {
    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        if trouble::is_telemetry(event.metadata().target()) {
            return;
        }
        let mut line = self.line(event, OffsetDateTime::now_utc());
        line.push('\n');
        // A closed or full stdout is no reason to fail a request.
        let _ = std::io::stdout().lock().write_all(line.as_bytes());
    }
}

impl JsonLines {
    /// One line without its end; whatever a field holds, JSON escapes control characters.
    fn line(&self, event: &Event<'_>, now: OffsetDateTime) -> String {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);

        let mut line = Map::new();
        let mut add = |key: &str, value: Value| line.insert(key.to_owned(), value);
        add("timestamp", now.format(&Iso8601::<TIMESTAMP>).unwrap_or_default().into());
        add("level", metadata.level().as_str().into());
        add("message", fields.message.into());
        add("service.name", self.service.as_str().into());
        add("service.version", self.version.into());
        let context = Context::current();
        let span = context.span().span_context().clone();
        if span.is_valid() {
            add("trace_id", span.trace_id().to_string().into());
            add("span_id", span.span_id().to_string().into());
        }
        add("target", metadata.target().into());
        for (key, value) in fields.others {
            // What a caller names a field must not pass for what we say ourselves.
            line.entry(key).or_insert(value);
        }
        Value::Object(line).to_string()
    }
}

/// The fields of an event as JSON values.
#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, Value)>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (name, value) => self.others.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}
