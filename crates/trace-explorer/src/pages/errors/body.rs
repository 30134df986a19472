//! What a report says: its exceptions with their frames, or its message.

use maud::{Markup, html};
use serde_json::Value;

use super::parts::{is_empty, table, value};
use crate::errors::{Body, Item};
use crate::pages::format::clean_lines;
use crate::text::{clean, count};

/// Frames that are seen on a page without unfolding.
pub(super) const SEEN: usize = 8;

/// Frames that a page has at all, beyond those.
const FRAMES: usize = 500;

/// Exceptions of a chain that a page has.
const CHAIN: usize = 20;

/// Lines before and after the one of a frame.
const CONTEXT: usize = 5;

/// Renders a report with `seen` frames of each exception, and the others folded.
pub(super) fn render(item: &Item, seen: usize) -> Markup {
    html! {
        @match Body::of(&item.data) {
            Body::Traces(traces) => {
                @for (index, trace) in traces.iter().take(CHAIN).enumerate() { (exception(trace, index, seen)) }
                @if traces.len() > CHAIN { p.dim { (count(traces.len() - CHAIN, "more cause")) } }
            }
            Body::Message(message) => {
                p.message { (clean_lines(message.get("body").and_then(Value::as_str).unwrap_or_default())) }
                (table(message.iter().filter(|(key, _)| *key != "body")))
            }
            Body::Raw(raw) => pre { (clean_lines(raw)) },
        }
    }
}

fn exception(trace: &Value, index: usize, seen: usize) -> Markup {
    let text = |name: &str| trace["exception"][name].as_str().unwrap_or_default();
    // Senders put the innermost frame last; people look for it first.
    let frames: Vec<&Value> = trace["frames"].as_array().into_iter().flatten().rev().collect();
    html! {
        section.exception {
            @if index > 0 { p.dim { "caused by" } }
            p.error {
                b { (clean(text("class"))) }
                @if !text("message").is_empty() { ": " (clean_lines(text("message"))) }
            }
            @if !text("description").is_empty() { p { (clean_lines(text("description"))) } }
            @if frames.is_empty() { p.dim { "without frames" } } @else {
                p.caption { (count(frames.len(), "frame")) ", innermost first" }
                ol.frames { @for (index, one) in frames.iter().take(seen).enumerate() { (frame(one, index == 0)) } }
                @if frames.len() > seen { (outer(&frames[seen..])) }
            }
        }
    }
}

fn outer(frames: &[&Value]) -> Markup {
    html! {
        details.outer {
            summary { (count(frames.len(), "outer frame")) }
            ol.frames { @for one in frames.iter().take(FRAMES) { (frame(one, false)) } }
            @if frames.len() > FRAMES { p.dim { (count(frames.len() - FRAMES, "frame")) " not shown" } }
        }
    }
}

fn frame(frame: &Value, innermost: bool) -> Markup {
    let text = |name: &str| frame[name].as_str().filter(|text| !text.is_empty());
    let code = text("code");
    html! {
        li {
            b { (clean(text("method").or(text("class_name")).unwrap_or("?"))) }
            " " span.dim { (clean(text("filename").unwrap_or("?"))) (position(frame)) }
            @if let Some(code) = code {
                @if innermost { (context(frame, code)) } @else { pre { (clean_lines(code.trim())) } }
            }
            @for name in ["args", "kwargs", "locals"] {
                @if !is_empty(&frame[name]) {
                    details { summary { (name) } @match &frame[name] {
                        Value::Object(map) => (table(map.iter())),
                        other => (value(other)),
                    } }
                }
            }
        }
    }
}

/// `:12:5`
fn position(frame: &Value) -> String {
    let part = |name: &str| frame[name].as_u64().map(|number| format!(":{number}"));
    let line = part("lineno");
    let column = line.as_ref().and_then(|_| part("colno"));
    line.unwrap_or_default() + &column.unwrap_or_default()
}

/// The line of a frame between its neighbours.
fn context(frame: &Value, code: &str) -> Markup {
    let lines = |name: &str| -> Vec<&str> {
        frame["context"][name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let (pre, post) = (lines("pre"), lines("post"));
    html! {
        pre {
            @for line in &pre[pre.len().saturating_sub(CONTEXT)..] { (clean_lines(line)) "\n" }
            b { (clean_lines(code)) } "\n"
            @for line in post.iter().take(CONTEXT) { (clean_lines(line)) "\n" }
        }
    }
}
