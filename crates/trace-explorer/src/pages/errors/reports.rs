//! The error reports of a trace, beside its waterfall.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use maud::{Markup, html};

use super::body;
use super::parts::{item_address, line};
use crate::api::Explorer;
use crate::errors::{Item, Occurrence};
use crate::ids::{SpanId, TraceId};
use crate::text::{clean, count};
use crate::waterfall::{Row, Waterfall};

/// Reports that are listed in the details of a span, and above a waterfall.
const OPENED: usize = 10;
const LINES: usize = 20;

/// Frames that are seen there without unfolding.
const FRAMES: usize = 3;

/// All reports of a trace, and those of the span that is open.
pub(in crate::pages) struct Reports {
    all: Vec<Arc<Occurrence>>,
    by_span: HashMap<SpanId, usize>,
    opened: Vec<Arc<Occurrence>>,
    latest: Option<Item>,
    of_opened: usize,
}

impl Reports {
    pub(in crate::pages) fn of(explorer: &Explorer, trace_id: TraceId, span: Option<SpanId>) -> Self {
        let all = explorer.errors.errors_of(trace_id);
        let mut by_span = HashMap::new();
        for span in all.iter().filter_map(|one| one.span_id) {
            *by_span.entry(span).or_insert(0) += 1;
        }
        let of_span = |one: &&Arc<Occurrence>| span.is_some() && one.span_id == span;
        let opened: Vec<_> = all.iter().rev().filter(of_span).take(OPENED).cloned().collect();
        let latest = opened.first().and_then(|one| explorer.errors.error(&one.uuid));
        let of_opened = span.and_then(|span| by_span.get(&span).copied()).unwrap_or(0);
        Self { all, by_span, opened, latest: latest.map(|(_, item)| item), of_opened }
    }

    pub(in crate::pages) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Says in a row of the waterfall that its span has reports. The row leads to them.
    pub(in crate::pages) fn mark(&self, span: SpanId) -> Markup {
        let reports = self.by_span.get(&span).copied().unwrap_or(0);
        html! {
            @if reports > 0 {
                " " span.report title=(count(reports, "error report")) { "⚑" @if reports > 1 { " " (reports) } }
            }
        }
    }

    /// The reports below a waterfall in a terminal, a line each.
    pub(in crate::pages) fn text(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let line = |one: &Arc<Occurrence>| {
            format!("⚑ {} {}  {}\n", one.level.as_str(), clean(&one.title), item_address(&one.uuid))
        };
        let lines: String = self.all.iter().take(LINES).map(line).collect();
        let more = self.all.len().saturating_sub(LINES);
        let rest = if more > 0 { format!("and {more} more\n") } else { String::new() };
        format!("\n{}\n{lines}{rest}", count(self.all.len(), "error report"))
    }

    /// The reports of the span that is open, the latest first.
    pub(in crate::pages) fn opened(&self) -> Markup {
        html! {
            @if !self.opened.is_empty() {
                section.reports {
                    h3 { (count(self.of_opened, "error report")) }
                    @for (index, one) in self.opened.iter().enumerate() {
                        p { (line(one)) }
                        // What the latest says the others say too, most of the time.
                        @if let Some(item) = self.latest.as_ref().filter(|_| index == 0) { (body::render(item, FRAMES)) }
                    }
                    @if self.of_opened > self.opened.len() {
                        p.dim { "and " (self.of_opened - self.opened.len()) " earlier" }
                    }
                }
            }
        }
    }

    /// The reports whose span is not among the rows.
    pub(in crate::pages) fn loose(&self, waterfall: &Waterfall<'_>) -> Markup {
        if self.is_empty() {
            return Markup::default();
        }
        let known: HashSet<SpanId> =
            waterfall.rows.iter().filter_map(Row::span).map(|span| span.span_id).collect();
        let loose: Vec<_> =
            self.all.iter().filter(|one| one.span_id.is_none_or(|span| !known.contains(&span))).collect();
        html! { @if !loose.is_empty() { (lines("Error reports of this trace, of no span that is here", &loose)) } }
    }

    /// The page of a trace of which there are no spans, with what else is known of it.
    pub(in crate::pages) fn without_spans(&self, trace_id: TraceId, lines: &Markup) -> Markup {
        html! {
            div.head { h1 { "A trace without spans" } }
            dl.facts { div.id { dt { "Trace id" } dd { code { (trace_id) } } } }
            p.notice { "No span of this trace is here: none has arrived yet, or they were dropped to make room." }
            (lines)
            @if !self.is_empty() { (self::lines("Error reports of this trace", &self.all.iter().collect::<Vec<_>>())) }
        }
    }
}

fn lines(title: &str, reports: &[&Arc<Occurrence>]) -> Markup {
    html! {
        section.reports {
            h3 { (title) }
            ul { @for one in reports.iter().take(LINES) { li { (line(one)) } } }
            @if reports.len() > LINES { p.dim { "and " (reports.len() - LINES) " more" } }
        }
    }
}
