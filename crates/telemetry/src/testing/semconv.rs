//! Spans against the stable HTTP and database conventions of OpenTelemetry, version 1.44:
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>,
//! <https://opentelemetry.io/docs/specs/semconv/database/database-spans/>.
//!
//! ```
//! use telemetry::testing::semconv::{Observed, check};
//!
//! let span = Observed::from_explorer(&serde_json::json!({
//!     "name": "work", "kind": "INTERNAL", "status": {"code": "UNSET"}, "attributes": {"http.method": "GET"},
//! }));
//! assert_eq!(check(&span), ["INTERNAL work: `http.method` is an old name"]);
//! ```

mod database;
mod general;
mod http;
#[cfg(test)]
mod tests;

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{Array, KeyValue};
use opentelemetry_proto::tonic::common::v1 as common;
use opentelemetry_proto::tonic::trace::v1 as proto;
use opentelemetry_sdk::trace::SpanData;
use serde_json::{Value, json};

/// What of a span the conventions speak about.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Its name.
    pub name: String,
    /// `SERVER`, `CLIENT`, `INTERNAL`, `PRODUCER` or `CONSUMER`.
    pub kind: String,
    /// `UNSET`, `OK` or `ERROR`.
    pub status: String,
    /// The description of an error.
    pub message: String,
    /// Attributes in order; numbers are numbers.
    pub attributes: Vec<(String, Value)>,
    /// Names and attributes of events.
    pub events: Vec<(String, Vec<(String, Value)>)>,
}

/// All findings of a span, each a sentence that begins with the span's kind and name. None is good.
#[must_use]
pub fn check(span: &Observed) -> Vec<String> {
    let mut findings = general::findings(span);
    let is_database = span.has("db.system.name") || span.has("db.query.text");
    match span.kind.as_str() {
        "SERVER" => findings.extend(http::server(span)),
        "CLIENT" if is_database => findings.extend(database::client(span)),
        "CLIENT" => findings.extend(http::client(span)),
        _ => {}
    }
    findings.into_iter().map(|finding| format!("{} {}: {finding}", span.kind, span.name)).collect()
}

/// Panics with all findings, if there are any.
///
/// # Panics
/// When a span does not follow the conventions.
pub fn assert_clean<'s>(spans: impl IntoIterator<Item = &'s Observed>) {
    let findings: Vec<String> = spans.into_iter().flat_map(check).collect();
    assert!(findings.is_empty(), "against the semantic conventions:\n{}", findings.join("\n"));
}

impl Observed {
    fn get(&self, key: &str) -> Option<&Value> {
        self.attributes.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn is_error(&self) -> bool {
        self.status == "ERROR"
    }

    /// A span as the explorer's `GET /api/traces/{id}` shows it.
    #[must_use]
    pub fn from_explorer(span: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pairs = |value: &Value| {
            let members = value.as_object().into_iter().flatten();
            members.map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>()
        };
        let events = span["events"].as_array().into_iter().flatten();
        Self {
            name: text(&span["name"]),
            kind: text(&span["kind"]).to_ascii_uppercase(),
            status: text(&span["status"]["code"]).to_ascii_uppercase(),
            message: text(&span["status"]["message"]),
            attributes: pairs(&span["attributes"]),
            events: events.map(|event| (text(&event["name"]), pairs(&event["attributes"]))).collect(),
        }
    }
}

impl Observed {
    /// A span as a receiver of OTLP gets it.
    #[must_use]
    pub fn from_otlp(span: &proto::Span) -> Self {
        let pairs = |attributes: &[common::KeyValue]| {
            attributes.iter().map(|pair| (pair.key.clone(), any_value(pair.value.as_ref()))).collect()
        };
        let status = span.status.clone().unwrap_or_default();
        let events = span.events.iter();
        Self {
            name: span.name.clone(),
            kind: span.kind().as_str_name().trim_start_matches("SPAN_KIND_").to_owned(),
            status: status.code().as_str_name().trim_start_matches("STATUS_CODE_").to_owned(),
            message: status.message,
            attributes: pairs(&span.attributes),
            events: events.map(|event| (event.name.clone(), pairs(&event.attributes))).collect(),
        }
    }
}

fn any_value(value: Option<&common::AnyValue>) -> Value {
    use common::any_value::Value as Any;
    match value.and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => json!(text),
        Some(Any::BoolValue(value)) => json!(value),
        Some(Any::IntValue(number)) => json!(number),
        Some(Any::DoubleValue(number)) => json!(number),
        other => json!(format!("{other:?}")),
    }
}

impl From<&SpanData> for Observed {
    fn from(span: &SpanData) -> Self {
        let (status, message) = match &span.status {
            Status::Unset => ("UNSET", String::new()),
            Status::Ok => ("OK", String::new()),
            Status::Error { description } => ("ERROR", description.to_string()),
        };
        let kind = match span.span_kind {
            SpanKind::Server => "SERVER",
            SpanKind::Client => "CLIENT",
            SpanKind::Producer => "PRODUCER",
            SpanKind::Consumer => "CONSUMER",
            SpanKind::Internal => "INTERNAL",
        };
        let events = span.events.events.iter();
        Self {
            name: span.name.to_string(),
            kind: kind.to_owned(),
            status: status.to_owned(),
            message,
            attributes: pairs(&span.attributes),
            events: events.map(|event| (event.name.to_string(), pairs(&event.attributes))).collect(),
        }
    }
}

fn pairs(attributes: &[KeyValue]) -> Vec<(String, Value)> {
    let value = |value: &opentelemetry::Value| match value {
        opentelemetry::Value::Bool(value) => json!(value),
        opentelemetry::Value::I64(value) => json!(value),
        opentelemetry::Value::F64(value) => json!(value),
        opentelemetry::Value::Array(Array::I64(values)) => json!(values),
        other => json!(other.as_str()),
    };
    attributes.iter().map(|pair| (pair.key.to_string(), value(&pair.value))).collect()
}
