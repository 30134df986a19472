//! Small pieces that the pages of errors share.

use std::fmt::Write;

use maud::{Markup, html};
use serde_json::Value;

use crate::colors::Colors;
use crate::errors::{Level, Occurrence};
use crate::ids::{SpanId, TraceId};
use crate::pages::format::{clean_lines, dot};
use crate::text::clean;
use crate::units;

/// How bad it is.
pub(super) fn badge(level: Level) -> Markup {
    html! { span class={ "level " (level.as_str()) } { (level.as_str()) } }
}

/// The address of an item. Its name is a stranger's text.
pub(in crate::pages) fn item_address(uuid: &str) -> String {
    let mut address = "/errors/items/".to_owned();
    for byte in uuid.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

/// The address of a trace, with the span open if there is one.
pub(super) fn trace_address(trace_id: TraceId, span_id: Option<SpanId>) -> String {
    match span_id {
        Some(span) => format!("/traces/{trace_id}?span={span}#s{span}"),
        None => format!("/traces/{trace_id}"),
    }
}

/// A link to a trace by the start of its id.
pub(in crate::pages) fn trace_link(trace_id: TraceId, span_id: Option<SpanId>) -> Markup {
    let id = trace_id.to_string();
    html! { a href=(trace_address(trace_id, span_id)) title={ "trace " (id) } { code { (id[..8]) } } }
}

pub(in crate::pages) fn service(name: &str, colors: &Colors) -> Markup {
    html! { span.service title=(clean(name)) { (dot(colors.slot(name))) (clean(name)) } }
}

/// Date and time of day.
pub(in crate::pages) fn time(unix_nano: u64) -> Markup {
    let text = units::time(unix_nano);
    let (date, time) = text.split_once(' ').unwrap_or(("", &text));
    html! { span.date { (date) } " " (time) }
}

/// An item in one line, beside its trace.
pub(super) fn line(one: &Occurrence) -> Markup {
    html! {
        (badge(one.level)) " "
        a href=(item_address(&one.uuid)) { (clean(&one.title)) @if one.title.is_empty() { "(without a title)" } }
        @if one.occurrences > 1 { " " span.mark { "× " (one.occurrences) } }
    }
}

/// A JSON value as people read it: texts bare, objects and lists laid out.
pub(super) fn value(value: &Value) -> Markup {
    html! {
        @match value {
            Value::String(text) if text.contains('\n') => pre { (clean_lines(text)) },
            Value::String(text) => (clean(text)),
            Value::Array(_) | Value::Object(_) => pre { (clean_lines(&serde_json::to_string_pretty(value).unwrap_or_default())) },
            _ => (value.to_string()),
        }
    }
}

/// Keys and values, without those that say nothing.
pub(in crate::pages) fn table<'a>(pairs: impl Iterator<Item = (&'a String, &'a Value)>) -> Markup {
    html! {
        dl.attributes {
            @for (key, one) in pairs.filter(|(_, one)| !is_empty(one)) { dt { (clean(key)) } dd { (value(one)) } }
        }
    }
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
