//! Log lines: one JSON object a `tracing` event on stdout, with the ids of the span that it happened in.

use std::fmt;
use std::io::Write;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use serde::{Serialize, Serializer};
use serde_json::Value;
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

        let mut line = Line(Vec::with_capacity(8 + fields.others.len()));
        line.add("timestamp", now.format(&Iso8601::<TIMESTAMP>).unwrap_or_default().into());
        line.add("level", metadata.level().as_str().into());
        line.add("message", fields.message.into());
        line.add("service.name", self.service.as_str().into());
        line.add("service.version", self.version.into());
        let context = Context::current();
        let span = context.span().span_context().clone();
        if span.is_valid() {
            line.add("trace_id", span.trace_id().to_string().into());
            line.add("span_id", span.span_id().to_string().into());
        }
        line.add("target", metadata.target().into());
        for (key, value) in fields.others {
            line.add(key, value);
        }
        serde_json::to_string(&line).unwrap_or_default()
    }
}

/// The members of one line, in the order in which people read them.
struct Line(Vec<(&'static str, Value)>);

impl Line {
    /// The first of a name stays: what a caller names a field must not pass for what we say ourselves.
    fn add(&mut self, key: &'static str, value: Value) {
        if self.0.iter().all(|(known, _)| *known != key) {
            self.0.push((key, value));
        }
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// Keeps lines instead of printing them.
    struct Kept(JsonLines, Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Kept {
        fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
            self.1.lock().unwrap().push(self.0.line(event, OffsetDateTime::UNIX_EPOCH));
        }
    }

    fn lines(log: impl FnOnce()) -> Vec<String> {
        let kept = Arc::default();
        let layer = Kept(JsonLines { service: "users".into(), version: "1.0" }, Arc::clone(&kept));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let lines = kept.lock().unwrap();
        lines.clone()
    }

    #[test]
    fn a_line_is_an_object_in_reading_order() {
        let lines = lines(|| tracing::info!(user.handle = "londo", tries = 3, "Found"));

        assert_eq!(
            lines,
            [concat!(
                r#"{"timestamp":"1970-01-01T00:00:00.000000Z","level":"INFO","message":"Found","service.name":"users","#,
                r#""service.version":"1.0","target":"telemetry::logs::tests","user.handle":"londo","tries":3}"#
            )]
        );
    }

    #[test]
    fn one_event_is_one_line_whatever_it_holds() {
        let lines = lines(|| tracing::warn!(path = "a\r\n{\"level\":\"INFO\"}\u{1b}[2J", "Odd\nmessage"));

        assert_eq!(lines.len(), 1);
        assert!(!lines[0].bytes().any(|byte| byte.is_ascii_control()), "{}", lines[0]);
    }

    #[test]
    fn a_field_cannot_pass_for_what_the_line_says_itself() {
        let lines = lines(|| tracing::warn!(level = "INFO", service.name = "other", "Hello"));

        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((&line["level"], &line["service.name"]), (&Value::from("WARN"), &Value::from("users")));
    }

    #[test]
    fn a_filter_that_is_none_is_told_and_replaced() {
        assert!(filter(Some("users=loud")).1.unwrap().contains("RUST_LOG"));
        assert!(filter(Some("warn,users=debug")).1.is_none());
        assert!(filter(None).1.is_none());
    }
}
