//! Limits of what is recorded, by the specification's variables: "SDK environment variables", "Attribute Limits", "Span
//! Limits", "`LogRecord` Limits".

use super::variables::Variables;

/// How much of a span is kept; what is beyond is counted as dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanLimits {
    /// `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`, else `OTEL_ATTRIBUTE_COUNT_LIMIT`. Default 128.
    pub attributes: u32,
    /// `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`, else `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`: characters of a text value. No
    /// limit by default.
    pub value_chars: Option<usize>,
    /// `OTEL_SPAN_EVENT_COUNT_LIMIT`. Default 128.
    pub events: u32,
    /// `OTEL_SPAN_LINK_COUNT_LIMIT`. Default 128.
    pub links: u32,
    /// `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT`. Default 128.
    pub event_attributes: u32,
    /// `OTEL_LINK_ATTRIBUTE_COUNT_LIMIT`. Default 128.
    pub link_attributes: u32,
}

/// How much of a log record is kept; what is beyond is counted as dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    /// `OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT`, else `OTEL_ATTRIBUTE_COUNT_LIMIT`. Default 128.
    pub attributes: u32,
    /// `OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT`, else `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`: characters of a text
    /// value. No limit by default.
    pub value_chars: Option<usize>,
}

const COUNT: u32 = 128;
const GENERAL_COUNT: &str = "OTEL_ATTRIBUTE_COUNT_LIMIT";
const GENERAL_CHARS: &str = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT";

impl SpanLimits {
    pub(super) fn read(variables: &Variables<'_>) -> Self {
        Self {
            attributes: count(variables, &["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", GENERAL_COUNT]),
            value_chars: chars(variables, &["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", GENERAL_CHARS]),
            events: count(variables, &["OTEL_SPAN_EVENT_COUNT_LIMIT"]),
            links: count(variables, &["OTEL_SPAN_LINK_COUNT_LIMIT"]),
            event_attributes: count(variables, &["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"]),
            link_attributes: count(variables, &["OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"]),
        }
    }
}

impl LogLimits {
    pub(super) fn read(variables: &Variables<'_>) -> Self {
        Self {
            attributes: count(variables, &["OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", GENERAL_COUNT]),
            value_chars: chars(variables, &["OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", GENERAL_CHARS]),
        }
    }
}

impl Default for SpanLimits {
    fn default() -> Self {
        let (attributes, events, links) = (COUNT, COUNT, COUNT);
        Self { attributes, value_chars: None, events, links, event_attributes: COUNT, link_attributes: COUNT }
    }
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { attributes: COUNT, value_chars: None }
    }
}

/// Zero is a limit like any other.
fn count(variables: &Variables<'_>, names: &[&str]) -> u32 {
    variables.parse(names, (COUNT, COUNT), "a number", |value| value.parse().ok())
}

fn chars(variables: &Variables<'_>, names: &[&str]) -> Option<usize> {
    variables.parse(names, (None, "no limit"), "a number", |value| value.parse().ok().map(Some))
}
