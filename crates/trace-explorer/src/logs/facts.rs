//! What an event says of itself, when it is JSON as structured loggers write it.

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::LogLevel;
use crate::ids::{SpanId, TraceId};

const NANOS_PER_MS: u64 = 1_000_000;

/// What is indexed of an event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) time_unix_nano: u64,
    pub(crate) level: Option<LogLevel>,
    pub(crate) service: Option<String>,
    pub(crate) trace_id: Option<TraceId>,
    pub(crate) span_id: Option<SpanId>,
}

impl Facts {
    /// Reads `message`, which was sent as of `timestamp_ms`. What is no JSON object has a time and nothing else.
    pub(crate) fn of(message: &str, timestamp_ms: u64) -> Self {
        let sent = timestamp_ms.saturating_mul(NANOS_PER_MS);
        let Some(fields) = object(message) else { return Self { time_unix_nano: sent, ..Self::default() } };
        let trace_id = text(&fields, "trace_id").and_then(|id| id.parse().ok());
        // A span is named within its trace only.
        let span_id = trace_id.and(text(&fields, "span_id")).and_then(|id| id.parse().ok());
        // The time of the API ends at the millisecond; the line's own orders what happened within it.
        let precise =
            text(&fields, "timestamp").and_then(nanos).filter(|own| own / NANOS_PER_MS == timestamp_ms);
        Self {
            time_unix_nano: precise.unwrap_or(sent),
            level: text(&fields, "level").and_then(LogLevel::of),
            service: text(&fields, "service.name").filter(|name| !name.is_empty()).map(str::to_owned),
            trace_id,
            span_id,
        }
    }
}

/// An event as people read it.
#[derive(Debug, PartialEq)]
pub(crate) struct Line {
    /// The text of the line: the field `message` of JSON, and all of any other text.
    pub(crate) text: String,
    /// The other fields, but for those that are shown beside the text.
    pub(crate) fields: Map<String, Value>,
}

/// Fields that have a place of their own wherever a line is shown.
const SHOWN: [&str; 6] = ["timestamp", "level", "message", "service.name", "trace_id", "span_id"];

impl Line {
    pub(crate) fn of(message: &str) -> Self {
        let Some(mut fields) = object(message) else {
            return Self { text: message.to_owned(), fields: Map::new() };
        };
        let Some(Value::String(text)) = fields.remove("message") else {
            return Self { text: message.to_owned(), fields: Map::new() };
        };
        fields.retain(|name, _| !SHOWN.contains(&name.as_str()));
        Self { text, fields }
    }

    /// What the fields say in a few words: of a request its method, path, status and duration, and what failed.
    pub(crate) fn gist(&self) -> String {
        let mut words = Vec::new();
        if let Some(method) = text(&self.fields, "http.request.method") {
            words.push(method.to_owned());
            words.extend(text(&self.fields, "url.path").map(str::to_owned));
        }
        if let Some(status) = self.fields.get("http.response.status_code") {
            words.push(format!("→ {status}"));
        }
        if let Some(duration) = self.fields.get("duration_ms").and_then(Value::as_f64) {
            words.push(format!("in {duration} ms"));
        }
        words.extend(text(&self.fields, "exception.message").map(str::to_owned));
        words.join(" ")
    }

    /// The uuid of the error item that the line is about.
    pub(crate) fn occurrence(&self) -> Option<Uuid> {
        text(&self.fields, "rollbar.occurrence.uuid")?.parse().ok()
    }
}

fn object(message: &str) -> Option<Map<String, Value>> {
    // Most lines of plain text are not worth the parser's time.
    if !message.trim_start().starts_with('{') {
        return None;
    }
    serde_json::from_str(message).ok()
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

fn nanos(time: &str) -> Option<u64> {
    let time = OffsetDateTime::parse(time, &Rfc3339).ok()?;
    u64::try_from(time.unix_timestamp_nanos()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TRACE: &str = "5b8efff798038103d269b633813fc60c";

    #[test]
    fn a_structured_line_tells_its_service_level_trace_and_span() {
        let message = json!({
            "timestamp": "1970-01-01T00:00:01.002003Z", "level": "WARN", "message": "Slow", "service.name": "users",
            "trace_id": TRACE, "span_id": "00000000000000b1", "target": "users::store",
        })
        .to_string();

        let facts = Facts::of(&message, 1_002);

        assert_eq!(facts.time_unix_nano, 1_002_003_000);
        assert_eq!((facts.level, facts.service.as_deref()), (Some(LogLevel::Warn), Some("users")));
        assert_eq!(facts.trace_id, TRACE.parse().ok());
        assert_eq!(facts.span_id, "00000000000000b1".parse().ok());
        let line = Line::of(&message);
        assert_eq!(line.text, "Slow");
        assert_eq!(Value::Object(line.fields), json!({"target": "users::store"}));
    }

    #[test]
    fn a_line_about_a_request_is_told_in_a_few_words() {
        let uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        let message = json!({
            "message": "Request failed", "http.request.method": "GET", "url.path": "/fails", "duration_ms": 1.25,
            "http.response.status_code": 500, "exception.message": "disk on fire", "rollbar.occurrence.uuid": uuid,
        });

        let line = Line::of(&message.to_string());

        assert_eq!(line.gist(), "GET /fails → 500 in 1.25 ms disk on fire");
        assert_eq!(line.occurrence(), uuid.parse().ok());
        assert_eq!(Line::of("{\"message\":\"x\"}").gist(), "");
        assert_eq!(Line::of("{\"message\":\"x\",\"rollbar.occurrence.uuid\":\"../\"}").occurrence(), None);
    }

    #[test]
    fn a_time_that_is_not_that_of_the_event_is_not_believed() {
        let time = |own: &str| Facts::of(&json!({"timestamp": own}).to_string(), 1_002).time_unix_nano;
        for other in ["1970-01-01T00:00:02.002003Z", "yesterday", "1950-01-01T00:00:00Z", ""] {
            assert_eq!(time(other), 1_002_000_000, "{other}");
        }
    }

    #[test]
    fn what_is_no_structured_line_is_shown_as_it_is() {
        for message in ["plain text", "{broken", "[1]", "{\"message\": 7}", "{\"level\": \"INFO\"}", ""] {
            assert_eq!(Line::of(message), Line { text: message.to_owned(), fields: Map::new() });
        }
        let facts = Facts::of("{\"trace_id\": 7, \"span_id\": \"00000000000000b1\", \"level\": \"loud\"}", 1);
        assert_eq!(facts, Facts { time_unix_nano: 1_000_000, ..Facts::default() });
    }
}
