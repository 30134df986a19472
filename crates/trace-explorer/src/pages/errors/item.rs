//! One item, whole.

use maud::{Markup, html};
use serde_json::{Map, Value};

use super::body::{self, SEEN};
use super::parts::{badge, is_empty, service, table, trace_address, value};
use crate::colors::Colors;
use crate::errors::{Item, Occurrence};
use crate::links::Links;
use crate::pages::format::elsewhere;
use crate::pages::logs;
use crate::text::clean;
use crate::units;

/// What a section of its own shows, in this order, and whether it is open.
const SECTIONS: [(&str, &str, bool); 5] = [
    ("person", "Person", true),
    ("custom", "Custom", true),
    ("server", "Server", true),
    ("client", "Client", false),
    ("notifier", "Notifier", false),
];

/// Simple fields that stand in the head.
const FACTS: [(&str, &str); 5] = [
    ("code_version", "Code version"),
    ("context", "Context"),
    ("framework", "Framework"),
    ("language", "Language"),
    ("platform", "Platform"),
];

pub(super) fn render(
    one: &Occurrence,
    item: &Item,
    trace_is_here: bool,
    colors: &Colors,
    links: &Links,
) -> Markup {
    html! {
        div.head {
            h1 { (badge(one.level)) " " (clean(&one.title)) @if one.title.is_empty() { "(without a title)" } }
            nav.formats {
                a href={ "/errors/groups/" (one.group_id) } { "All of this error" }
                a href=(super::parts::item_address(&one.uuid).replacen("/errors/items/", "/api/errors/", 1)) { "JSON" }
                (elsewhere("Rollbar", links.item_at_rollbar(&one.uuid)))
                @if let Some(id) = one.trace_id {
                    (elsewhere("Honeycomb", links.trace_at_honeycomb(id, None)))
                    (elsewhere("CloudWatch", links.lines_at_cloudwatch(id)))
                }
            }
        }
        (facts(one, item, colors))
        (trace(one, trace_is_here))
        (body::render(item, SEEN))
        (request(item))
        @for (name, title, open) in SECTIONS { (section(title, item.data.get(name), open)) }
        (section("Attributes", attributes(&item.data).as_ref(), true))
        (section("Telemetry", item.data.get("body").and_then(|body| body.get("telemetry")), false))
    }
}

fn facts(one: &Occurrence, item: &Item, colors: &Colors) -> Markup {
    html! {
        dl.facts {
            div { dt { "Time (UTC)" } dd { (units::time(one.time_unix_nano)) } }
            @if let Some(name) = &one.service { div { dt { "Service" } dd { (service(name, colors)) } } }
            div { dt { "Environment" } dd { (clean(&one.environment)) } }
            @if one.occurrences > 1 { div { dt { "Stands for" } dd.strong { (one.occurrences) " failures" } } }
            @for (name, title) in FACTS {
                @if let Some(text) = item.data.get(name).filter(|text| !is_empty(text)) { div { dt { (title) } dd { (value(text)) } } }
            }
            div.id { dt { "Item" } dd { code { (clean(&one.uuid)) } } }
        }
    }
}

/// The way to the waterfall.
fn trace(one: &Occurrence, is_here: bool) -> Markup {
    html! {
        @if let Some(trace_id) = one.trace_id {
            p.to-trace {
                a href=(trace_address(trace_id, one.span_id)) { "Open its trace" } " " code.dim { (trace_id) }
                @if !is_here { " " span.dim { "(no span of it is here)" } }
                " · " a href=(logs::address(trace_id, None)) { "its log lines" }
            }
        }
    }
}

/// The request that failed: how and where to, then everything else.
pub(super) fn request(item: &Item) -> Markup {
    let Some(Value::Object(request)) = item.data.get("request").filter(|request| !is_empty(request)) else {
        return Markup::default();
    };
    let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
    let rest = request.iter().filter(|(name, _)| !["method", "url", "headers"].contains(&name.as_str()));
    html! {
        details open {
            summary { "Request" }
            p.request { b { (clean(text("method"))) } " " code { (clean(text("url"))) } }
            (table(rest))
            @if let Some(Value::Object(headers)) = request.get("headers").filter(|headers| !is_empty(headers)) {
                p.caption { "Headers" }
                (table(headers.iter()))
            }
        }
    }
}

fn section(title: &str, content: Option<&Value>, open: bool) -> Markup {
    html! {
        @if let Some(content) = content.filter(|content| !is_empty(content)) {
            details open[open] {
                summary { (title) }
                @match content {
                    Value::Object(map) => (table(map.iter())),
                    other => (value(other)),
                }
            }
        }
    }
}

/// A list of keys and values as one object.
fn attributes(data: &Map<String, Value>) -> Option<Value> {
    let attributes = data.get("attributes")?;
    let Some(list) = attributes.as_array() else { return Some(attributes.clone()) };
    let pair = |one: &Value| Some((one["key"].as_str()?.to_owned(), one["value"].clone()));
    Some(Value::Object(list.iter().filter_map(pair).collect()))
}
