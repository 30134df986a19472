//! What a list needs to know of an item, found where senders put it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::grouping;
use super::{Item, Level};
use crate::ids::{SpanId, TraceId};

/// Characters of a title.
const TITLE: usize = 255;

/// An item without the most of it. Refers to the item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Facts<'a> {
    pub(crate) uuid: &'a str,
    pub(crate) fingerprint: Cow<'a, str>,
    pub(crate) title: String,
    pub(crate) level: Level,
    pub(crate) environment: &'a str,
    pub(crate) service: Option<&'a str>,
    pub(crate) trace_id: Option<TraceId>,
    pub(crate) span_id: Option<SpanId>,
    pub(crate) time_unix_nano: u64,
    pub(crate) occurrences: u64,
}

pub(super) fn of(item: &Item) -> Facts<'_> {
    let data = &item.data;
    let body = Body::of(data);
    let trace_id = extra(data, "trace_id").and_then(|id| id.as_str()?.parse().ok());
    Facts {
        uuid: item.uuid(),
        fingerprint: grouping::fingerprint(data, &body),
        title: title(data, &body),
        level: level(data, &body),
        environment: text(data, "environment").unwrap_or_default(),
        service: service(data),
        trace_id,
        // A span is a part of its trace: without one its id names nothing.
        span_id: trace_id.and_then(|_| extra(data, "span_id")?.as_str()?.parse().ok()),
        time_unix_nano: time(data).unwrap_or(item.received_unix_nano),
        occurrences: extra(data, "occurrences").and_then(count).unwrap_or(1),
    }
}

/// The form of the report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Body<'a> {
    /// Exceptions with their frames, each caused by the one after it. Never empty.
    Traces(&'a [Value]),
    /// A text, and whatever else the sender put beside it.
    Message(&'a Map<String, Value>),
    /// A crash report as it came.
    Raw(&'a str),
}

impl<'a> Body<'a> {
    pub(crate) fn of(data: &'a Map<String, Value>) -> Self {
        let body = data.get("body").unwrap_or(&Value::Null);
        if let Some(trace) = body.get("trace").filter(|trace| trace.is_object()) {
            return Self::Traces(std::slice::from_ref(trace));
        }
        match (body["trace_chain"].as_array(), body["message"].as_object()) {
            (Some(chain), _) if !chain.is_empty() => Self::Traces(chain),
            (_, Some(message)) => Self::Message(message),
            _ => Self::Raw(body["crash_report"]["raw"].as_str().unwrap_or_default()),
        }
    }
}

/// A value that senders put into the attributes, among their own data, or beside the text of a message.
pub(crate) fn extra<'a>(data: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let listed = || {
        let attributes = data.get("attributes")?;
        let entries = attributes.as_array();
        let entry = entries.and_then(|entries| entries.iter().find(|entry| entry["key"] == name));
        entry.and_then(|entry| entry.get("value")).or_else(|| attributes.get(name))
    };
    let custom = || data.get("custom")?.get(name);
    let beside_message = || data.get("body")?.get("message")?.get(name);
    let given = |value: &&Value| !value.is_null();
    listed().filter(given).or_else(|| custom().filter(given)).or_else(|| beside_message().filter(given))
}

fn text<'a>(data: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    data.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn title(data: &Map<String, Value>, body: &Body<'_>) -> String {
    let given = text(data, "title").map(str::to_owned);
    let title = given.unwrap_or_else(|| match body {
        Body::Traces(traces) => exception_line(&traces[0]),
        Body::Message(message) => text(message, "body").unwrap_or_default().to_owned(),
        Body::Raw(raw) => (*raw).to_owned(),
    });
    let line = title.trim().lines().next().unwrap_or_default();
    line.chars().take(TITLE).collect()
}

/// `Class: message` of the last exception that was raised, which is the first of a chain.
fn exception_line(trace: &Value) -> String {
    let exception = &trace["exception"];
    let class = exception["class"].as_str().unwrap_or_default();
    match exception["message"].as_str().filter(|message| !message.is_empty()) {
        Some(message) => format!("{class}: {message}"),
        None => class.to_owned(),
    }
}

fn level(data: &Map<String, Value>, body: &Body<'_>) -> Level {
    let default = if matches!(body, Body::Message(_)) { Level::Info } else { Level::Error };
    text(data, "level").and_then(Level::of).unwrap_or(default)
}

