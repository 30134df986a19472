//! Everything about one span, beside the waterfall.

use maud::{Markup, html};

use super::format::{clean_lines, dot};
use super::trace::Beside;
use crate::colors::Colors;
use crate::ids::SpanId;
use crate::model::{Attributes, Event, Link, Span, StatusCode, Value};
use crate::text::{clean, count};
use crate::units;
use crate::waterfall::{Row, Waterfall};

/// Renders the span, or the spans, of that id. `close` is the address of the page without the panel.
pub(super) fn render(
    waterfall: &Waterfall<'_>,
    colors: &Colors,
    id: Option<SpanId>,
    close: &str,
    beside: &Beside,
) -> Markup {
    let spans: Vec<&Span> =
        waterfall.rows.iter().filter_map(Row::span).filter(|span| Some(span.span_id) == id).collect();
    html! {
        aside.panel aria-label="Span" {
            a.close href=(close) title="Close" { "✕" }
            @if spans.len() > 1 { p.notice { (spans.len()) " different spans have this id." } }
            @for (index, span) in spans.into_iter().enumerate() {
                (heading(colors, span))
                // They belong to the id, and so to the first of those that share it.
                @if index == 0 {
                    (beside.reports.opened())
                    (beside.lines.opened(span.span_id, waterfall.start_unix_nano))
                }
                (details(waterfall, span))
            }
        }
    }
}

fn heading(colors: &Colors, span: &Span) -> Markup {
    html! {
        h2 { (clean(&span.name)) }
        p.by { (dot(colors.slot(span.service()))) (clean(span.service())) " · " (span.kind.as_str()) }
        @if span.status == StatusCode::Error {
            p.error { b { "✗ error" } @if !span.status_message.is_empty() { ": " (clean_lines(&span.status_message)) } }
        }
    }
}

fn details(waterfall: &Waterfall<'_>, span: &Span) -> Markup {
    let after = |time: u64| units::duration(time.saturating_sub(waterfall.start_unix_nano));
    html! {
        dl.attributes {
            (pair("duration", &units::duration(span.duration_nano())))
            (pair("starts after", &after(span.start_unix_nano)))
            @if span.end_unix_nano < span.start_unix_nano { (pair("ends", "before it starts: the clock was set back")) }
            @if span.status == StatusCode::Ok { (pair("status", "ok")) }
            dt { "span id" } dd { code { (span.span_id) } }
            dt { "parent" }
            dd {
                @match span.parent_span_id {
                    Some(parent) => a href={ "?span=" (parent) "#s" (parent) } { code { (parent) } },
                    None => "none",
                }
            }
            @if !span.trace_state.is_empty() { (pair("tracestate", &span.trace_state)) }
        }
        (section("Attributes", &span.attributes, span.dropped.attributes, true))
        (events(span, waterfall.start_unix_nano))
        (links(span))
        (section("Resource", &span.origin.resource, 0, false))
        (scope(span))
    }
}

/// A folding list of attributes, sorted by key.
fn section(title: &str, attributes: &Attributes, dropped: u32, open: bool) -> Markup {
    html! {
        @if !attributes.is_empty() || dropped > 0 {
            details open[open] {
                summary { (title) " " span.dim { (attributes.len()) } }
                (list(attributes))
                (left_out(dropped, "attribute"))
            }
        }
    }
}

fn list(attributes: &Attributes) -> Markup {
    let mut sorted: Vec<_> = attributes.iter().collect();
    sorted.sort_by_key(|(key, _)| key);
    html! {
        dl.attributes { @for (key, value) in sorted { dt { (clean(key)) } dd { (shown(key, value)) } } }
    }
}

/// A stack trace keeps its lines and scrolls; all else wraps.
fn shown(key: &str, value: &Value) -> Markup {
    let text = value.to_string();
    html! {
        @if key.ends_with("stacktrace") { pre { (clean_lines(&text)) } } @else { (clean_lines(&text)) }
    }
}

fn pair(key: &str, value: &str) -> Markup {
    html! { dt { (key) } dd { (clean(value)) } }
}

fn left_out(number: u32, noun: &str) -> Markup {
    html! { @if number > 0 { p.dim { (count(number as usize, noun)) " left out by a limit" } } }
}

fn events(span: &Span, trace_start: u64) -> Markup {
    let offset = |event: &Event| units::duration(event.time_unix_nano.saturating_sub(trace_start));
    html! {
        @if !span.events.is_empty() || span.dropped.events > 0 {
            details open {
                summary { "Events " span.dim { (span.events.len()) } }
                ol.events {
                    @for event in &span.events {
                        li.exception[event.name == "exception"] {
                            p { b { (clean(&event.name)) } " " span.dim { "at " (offset(event)) } }
                            @if !event.attributes.is_empty() { (list(&event.attributes)) }
                        }
                    }
                }
                (left_out(span.dropped.events, "event"))
            }
        }
    }
}

fn links(span: &Span) -> Markup {
    html! {
        @if !span.links.is_empty() || span.dropped.links > 0 {
            details open {
                summary { "Links " span.dim { (span.links.len()) } }
                ol.events { @for link in &span.links { li { (target(link)) (list(&link.attributes)) } } }
                (left_out(span.dropped.links, "link"))
            }
        }
    }
}

fn target(link: &Link) -> Markup {
    html! {
        p {
            @match (link.trace_id, link.span_id) {
                (Some(trace), Some(span)) => a href={ "/traces/" (trace) "?span=" (span) "#s" (span) } {
                    "trace " code { (trace) } " span " code { (span) }
                },
                (Some(trace), None) => a href={ "/traces/" (trace) } { "trace " code { (trace) } },
                _ => "a link without a valid trace id",
            }
        }
    }
}

fn scope(span: &Span) -> Markup {
    let origin = &span.origin;
    html! {
        @if !origin.scope_name.is_empty() {
            details {
                summary { "Instrumentation " span.dim { (clean(&origin.scope_name)) } }
                dl.attributes {
                    (pair("name", &origin.scope_name))
                    @if !origin.scope_version.is_empty() { (pair("version", &origin.scope_version)) }
                }
                @if !origin.scope_attributes.is_empty() { (list(&origin.scope_attributes)) }
            }
        }
    }
}
