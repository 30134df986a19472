//! The waterfall page. The details of a span are a link away and not in every row, so that ten thousand rows stay small.

use std::collections::HashSet;
use std::sync::Arc;

use maud::{Markup, html};

use super::bars::{self, MAX_INDENT};
use super::errors::Reports;
use super::format::{dot, elsewhere, number};
use super::logs::TraceLines;
use super::panel;
use crate::colors::Colors;
use crate::ids::SpanId;
use crate::links::Links;
use crate::model::{Span, StatusCode};
use crate::text::{self, clean, count, notices};
use crate::units;
use crate::waterfall::{Row, RowKind, Waterfall};

/// Rows of one page; a longer trace has several.
const ROWS: usize = 10_000;

/// Rows of one block. A browser lays out only the blocks that are in sight; the style sheet says how high one is.
const BLOCK: usize = 100;

/// A row of so many characters is seen whole in a usual window.
const ALWAYS_SEEN: usize = 40;

/// What of a trace is asked for.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) format: Option<&'a str>,
    pub(super) width: usize,
    pub(super) span: Option<SpanId>,
    from: Option<usize>,
}

impl<'a> View<'a> {
    /// Reads the parameters; the error is a sentence.
    pub(super) fn parse(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let mut view = Self { format: None, width: text::DEFAULT_WIDTH, span: None, from: None };
        for (name, value) in parameters {
            let refuse = |accepted: &str| format!("`{name}` is `{value}`: it must be {accepted}");
            match name {
                "format" if ["text", "html"].contains(&value) => view.format = Some(value),
                "format" => return Err(refuse("`text` or `html`")),
                "width" => {
                    let width = value
                        .parse()
                        .ok()
                        .filter(|width| (text::MIN_WIDTH..=text::MAX_WIDTH).contains(width));
                    view.width = width.ok_or_else(|| refuse("a number of columns from 60 to 400"))?;
                }
                "span" => view.span = Some(value.parse().map_err(|_| refuse("a span id: 16 hex digits"))?),
                "from" => view.from = Some(value.parse().map_err(|_| refuse("the number of a row"))?),
                _ => {
                    return Err(format!(
                        "there is no parameter `{name}`; there are: format, width, span, from"
                    ));
                }
            }
        }
        Ok(view)
    }
}

/// What is told of a trace beside its spans.
pub(super) struct Beside {
    pub(super) reports: Reports,
    pub(super) lines: TraceLines,
    pub(super) links: Arc<Links>,
}

pub(super) fn render(waterfall: &Waterfall<'_>, colors: &Colors, view: &View<'_>, beside: &Beside) -> Markup {
    let is_selected = |row: &Row<'_>| view.span.is_some() && row.span().map(|span| span.span_id) == view.span;
    let selected = waterfall.rows.iter().position(is_selected);
    // Without `from` the page is the one that the span is on.
    let from = view.from.or(selected).unwrap_or(0) / ROWS * ROWS;
    let page = Page { waterfall, colors, selected: view.span, from, beside };
    html! {
        (header(waterfall, colors, beside))
        @for notice in notices(waterfall) { p.notice { (notice) } }
        (beside.reports.loose(waterfall))
        (beside.lines.loose(waterfall))
        div.split.open[selected.is_some()] {
            div.waterfall {
                (axis(waterfall.duration_nano))
                (page.blocks())
                (page.paging())
            }
            @if selected.is_some() { (panel::render(waterfall, colors, view.span, &page.address(None), beside)) }
        }
        @if view.span.is_some() && selected.is_none() {
            p.notice { "The span that this address names has not arrived." }
        }
    }
}

fn header(waterfall: &Waterfall<'_>, colors: &Colors, beside: &Beside) -> Markup {
    let root = waterfall.root;
    let id = waterfall.trace_id;
    let failed = root.status == StatusCode::Error;
    let inside = waterfall.errors - usize::from(failed);
    html! {
        div.head {
            h1 { (dot(colors.slot(root.service()))) b { (clean(root.service())) } " " (clean(&root.name)) }
            nav.formats {
                a href={ "/traces/" (id) "?format=text" } { "Text" }
                a href={ "/api/traces/" (id) } { "JSON" }
                a href={ "/api/traces/" (id) "?format=otlp" } { "OTLP" }
                (elsewhere("Honeycomb", beside.links.trace_at_honeycomb(id, Some(root.start_unix_nano))))
                (elsewhere("CloudWatch", beside.links.lines_at_cloudwatch(id)))
            }
        }
        dl.facts {
            div { dt { "Duration" } dd.strong { (units::duration(waterfall.duration_nano)) } }
            div { dt { "Started (UTC)" } dd { (units::time(waterfall.start_unix_nano)) } }
            div { dt { "Spans" } dd { (number((waterfall.rows.len() - waterfall.missing) as u64)) } }
            div { dt { "Depth" } dd { (waterfall.depth) } }
            div { dt { "Errors" }
                dd {
                    @if failed { span.failed { "failed" } " " }
                    @if inside > 0 { span.inside { (count(inside, "error")) " inside" } }
                    @if !failed && inside == 0 { "none" }
                }
            }
            (beside.lines.fact())
            @if waterfall.missing > 0 { div { dt { "Missing" } dd { (waterfall.missing) } } }
            div.id { dt { "Trace id" } dd { code { (id) } } }
        }
        ul.legend {
            @for share in &waterfall.services {
                li {
                    (dot(colors.slot(share.name))) (clean(share.name)) " " span.dim { (number(share.spans as u64)) }
                    @if share.errors > 0 { " " span.red title=(count(share.errors, "error")) { "✗ " (share.errors) } }
                }
            }
        }
    }
}