fn service(data: &Map<String, Value>) -> Option<&str> {
    let named = |name| extra(data, name).and_then(Value::as_str);
    let server = || data.get("server")?.get("service")?.as_str();
    let found = ["service.name", "service_name", "service"].into_iter().find_map(named).or_else(server);
    found.filter(|service| !service.is_empty())
}

/// The time that the sender gives, unless it is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked, and seconds with a fraction are no more exact than that"
)]
fn time(data: &Map<String, Value>) -> Option<u64> {
    let timestamp = data.get("timestamp")?;
    let nanos = match timestamp.as_u64() {
        Some(seconds) => seconds.checked_mul(1_000_000_000)?,
        None => (timestamp.as_f64()? * 1e6).clamp(0.0, 1e16) as u64 * 1_000,
    };
    // Until 2262: what other programs take for a time.
    (1..i64::MAX as u64).contains(&nanos).then_some(nanos)
}

fn count(value: &Value) -> Option<u64> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.filter(|number| (1..=u64::from(u32::MAX)).contains(number))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TRACE: &str = "5b8efff798038103d269b633813fc60c";

    fn item(more: &Value) -> Item {
        let mut data = json!({"uuid": "u", "environment": "test", "body": {"message": {"body": "one\ntwo"}}});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Item { received_unix_nano: 5, data: data.as_object().unwrap().clone() }
    }

    #[test]
    fn the_ids_are_found_wherever_senders_put_them() {
        for more in [
            json!({"attributes": [{"key": "trace_id", "value": TRACE}]}),
            json!({"attributes": {"trace_id": TRACE}}),
            json!({"custom": {"trace_id": TRACE}}),
            json!({"attributes": [{"key": "trace_id", "value": null}], "custom": {"trace_id": TRACE}}),
            json!({"body": {"message": {"body": "b", "trace_id": TRACE}}}),
        ] {
            assert_eq!(of(&item(&more)).trace_id, TRACE.parse().ok(), "{more}");
        }
    }

    #[test]
    fn what_is_no_id_is_none_and_a_span_needs_its_trace() {
        for more in [
            json!({}),
            json!({"custom": {"trace_id": 7, "span_id": "00000000000000b1"}}),
            json!({"custom": {"trace_id": "0".repeat(32)}}),
            json!({"attributes": ["trace_id", 1, null], "custom": "text"}),
            json!({"custom": {"span_id": "00000000000000b1"}}),
        ] {
            let item = item(&more);
            let facts = of(&item);
            assert_eq!((facts.trace_id, facts.span_id), (None, None), "{more}");
        }
    }

    #[test]
    fn a_time_that_is_none_is_that_of_the_arrival() {
        let time = |timestamp: Value| of(&item(&json!({"timestamp": timestamp}))).time_unix_nano;
        assert_eq!(time(json!(1_700_000_000)), 1_700_000_000_000_000_000);
        assert_eq!(time(json!(1_700_000_000.5)), 1_700_000_000_500_000_000);
        for none in [json!(null), json!(0), json!(-1), json!(-0.5), json!(1e300), json!(u64::MAX)] {
            assert_eq!(time(none.clone()), 5, "{none}");
        }
    }

    #[test]
    fn a_count_is_at_least_one() {
        let count = |value: Value| of(&item(&json!({"custom": {"occurrences": value}}))).occurrences;
        assert_eq!((count(json!(240)), count(json!("240"))), (240, 240));
        for none in [json!(0), json!(-3), json!("many"), json!(1e30), json!([2])] {
            assert_eq!(count(none.clone()), 1, "{none}");
        }
    }

    #[test]
    fn a_title_is_one_line_and_the_level_goes_with_the_body() {
        let message = item(&json!({}));
        let trace = json!({"body": {"trace": {"frames": [], "exception": {"class": "E", "message": "m"}}}});
        let exception = item(&trace);
        assert_eq!((of(&message).title, of(&message).level), ("one".to_owned(), Level::Info));
        assert_eq!((of(&exception).title, of(&exception).level), ("E: m".to_owned(), Level::Error));
        assert_eq!(of(&item(&json!({"title": "mine"}))).title, "mine");
        assert_eq!(of(&item(&json!({"level": "critical"}))).level, Level::Critical);
    }
}
