//! The log lines of a trace, beside its waterfall.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::sync::Arc;

use maud::{Markup, html};

use super::lines::{badge, fields, folded, gist, is_cut, item_link};
use crate::api::Explorer;
use crate::ids::{SpanId, TraceId};
use crate::logs::{Line, LogEvent, LogLevel};
use crate::pages::format::clean_lines;
use crate::text::{clean, count};
use crate::units;
use crate::waterfall::{Row, Waterfall};

/// Lines that are listed in the details of a span, and below a waterfall in a terminal.
const LISTED: usize = 100;

/// All log lines of a trace, the earliest first.
pub(in crate::pages) struct TraceLines {
    trace_id: TraceId,
    all: Vec<Arc<LogEvent>>,
    by_span: HashMap<SpanId, Vec<usize>>,
}

impl TraceLines {
    pub(in crate::pages) fn of(explorer: &Explorer, trace_id: TraceId) -> Self {
        let all = explorer.logs.of_trace(trace_id);
        let mut by_span: HashMap<_, Vec<_>> = HashMap::new();
        for (index, event) in all.iter().enumerate() {
            if let Some(span) = event.span_id {
                by_span.entry(span).or_default().push(index);
            }
        }
        Self { trace_id, all, by_span }
    }

    pub(in crate::pages) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn of_span(&self, span: SpanId) -> impl ExactSizeIterator<Item = &LogEvent> {
        let indexes = self.by_span.get(&span).map(Vec::as_slice).unwrap_or_default();
        indexes.iter().map(|index| &*self.all[*index])
    }

    /// When the lines of a span were written, and how bad they are.
    pub(in crate::pages) fn marks(&self, span: SpanId) -> impl Iterator<Item = (u64, Option<LogLevel>)> {
        self.of_span(span).map(|event| (event.time_unix_nano, event.level))
    }

    /// How many there are, for the head of a trace: a link to all of them.
    pub(in crate::pages) fn fact(&self) -> Markup {
        html! {
            @if !self.is_empty() {
                div { dt { "Log lines" } dd { a href=(address(self.trace_id, None)) { (self.all.len()) } } }
            }
        }
    }

    /// The lines of the span that is open.
    pub(in crate::pages) fn opened(&self, span: SpanId, trace_start: u64) -> Markup {
        let lines = self.of_span(span);
        let number = lines.len();
        html! {
            @if number > 0 {
                details open {
                    summary { "Log lines " span.dim { (number) } }
                    ol.events.log {
                        @for event in lines.take(LISTED) { (line(event, trace_start)) }
                    }
                    @if number > LISTED { p.dim { "and " (number - LISTED) " later" } }
                    p { a href=(address(self.trace_id, Some(span))) { "All in the log" } }
                }
            }
        }
    }

    /// That there are lines whose span is not among the rows.
    pub(in crate::pages) fn loose(&self, waterfall: &Waterfall<'_>) -> Markup {
        let known: HashSet<SpanId> =
            waterfall.rows.iter().filter_map(Row::span).map(|span| span.span_id).collect();
        let loose =
            self.all.iter().filter(|one| one.span_id.is_none_or(|span| !known.contains(&span))).count();
        html! {
            @if loose > 0 {
                p.notice {
                    a href=(address(self.trace_id, None)) { (count(loose, "log line")) }
                    " of this trace, of no span that is here"
                }
            }
        }
    }

    /// What the page of a trace says of which there are no spans.
    pub(in crate::pages) fn without_spans(&self) -> Markup {
        html! {
            @if !self.is_empty() {
                p { a href=(address(self.trace_id, None)) { (count(self.all.len(), "log line")) " of this trace" } }
            }
        }
    }

    /// The lines below a waterfall in a terminal.
    pub(in crate::pages) fn text(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let mut out = format!("\n{}\n", count(self.all.len(), "log line"));
        for event in self.all.iter().take(LISTED) {
            let time = units::time(event.time_unix_nano);
            let level = event.level.map(LogLevel::as_str).unwrap_or_default();
            let service = event.service.as_deref().unwrap_or_default();
            let line = Line::of(&event.message);
            let (text, gist) = (clean(&line.text), line.gist());
            let _ = writeln!(
                out,
                "{}",
                format!("{time} {level:<5} {} {text} {}", clean(service), clean(&gist)).trim_end()
            );
        }
        if self.all.len() > LISTED {
            let _ = writeln!(out, "and {} more", self.all.len() - LISTED);
        }
        out
    }
}

/// The log of a trace, or of one of its spans.
pub(in crate::pages) fn address(trace_id: TraceId, span: Option<SpanId>) -> String {
    let span = span.map(|span| format!("&span_id={span}")).unwrap_or_default();
    format!("/logs?trace_id={trace_id}{span}")
}

fn line(event: &LogEvent, trace_start: u64) -> Markup {
    let offset = units::duration(event.time_unix_nano.saturating_sub(trace_start));
    let line = Line::of(&event.message);
    let bad = event.level == Some(LogLevel::Error);
    html! {
        li.exception[bad] {
            p {
                (badge(event.level)) " " (folded(&line.text)) (gist(&line)) " " span.dim { "at " (offset) }
                @if let Some(uuid) = line.occurrence() { " " (item_link(&uuid.to_string())) }
            }
            @if is_cut(&line.text) { pre { (clean_lines(&line.text)) } }
            @if !line.fields.is_empty() { details { summary { "Fields" } (fields(&line.fields)) } }
        }
    }
}