/// The head of the timeline column: a time at each quarter.
fn axis(duration_nano: u64) -> Markup {
    let at = |quarter: u64| {
        let nanos = u128::from(duration_nano) * u128::from(quarter) / 4;
        units::duration(u64::try_from(nanos).unwrap_or(u64::MAX))
    };
    html! {
        div.axis {
            span { "Service and span" }
            svg width="100%" height="26" aria-hidden="true" {
                text x="0%" dx="3" y="17" { "0" }
                @for quarter in 1..4 { text.mid x={ (quarter * 25) "%" } y="17" { (at(quarter)) } }
                text.left x="100%" dx="-3" y="17" { (at(4)) }
            }
        }
    }
}

/// The rows of one page of a trace.
struct Page<'a> {
    waterfall: &'a Waterfall<'a>,
    colors: &'a Colors,
    selected: Option<SpanId>,
    from: usize,
    beside: &'a Beside,
}

impl Page<'_> {
    fn blocks(&self) -> Markup {
        let rows = &self.waterfall.rows;
        let guides = bars::guides(rows, self.colors);
        let slots = parent_slots(rows, self.colors);
        let anchors = anchors(rows);
        let to = rows.len().min(self.from + ROWS);
        html! {
            @for first in (self.from..to).step_by(BLOCK) {
                @let block = first..to.min(first + BLOCK);
                section.block {
                    ol { @for index in block.clone() { (self.row(&rows[index], anchors[index])) } }
                    (bars::tree(&guides, &rows[block.clone()], first, &slots[block.clone()]))
                    (bars::bars(self.waterfall, &rows[block], self.colors, &self.beside.lines))
                }
            }
        }
    }

    fn row(&self, row: &Row<'_>, anchor: Option<SpanId>) -> Markup {
        let indent = row.depth.min(MAX_INDENT);
        let deeper = html! { @if row.depth > MAX_INDENT { span.deep { "+" (row.depth - MAX_INDENT) } } };
        let RowKind::Span { span, cycle } = row.kind else {
            let RowKind::Missing(id) = row.kind else { return Markup::default() };
            return html! { li { div class={ "row i" (indent) } { (deeper) em { "missing span " (id) } } } };
        };
        let selected = self.selected == Some(span.span_id);
        html! {
            li id=[anchor.map(|id| format!("s{id}"))] {
                a class={ "row i" (indent) @if selected { " selected" } } href=(self.address(Some(span.span_id)))
                    title=[hint(row, span)] {
                    (deeper) (dot(self.colors.slot(span.service())))
                    @if span.status == StatusCode::Error { span.red { "✗ " } }
                    b { (clean(span.service())) } " " (clean(&span.name))
                    (self.beside.reports.mark(span.span_id))
                    @if cycle { " " span.mark { "own ancestor" } }
                    @if span.duplicate_id { " " span.mark { "id not unique" } }
                }
            }
        }
    }

    /// The address of this page with a span selected, or with none.
    fn address(&self, span: Option<SpanId>) -> String {
        let from = if self.from > 0 { format!("from={}", self.from) } else { String::new() };
        match span {
            // Relative: the path is the trace, and it need not be repeated ten thousand times.
            Some(span) if from.is_empty() => format!("?span={span}#s{span}"),
            Some(span) => format!("?{from}&span={span}#s{span}"),
            None => format!("/traces/{}?{from}", self.waterfall.trace_id),
        }
    }

    fn paging(&self) -> Markup {
        let rows = self.waterfall.rows.len();
        let to = rows.min(self.from + ROWS);
        html! {
            @if rows > ROWS {
                nav.paging {
                    @if self.from > 0 { a href={ "?from=" (self.from - ROWS) } { "← Earlier rows" } }
                    span { (number(self.from as u64 + 1)) "–" (number(to as u64)) " of " (number(rows as u64)) " rows" }
                    @if to < rows { a href={ "?from=" (to) } { "Later rows →" } }
                }
            }
        }
    }
}

/// What a row that is too long to be seen whole says under the mouse.
fn hint(row: &Row<'_>, span: &Span) -> Option<String> {
    let length = span.service().len() + span.name.len() + 2 * row.depth.min(MAX_INDENT);
    (length > ALWAYS_SEEN).then(|| format!("{} {}", clean(span.service()), clean(&span.name)))
}

/// The colour of the service above each row; `None` at the top and below a missing span.
fn parent_slots(rows: &[Row<'_>], colors: &Colors) -> Vec<Option<usize>> {
    let mut above: Vec<Option<usize>> = Vec::new();
    let slot = |row: &Row<'_>| {
        above.truncate(row.depth);
        let parent = above.last().copied().flatten();
        above.push(row.span().map(|span| colors.slot(span.service())));
        parent
    };
    rows.iter().map(slot).collect()
}

/// The span id of each row, but of rows that share one the first only: an address leads to one place.
fn anchors(rows: &[Row<'_>]) -> Vec<Option<SpanId>> {
    let mut seen = HashSet::new();
    rows.iter().map(|row| row.span().map(|span| span.span_id).filter(|id| seen.insert(*id))).collect()
}
