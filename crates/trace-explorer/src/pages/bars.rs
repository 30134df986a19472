//! The drawing beside the rows: bars on the time axis, lines of the tree. SVG, because its lengths are attributes and
//! not styles, which the content security policy forbids.

use maud::{Markup, html};

use super::format::percent;
use super::logs::TraceLines;
use crate::colors::Colors;
use crate::logs::LogLevel;
use crate::model::StatusCode;
use crate::units;
use crate::waterfall::{Row, RowKind, Waterfall};

/// Height of a row in pixels; the style sheet says the same.
pub(super) const ROW: usize = 26;

/// Levels that are indented; deeper ones stand at the same place and say their depth.
pub(super) const MAX_INDENT: usize = 14;

/// A bar is at least so wide, in percent: two pixels of a usual screen.
const MIN_BAR: f64 = 0.3;

/// Events of a span that are drawn, and how far apart, in percent.
const MAX_EVENTS: usize = 24;
const EVENT_DISTANCE: f64 = 0.3;

/// The bars of some rows, one below the other.
pub(super) fn bars(
    waterfall: &Waterfall<'_>,
    rows: &[Row<'_>],
    colors: &Colors,
    lines: &TraceLines,
) -> Markup {
    html! {
        svg.bars width="100%" height=(rows.len() * ROW) aria-hidden="true" {
            @for (index, row) in rows.iter().enumerate() {
                (bar(waterfall, row, index * ROW, colors))
                (log_lines(waterfall, row, index * ROW, lines))
            }
        }
    }
}

fn bar(waterfall: &Waterfall<'_>, row: &Row<'_>, top: usize, colors: &Colors) -> Markup {
    let width = percent(row.duration_nano, waterfall.duration_nano).max(MIN_BAR);
    let start = percent(row.offset_nano, waterfall.duration_nano).min(100.0 - MIN_BAR);
    let end = (start + width).min(100.0);
    let class = match row.kind {
        RowKind::Missing(_) => "gone".to_owned(),
        RowKind::Span { span, .. } if span.status == StatusCode::Error => {
            format!("c{} bad", colors.slot(span.service()))
        }
        RowKind::Span { span, .. } => format!("c{}", colors.slot(span.service())),
    };
    html! {
        rect class=(class) x={ (round(start)) "%" } y=(top + 7) width={ (round(end - start)) "%" } height="12" rx="2" {}
        (events(waterfall, row, top))
        (label(row, start, end, top))
    }
}

/// The duration, on the side of the bar where there is room.
fn label(row: &Row<'_>, start: f64, end: f64, top: usize) -> Markup {
    let duration = units::duration(row.duration_nano);
    let y = top + 17;
    html! {
        @if end <= 78.0 {
            text x={ (round(end)) "%" } dx="6" y=(y) { (duration) }
        } @else if start >= 22.0 {
            text.left x={ (round(start)) "%" } dx="-6" y=(y) { (duration) }
        } @else {
            text.in x={ (round(end)) "%" } dx="-6" y=(y) { (duration) }
        }
    }
}

fn events(waterfall: &Waterfall<'_>, row: &Row<'_>, top: usize) -> Markup {
    let Some(span) = row.span() else { return Markup::default() };
    let mut last = f64::NEG_INFINITY;
    let dots = span.events.iter().filter_map(|event| {
        let offset = event.time_unix_nano.saturating_sub(waterfall.start_unix_nano);
        let at = percent(offset, waterfall.duration_nano).min(100.0);
        let apart = (at - last).abs() >= EVENT_DISTANCE;
        last = if apart { at } else { last };
        apart.then_some((at, event.name == "exception"))
    });
    html! {
        @for (at, exception) in dots.take(MAX_EVENTS) {
            circle.exception[exception] cx={ (at) "%" } cy=(top + 13) r="2.5" {}
        }
    }
}

/// A mark below the bar for each log line, which may be of before or after its span.
fn log_lines(waterfall: &Waterfall<'_>, row: &Row<'_>, top: usize, lines: &TraceLines) -> Markup {
    let Some(span) = row.span() else { return Markup::default() };
    let mut last: Option<(f64, Option<LogLevel>)> = None;
    let marks = lines.marks(span.span_id).filter_map(|(time, level)| {
        let offset = time.saturating_sub(waterfall.start_unix_nano);
        let at = percent(offset, waterfall.duration_nano).clamp(MIN_BAR, 100.0 - MIN_BAR);
        // Of those that cannot be told apart the worse one is seen.
        let apart = last.is_none_or(|(before, known)| at - before >= EVENT_DISTANCE || level > known);
        last = if apart { Some((at, level)) } else { last };
        apart.then_some((at, level))
    });
    html! {
        @for (at, level) in marks.take(MAX_EVENTS) {
            line class={ "log " (level.map(LogLevel::as_str).unwrap_or_default()) }
                x1={ (at) "%" } x2={ (at) "%" } y1=(top + 19) y2=(top + 25) {}
        }
    }
}

fn round(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

/// A line down from a parent to its last child.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guide {
    depth: usize,
    /// Rows, counted over the whole trace.
    from: usize,
    to: usize,
    /// The colour of the parent; `None` for one that is missing.
    slot: Option<usize>,
}

/// The lines of all rows, by their first row.
pub(super) fn guides(rows: &[Row<'_>], colors: &Colors) -> Vec<Guide> {
    let mut guides: Vec<Guide> = Vec::new();
    // The latest row of each level, and its line if it has one yet.
    let mut open: Vec<(usize, Option<usize>)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        open.truncate(row.depth);
        if let Some((parent, guide)) = open.last_mut().filter(|_| row.depth <= MAX_INDENT) {
            let guide = *guide.get_or_insert_with(|| {
                let slot = rows[*parent].span().map(|span| colors.slot(span.service()));
                guides.push(Guide { depth: row.depth - 1, from: *parent, to: *parent, slot });
                guides.len() - 1
            });
            guides[guide].to = index;
        }
        open.push((index, None));
    }
    guides.sort_by_key(|guide| guide.from);
    guides
}

/// The part of the tree's lines that lies beside rows `first` to `first + rows`.
pub(super) fn tree(guides: &[Guide], rows: &[Row<'_>], first: usize, slots: &[Option<usize>]) -> Markup {
    let last = first + rows.len();
    let crossing = guides.iter().filter(|guide| guide.from < last && guide.to >= first);
    html! {
        svg.tree width="100%" height=(rows.len() * ROW) aria-hidden="true" {
            @for guide in crossing {
                @let x = format!("{}.6em", guide.depth);
                @let from = if guide.from < first { 0 } else { (guide.from - first) * ROW + ROW - 6 };
                @let to = ((guide.to + 1).saturating_sub(first) * ROW).saturating_sub(ROW / 2).min(rows.len() * ROW);
                line class=(stroke(guide.slot)) x1=(x) x2=(x) y1=(from) y2=(to) {}
            }
            @for (index, (row, slot)) in rows.iter().zip(slots).enumerate().filter(|(_, (row, _))| (1..=MAX_INDENT).contains(&row.depth)) {
                @let y = index * ROW + ROW / 2;
                line class=(stroke(*slot)) x1={ (row.depth - 1) ".6em" } x2={ (row.depth) ".1em" } y1=(y) y2=(y) {}
            }
        }
    }
}

fn stroke(slot: Option<usize>) -> String {
    slot.map_or_else(|| "gone".to_owned(), |slot| format!("c{slot}"))
}
