//! Fields of `tracing` as attributes.

use std::borrow::Cow;
use std::fmt;

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{KeyValue, Value};
use tracing::field::{Field, Visit};

use super::Recording;

/// Fields, read before any lock is taken: a `Debug` of a field may log, or make spans, itself.
#[derive(Default)]
pub(crate) struct Fields(pub(crate) Vec<KeyValue>);

impl Fields {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.push(KeyValue::new(field.name(), value));
    }

    /// Writes them into a span. `otel.name`, `otel.kind`, `otel.status_code` and `otel.status_description` are not
    /// attributes but say what the span is, by the names that the `tracing` ecosystem uses.
    pub(crate) fn record(self, span: &mut Recording<'_>) {
        let mut error: Option<Cow<'static, str>> = None;
        for field in self.0 {
            match field.key.as_str() {
                "otel.name" => span.name(text(&field.value)),
                "otel.kind" => span.kind(kind(&field.value.as_str())),
                "otel.status_code" if field.value.as_str().eq_ignore_ascii_case("ok") => {
                    span.status(Status::Ok);
                }
                "otel.status_code" => error = error.or(Some(Cow::Borrowed(""))),
                "otel.status_description" => error = Some(text(&field.value)),
                _ => span.set(field),
            }
        }
        if let Some(description) = error {
            span.status(Status::Error { description });
        }
    }
}

fn text(value: &Value) -> Cow<'static, str> {
    value.as_str().into_owned().into()
}

fn kind(word: &str) -> SpanKind {
    match word.to_ascii_lowercase().as_str() {
        "server" => SpanKind::Server,
        "client" => SpanKind::Client,
        "producer" => SpanKind::Producer,
        "consumer" => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    /// OpenTelemetry has no unsigned integer; what does not fit becomes text rather than a wrong number.
    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.add(field, value),
            Err(_) => self.add(field, value.to_string()),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }
}
