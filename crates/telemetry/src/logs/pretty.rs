//! A log record as one line for people.

use std::io::Write;

use opentelemetry::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;
use time::format_description::well_known::iso8601::{
    Config, EncodedConfig, FormattedComponents, TimePrecision,
};
use tracing::Level;

use super::LogRecord;
use super::format::Who;
use super::text::is_obeyed;
use crate::{names, redaction};

/// The time of the day in UTC with milliseconds; who looks at a terminal knows the day.
const TIME: EncodedConfig = Config::DEFAULT
    .set_formatted_components(FormattedComponents::TimeOffset)
    .set_time_precision(TimePrecision::Second { decimal_digits: std::num::NonZeroU8::new(3) })
    .encode();

const BOLD: &str = "1";
const DIM: &str = "2";

/// Appends the time, the level, the service, the message, the fields, and the ids last. Control characters are escaped, so that one
/// event is one line; secrets are replaced.
pub(super) fn write(who: &Who, record: &LogRecord, has_colors: bool, line: &mut Vec<u8>) {
    let mut painter = Painter { line, has_colors };
    let time = OffsetDateTime::from(record.time).format(&Iso8601::<TIME>).unwrap_or_default();
    painter.paint(DIM, time.trim_start_matches('T'));
    painter.text(" ");
    painter.paint(color(record.level), &format!("{:5}", record.level.as_str()));
    painter.text(" ");
    painter.paint(DIM, &shown(&who.service));
    painter.text("  ");
    painter.paint(BOLD, &shown(&redaction::text(&record.message)));
    for field in &record.fields {
        painter.field(field.key.as_str(), &value(field.key.as_str(), &field.value));
    }
    if record.span.is_valid() {
        painter.field("trace_id", &record.span.trace_id().to_string());
        painter.field("span_id", &record.span.span_id().to_string());
    }
    painter.text("\n");
}

/// Writes text, in colour where there is any: ECMA-48, "Select graphic rendition".
struct Painter<'l> {
    line: &'l mut Vec<u8>,
    has_colors: bool,
}

impl Painter<'_> {
    fn text(&mut self, text: &str) {
        self.line.extend_from_slice(text.as_bytes());
    }

    fn paint(&mut self, color: &str, text: &str) {
        let written = if self.has_colors {
            write!(self.line, "\u{1b}[{color}m{text}\u{1b}[0m")
        } else {
            write!(self.line, "{text}")
        };
        written.expect("memory takes all that is written");
    }

    fn field(&mut self, name: &str, value: &str) {
        self.text(" ");
        self.paint(DIM, &format!("{}=", shown(name)));
        self.text(value);
    }
}

fn color(level: Level) -> &'static str {
    match level {
        Level::ERROR => "31",
        Level::WARN => "33",
        Level::INFO => "32",
        Level::DEBUG => "34",
        Level::TRACE => "35",
    }
}

/// A value; in quotes where it could be taken for several.
fn value(name: &str, value: &Value) -> String {
    if names::is_secret(name) {
        return redaction::REDACTED.to_owned();
    }
    let text = value.as_str();
    let text = redaction::text(&text);
    let is_plain = |c: char| !c.is_whitespace() && !is_obeyed(c) && !matches!(c, '"' | '=');
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.into_owned();
    }
    format!("\"{}\"", shown(&text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A text without anything that a terminal obeys.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_obeyed(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use opentelemetry::KeyValue;
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

    use super::*;

    fn line(message: &'static str, fields: Vec<KeyValue>, has_colors: bool) -> String {
        let ids = (TraceId::from(0xabc), SpanId::from(0xdef));
        let record = LogRecord {
            time: SystemTime::UNIX_EPOCH + Duration::from_micros(1_500),
            level: Level::WARN,
            target: "users".into(),
            message: message.into(),
            fields,
            dropped_fields: 0,
            span: SpanContext::new(ids.0, ids.1, TraceFlags::SAMPLED, false, TraceState::NONE),
        };
        let who = Who { service: "users".into(), version: "1".into() };
        let mut line = Vec::new();
        write(&who, &record, has_colors, &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_line_reads_from_left_to_right_and_ends_with_the_ids() {
        let fields = vec![KeyValue::new("http.route", "/api/{id}"), KeyValue::new("note", "two words")];

        assert_eq!(
            line("Request refused", fields, false),
            "00:00:00.001Z WARN  users  Request refused http.route=/api/{id} note=\"two words\" \
             trace_id=00000000000000000000000000000abc span_id=0000000000000def\n"
        );
    }

    #[test]
    fn nothing_in_a_record_is_obeyed_by_a_terminal() {
        let odd = "a\r\nb\u{1b}[2J\u{9b}31m\u{2028}\u{202e}\"=";
        let name: &'static str = "na\nme";

        let line = line("Odd\n\u{1b}message", vec![KeyValue::new(name, odd)], false);

        assert_eq!(line.matches('\n').count(), 1);
        assert!(!line.trim_end_matches('\n').contains(is_obeyed), "{line:?}");
        assert!(line.contains(r#"na\nme="a\r\nb\u{1b}[2J"#), "{line}");
    }

    #[test]
    fn secrets_are_replaced_and_colours_end_where_they_should() {
        let line = line("Found", vec![KeyValue::new("password", "hunter2")], true);

        assert!(!line.contains("hunter2"));
        assert_eq!(line.matches("\u{1b}[0m").count() * 2, line.matches("\u{1b}[").count());
        assert!(line.contains("\u{1b}[33mWARN \u{1b}[0m"), "{line:?}");
    }
}
