//! A log record as one line of JSON.

use opentelemetry::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;
use time::format_description::well_known::iso8601::{Config, EncodedConfig, TimePrecision};

use super::LogRecord;
use super::format::Who;
use super::text::is_obeyed;
use crate::{names, redaction};

/// RFC 3339 in UTC with microseconds.
const TIMESTAMP: EncodedConfig = Config::DEFAULT
    .set_time_precision(TimePrecision::Second { decimal_digits: std::num::NonZeroU8::new(6) })
    .encode();

/// What a line says itself. A field of the same name must not pass for it, and is left out.
const OURS: &[&str] =
    &["timestamp", "level", "message", "service.name", "service.version", "trace_id", "span_id", "target"];

/// Appends one object, in the order in which people read it, and the end of the line. Whatever a field holds, control
/// characters are escaped, so that one event is one line; secrets are replaced.
pub(super) fn write(who: &Who, record: &LogRecord, line: &mut Vec<u8>) {
    let time = OffsetDateTime::from(record.time).format(&Iso8601::<TIMESTAMP>).unwrap_or_default();
    line.extend_from_slice(b"{\"timestamp\":");
    string(line, &time);
    member(line, "level", record.level.as_str());
    member(line, "message", &redaction::text(&record.message));
    member(line, "service.name", &who.service);
    member(line, "service.version", &who.version);
    if record.span.is_valid() {
        member(line, "trace_id", &record.span.trace_id().to_string());
        member(line, "span_id", &record.span.span_id().to_string());
    }
    member(line, "target", &record.target);
    for (position, field) in record.fields.iter().enumerate() {
        let name = field.key.as_str();
        let taken = record.fields[..position].iter().any(|earlier| earlier.key == field.key);
        if !taken && !OURS.contains(&name) {
            key(line, name);
            value(line, name, &field.value);
        }
    }
    line.extend_from_slice(b"}\n");
}

fn member(line: &mut Vec<u8>, name: &str, text: &str) {
    key(line, name);
    string(line, text);
}

fn key(line: &mut Vec<u8>, name: &str) {
    line.push(b',');
    string(line, name);
    line.push(b':');
}

fn value(line: &mut Vec<u8>, name: &str, value: &Value) {
    match value {
        _ if names::is_secret(name) => string(line, redaction::REDACTED),
        Value::Bool(value) => json(line, value),
        Value::I64(value) => json(line, value),
        Value::F64(value) => json(line, value),
        other => string(line, &redaction::text(&other.as_str())),
    }
}

/// JSON asks for escapes below U+0020 only.
fn string(line: &mut Vec<u8>, text: &str) {
    if !text.contains(is_obeyed) {
        return json(line, &text);
    }
    let begin = line.len();
    json(line, &text);
    let quoted = String::from_utf8_lossy(&line[begin..]).into_owned();
    line.truncate(begin);
    for c in quoted.chars() {
        if is_obeyed(c) {
            line.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
        } else {
            line.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

fn json(line: &mut Vec<u8>, value: &impl serde::Serialize) {
    serde_json::to_writer(line, value).expect("text and numbers are JSON, and memory takes them");
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::SystemTime;

    use opentelemetry_sdk::trace::Sampler;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::layer::Telemetry;
    use crate::logs::Logs;
    use crate::settings::LogLimits;
    use crate::spans::{Limits, Tracer};

    fn lines(log: impl FnOnce()) -> Vec<String> {
        let kept: Arc<Mutex<Vec<LogRecord>>> = Arc::default();
        let keep = Arc::clone(&kept);
        let logs = Logs::new("info".parse().unwrap(), LogLimits::default(), move |record| {
            keep.lock().unwrap().push(record);
        });
        let tracer = Arc::new(Tracer::new(Sampler::AlwaysOn, Limits::default(), |_| ()));
        let layer = Telemetry::new(tracer, logs);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);

        let who = Who { service: "users".into(), version: "1.0".into() };
        let records = kept.lock().unwrap();
        let line = |record: &LogRecord| {
            let mut line = Vec::new();
            write(&who, &LogRecord { time: SystemTime::UNIX_EPOCH, ..record.clone() }, &mut line);
            String::from_utf8(line).unwrap()
        };
        records.iter().map(line).collect()
    }

    #[test]
    fn a_line_is_an_object_in_reading_order() {
        let lines = lines(|| tracing::info!(user.handle = "londo", tries = 3, "Found"));

        assert_eq!(
            lines,
            [concat!(
                r#"{"timestamp":"1970-01-01T00:00:00.000000Z","level":"INFO","message":"Found","service.name":"users","#,
                r#""service.version":"1.0","target":"telemetry::logs::line::tests","user.handle":"londo","tries":3}"#,
                "\n"
            )]
        );
    }

    #[test]
    fn one_event_is_one_line_whatever_it_holds() {
        let path = "a\r\n{\"level\":\"INFO\"}\u{1b}[2J\u{7f}\u{9b}31m\u{2028}\u{2029}";

        let lines = lines(|| tracing::warn!(path, "Odd\nmessage"));

        assert_eq!(lines.len(), 1);
        let line = lines[0].strip_suffix('\n').unwrap();
        assert!(!line.contains(|c: char| c.is_control() || "\u{2028}\u{2029}".contains(c)), "{line}");
        let read: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(read["path"], path, "nothing is lost");
    }

    #[test]
    fn a_field_cannot_pass_for_what_the_line_says_itself() {
        let lines = lines(|| tracing::warn!(level = "INFO", service.name = "other", "Hello"));

        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((&line["level"], &line["service.name"]), (&"WARN".into(), &"users".into()));
    }

    #[test]
    fn a_line_names_the_span_that_it_happened_in() {
        let lines = lines(|| {
            let other = tracing::info_span!("other");
            tracing::info_span!("work").in_scope(|| {
                tracing::info!("inside");
                tracing::info!(parent: &other, "elsewhere");
            });
        });

        let ids: Vec<_> = lines
            .iter()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["span_id"].clone())
            .collect();
        assert!(ids.iter().all(|id| id.as_str().is_some_and(|id| id.len() == 16)), "{ids:?}");
        assert_ne!(ids[0], ids[1]);
    }
}
