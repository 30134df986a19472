//! One log line, folded and unfolded.

use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::colors::Colors;
use crate::links::Links;
use crate::logs::{Line, LogEvent, LogLevel};
use crate::pages::errors::parts;
use crate::pages::format::{clean_lines, elsewhere};
use crate::text::clean;

/// Characters of a text that are shown of a folded line; the whole is in its details.
const FOLDED: usize = 300;

/// How bad it is; nothing for a line that does not say.
pub(super) fn badge(level: Option<LogLevel>) -> Markup {
    html! { @if let Some(level) = level { span class={ "level " (level.as_str()) } { (level.as_str()) } } }
}

/// A line of the list.
pub(super) fn line(event: &LogEvent, colors: &Colors, links: &Links) -> Markup {
    let line = Line::of(&event.message);
    html! {
        details.line {
            summary {
                span.time { (parts::time(event.time_unix_nano)) }
                span.at { (badge(event.level)) }
                span.by { @if let Some(service) = &event.service { (parts::service(service, colors)) } }
                span.text { (folded(&line.text)) (gist(&line)) }
                span.trace { @if let Some(id) = event.trace_id { (parts::trace_link(id, event.span_id)) } }
            }
            (details(event, &line, links))
        }
    }
}

/// Everything about a line but what its head shows.
fn details(event: &LogEvent, line: &Line, links: &Links) -> Markup {
    html! {
        @if is_cut(&line.text) { pre { (clean_lines(&line.text)) } }
        (fields(&line.fields))
        dl.attributes {
            @if let Some(id) = event.trace_id { dt { "trace id" } dd { code { (id) } } }
            @if let Some(id) = event.span_id { dt { "span id" } dd { code { (id) } } }
            @if let Some(uuid) = line.occurrence() { dt { "error" } dd { (item_link(&uuid.to_string())) } }
            @if let Some(link) = event.trace_id.and_then(|id| links.lines_at_cloudwatch(id)) {
                dt { "elsewhere" } dd { (elsewhere("CloudWatch", Some(link))) }
            }
            dt { "log group" } dd { (clean(&event.group)) }
            dt { "log stream" } dd { (clean(&event.stream)) }
        }
    }
}

/// What the fields say, behind the text.
pub(super) fn gist(line: &Line) -> Markup {
    let gist = line.gist();
    html! { @if !gist.is_empty() { " " span.dim { (folded(&gist)) } } }
}

/// The page of an error item.
pub(super) fn item_link(uuid: &str) -> Markup {
    html! { a href=(parts::item_address(uuid)) { "its report" } }
}

pub(super) fn fields(fields: &Map<String, Value>) -> Markup {
    html! { @if !fields.is_empty() { (parts::table(fields.iter())) } }
}

/// One line of a text, and not too much of it.
pub(super) fn folded(text: &str) -> Markup {
    let shown: String = text.lines().next().unwrap_or_default().chars().take(FOLDED).collect();
    html! { (clean(&shown)) @if is_cut(text) { "…" } @if text.is_empty() { "(no text)" } }
}

pub(super) fn is_cut(text: &str) -> bool {
    text.lines().nth(1).is_some() || text.chars().nth(FOLDED).is_some()
}
