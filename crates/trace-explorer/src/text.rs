//! The waterfall as text, for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

use crate::model::StatusCode;
use crate::units;
use crate::waterfall::{Row, RowKind, Waterfall};

/// Widths in columns that [`render`] keeps to.
pub const MIN_WIDTH: usize = 60;
/// See [`MIN_WIDTH`].
pub const MAX_WIDTH: usize = 400;
/// The width if none is asked for.
pub const DEFAULT_WIDTH: usize = 120;

/// Levels of the tree that are drawn; deeper rows say how many levels are left out.
const MAX_GUIDES: usize = 8;

/// Characters of a service's name.
const SERVICE_WIDTH: usize = 20;

/// Columns for the duration behind the bar.
const DURATION_WIDTH: usize = 11;

/// Draws a trace in at most `width` columns; only what a span says about its failure may go beyond.
#[must_use]
pub fn render(waterfall: &Waterfall<'_>, width: usize) -> String {
    let width = width.clamp(MIN_WIDTH, MAX_WIDTH);
    let labels = labels(waterfall);
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let label_width = longest.min((width - DURATION_WIDTH) * 11 / 20);
    let bar_width = width - DURATION_WIDTH - label_width - 3;
    let mut out = header(waterfall);
    let _ = writeln!(out, "{}{}", " ".repeat(label_width + 2), axis(waterfall.duration_nano, bar_width));
    for (row, label) in waterfall.rows.iter().zip(labels) {
        let bar = bar(row, waterfall.duration_nano, bar_width);
        let duration = units::duration(row.duration_nano);
        let _ = writeln!(out, "{} {bar} {duration}{}", fit(&label, label_width), remarks(row));
    }
    out
}

fn header(waterfall: &Waterfall<'_>) -> String {
    let root = waterfall.root;
    let mut out = format!("{} {}\n", clean(root.service()), clean(&root.name));
    let _ = writeln!(out, "trace {}  {} UTC", waterfall.trace_id, units::time(waterfall.start_unix_nano));
    let spans = waterfall.rows.len() - waterfall.missing;
    let _ = write!(out, "{}  {}", units::duration(waterfall.duration_nano), count(spans, "span"));
    let _ = write!(out, "  {}", count(waterfall.services.len(), "service"));
    let _ = write!(out, "  depth {}", waterfall.depth);
    if waterfall.errors > 0 {
        let _ = write!(out, "  ✗ {}", count(waterfall.errors, "error"));
    }
    out.push('\n');
    for notice in notices(waterfall) {
        let _ = writeln!(out, "! {notice}");
    }
    out.push('\n');
    out
}

/// What is wrong with the trace itself, a sentence each.
pub(crate) fn notices(waterfall: &Waterfall<'_>) -> Vec<String> {
    let mut notices = Vec::new();
    if waterfall.missing > 0 {
        let (orphans, missing) = (waterfall.orphans(), waterfall.missing);
        let verb = if orphans == 1 { "has" } else { "have" };
        let parents = if missing == 1 {
            "a parent that has".to_owned()
        } else {
            format!("{missing} parents that have")
        };
        notices.push(format!("{} {verb} {parents} not arrived (yet)", count(orphans, "span")));
    }
    if waterfall.cycles > 0 {
        let circles = count(waterfall.cycles, "circle");
        notices
            .push(format!("{circles} of spans that are their own ancestors, cut open at the earliest span"));
    }
    if waterfall.duplicates > 0 {
        notices.push(format!("{} share an id with a different span", count(waterfall.duplicates, "span")));
    }
    notices
}

pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Tree lines, service and name of each row.
fn labels(waterfall: &Waterfall<'_>) -> Vec<String> {
    // For each level above the current row: does a sibling follow there?
    let mut open: Vec<bool> = Vec::new();
    let label = |row: &Row<'_>| {
        open.truncate(row.depth);
        let mut label = String::new();
        let hidden = row.depth.saturating_sub(MAX_GUIDES);
        if hidden > 0 {
            let _ = write!(label, "{:<4}", format!("+{hidden}"));
        }
        for open in open.iter().skip(hidden.max(1)) {
            label.push_str(if *open { "│  " } else { "   " });
        }
        if row.depth > 0 {
            label.push_str(if row.last { "└─ " } else { "├─ " });
        }
        open.push(!row.last);
        match row.kind {
            RowKind::Span { span, .. } => {
                let _ = write!(label, "{} {}", cut(&clean(span.service()), SERVICE_WIDTH), clean(&span.name));
            }
            RowKind::Missing(id) => {
                let _ = write!(label, "(missing span {id})");
            }
        }
        label
    };
    waterfall.rows.iter().map(label).collect()
}

/// What is wrong with a row: `✗` for an error, `!` for an oddity of the trace.
fn remarks(row: &Row<'_>) -> String {
    let mut remarks = String::new();
    let RowKind::Span { span, cycle } = row.kind else { return remarks };
    if span.status == StatusCode::Error {
        let message =
            if span.status_message.is_empty() { "error".into() } else { clean(&span.status_message) };
        let _ = write!(remarks, "  ✗ {message}");
    }
    if cycle {
        remarks.push_str("  ! is its own ancestor");
    }
    if span.duplicate_id {
        let _ = write!(remarks, "  ! span id {} is not unique", span.span_id);
    }
    remarks
}

/// `▕  ███  ▏`: the row's place on the axis, at least one block wide.
fn bar(row: &Row<'_>, total: u64, width: usize) -> String {
    let block = if row.span().is_some() { "█" } else { "░" };
    let cells = width - 2;
    let start = scale(row.offset_nano, total, cells).min(cells - 1);
    let end = scale(row.offset_nano + row.duration_nano, total, cells).clamp(start + 1, cells);
    format!("▕{}{}{}▏", " ".repeat(start), block.repeat(end - start), " ".repeat(cells - end))
}

/// The time at both ends and in the middle.
fn axis(total: u64, width: usize) -> String {
    let (middle, end) = (units::duration(total / 2), units::duration(total));
    let left = width / 2 - 1;
    let right = width - left;
    format!("{:<left$}{middle}{end:>rest$}", "0", rest = right.saturating_sub(middle.chars().count()))
}

fn scale(nanos: u64, total: u64, cells: usize) -> usize {
    let scaled = u128::from(nanos) * cells as u128 / u128::from(total.max(1));
    usize::try_from(scaled).unwrap_or(cells)
}

/// Exactly `width` columns, cut with `…`.
fn fit(text: &str, width: usize) -> String {
    format!("{:<width$}", cut(text, width))
}

/// At most `width` columns, cut with `…`.
fn cut(text: &str, width: usize) -> String {
    if text.chars().nth(width).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Telemetry is written by strangers: what could move the cursor, recolour the terminal or reorder the line is escaped.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_unsafe(character) {
            clean.extend(character.escape_default());
        } else {
            clean.push(character);
        }
    }
    Cow::Owned(clean)
}

/// Control characters (C0, DEL, C1), line separators, and the marks that change the direction of writing.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
