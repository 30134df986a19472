//! A log record as one line of JSON, in the form in which services log: one search finds what came by OTLP and what
//! came by CloudWatch's API.

use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::ids::{SpanId, TraceId};
use crate::logs::LogLevel;
use crate::model::Value;
use crate::otlp::read::{attributes, value};
use crate::otlp::{attribute, service_name};
use crate::wire;

const NANOS_PER_MS: u64 = 1_000_000;

/// Bytes of a name that every line of a source repeats: a request must not become a thousand times as large.
const MAX_NAME_BYTES: usize = 200;

/// What a line says itself. An attribute of the same name must not pass for it, and is left out.
const OURS: [&str; 8] =
    ["timestamp", "level", "message", "service.name", "service.version", "trace_id", "span_id", "target"];

/// The service and its instance, as the name of a log stream: without what such names may not have.
pub(super) fn process(resource: &[u8]) -> String {
    let name = |text: String| short(text).replace(|c: char| matches!(c, ':' | '*') || c.is_control(), "_");
    let service = name(service_name(resource));
    match attribute(resource, 1, "service.instance.id").map(name).filter(|id| !id.is_empty()) {
        Some(instance) => format!("{service}/{instance}"),
        None => service,
    }
}

/// What all lines of one resource and scope say.
pub(super) struct Source {
    service: String,
    version: Option<String>,
    target: String,
}

impl Source {
    pub(super) fn of(resource: &[u8], scope: &[u8]) -> Self {
        Self {
            service: short(service_name(resource)),
            version: attribute(resource, 1, "service.version").map(short),
            target: short(wire::text(scope, 1).to_owned()),
        }
    }

    /// The line of a record, and its time in milliseconds since 1970.
    pub(super) fn line(&self, mut record: LogRecord, now_unix_nano: u64) -> (u64, String) {
        let times = [record.time_unix_nano, record.observed_time_unix_nano];
        let nanos = times.into_iter().find(|nanos| *nanos > 0).unwrap_or(now_unix_nano);
        let mut line = Line::default();
        line.member("timestamp", &timestamp(nanos));
        if let Some(level) = level(&record) {
            line.member("level", &level);
        }
        line.member("message", &message(record.body.take(), record.event_name));
        line.member("service.name", &self.service);
        if let Some(version) = &self.version {
            line.member("service.version", version);
        }
        // A record of an id that is not valid is one of no trace, as the protocol advises.
        if let Ok(trace_id) = TraceId::from_bytes(&record.trace_id) {
            line.member("trace_id", &trace_id);
            if let Ok(span_id) = SpanId::from_bytes(&record.span_id) {
                line.member("span_id", &span_id);
            }
        }
        if !self.target.is_empty() {
            line.member("target", &self.target);
        }
        line.attributes(&attributes(record.attributes));
        (nanos / NANOS_PER_MS, line.end())
    }
}

/// A line in the making.
#[derive(Default)]
struct Line(Vec<u8>);

impl Line {
    fn member(&mut self, name: &str, value: &impl Serialize) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.json(name);
        self.0.push(b':');
        self.json(value);
    }

    /// Of a key that was sent twice the last value counts.
    fn attributes(&mut self, pairs: &[(String, Value)]) {
        for (index, (key, value)) in pairs.iter().enumerate() {
            let again = pairs[index + 1..].iter().any(|(later, _)| later == key);
            if !again && !OURS.contains(&key.as_str()) {
                self.member(key, value);
            }
        }
    }

    fn json(&mut self, value: &(impl Serialize + ?Sized)) {
        serde_json::to_writer(&mut self.0, value).expect("texts and numbers are JSON, and memory takes them");
    }

    /// JSON escapes what is below U+0020 only; terminals and readers of lines also obey DEL, C1 and the two line
    /// separators of Unicode. They can only stand within a text, where JSON lets them be escaped.
    fn end(mut self) -> String {
        self.0.push(b'}');
        let line = String::from_utf8(self.0).expect("JSON is UTF-8");
        let obeyed = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}');
        if !line.contains(obeyed) {
            return line;
        }
        let escaped = |c| if obeyed(c) { format!("\\u{:04x}", u32::from(c)) } else { String::from(c) };
        line.chars().map(escaped).collect()
    }
}

fn timestamp(unix_nano: u64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_nano)).ok();
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

/// The number is exact; the text is what the sender's own logger calls it.
fn level(record: &LogRecord) -> Option<String> {
    let level = match record.severity_number {
        1..=4 => LogLevel::Trace,
        5..=8 => LogLevel::Debug,
        9..=12 => LogLevel::Info,
        13..=16 => LogLevel::Warn,
        17..=24 => LogLevel::Error,
        _ if record.severity_text.is_empty() => return None,
        _ => match LogLevel::of(&record.severity_text) {
            Some(level) => level,
            None => return Some(record.severity_text.clone()),
        },
    };
    Some(level.as_str().to_ascii_uppercase())
}

/// A body that is no text is told as JSON; an event without one has its name.
fn message(body: Option<AnyValue>, event_name: String) -> String {
    match body.map(value) {
        None | Some(Value::Empty) => event_name,
        Some(body) => body.to_string(),
    }
}

fn short(mut name: String) -> String {
    if name.len() > MAX_NAME_BYTES {
        name.truncate(name.floor_char_boundary(MAX_NAME_BYTES));
    }
    name
}
