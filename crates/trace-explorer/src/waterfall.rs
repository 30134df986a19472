//! A trace as rows on a common time axis: what the page draws and the terminal prints. Pure.

mod tree;

use std::collections::{BTreeMap, HashSet};

use crate::ids::{SpanId, TraceId};
use crate::model::{Span, StatusCode, Trace};
use tree::Node;

/// The rows of a trace and what its header says. Refers to the trace's spans.
#[derive(Debug)]
pub struct Waterfall<'a> {
    /// The id of the trace.
    pub trace_id: TraceId,
    /// Parents before children, siblings by start.
    pub rows: Vec<Row<'a>>,
    /// The earliest span without a parent; without one, the earliest at the top.
    pub root: &'a Span,
    /// Start of the earliest span, nanoseconds since 1970.
    pub start_unix_nano: u64,
    /// From there to the end of the last span.
    pub duration_nano: u64,
    /// By name.
    pub services: Vec<ServiceShare<'a>>,
    /// Levels of the tree.
    pub depth: usize,
    /// Spans with status error.
    pub errors: usize,
    /// Spans that others name as their parent, and that have not arrived.
    pub missing: usize,
    /// Circles of parents that were cut open.
    pub cycles: usize,
    /// Spans whose id another, different span has too.
    pub duplicates: usize,
}

/// What a service has in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ServiceShare<'a> {
    pub name: &'a str,
    pub spans: usize,
    pub errors: usize,
}

/// One line of a waterfall.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// What stands in it.
    pub kind: RowKind<'a>,
    /// 0 at the top.
    pub depth: usize,
    /// No sibling comes after it.
    pub last: bool,
    /// Nanoseconds from the start of the trace.
    pub offset_nano: u64,
    /// Nanoseconds; of a missing span, from the first to the last of its children.
    pub duration_nano: u64,
}

/// What stands in a row.
#[derive(Debug, Clone, Copy)]
pub enum RowKind<'a> {
    /// A span.
    Span {
        /// Itself.
        span: &'a Span,
        /// Its parent id leads back to itself, and is ignored.
        cycle: bool,
    },
    /// The parent of the rows below it, which has not arrived.
    Missing(SpanId),
}

impl<'a> Row<'a> {
    /// The span, if it has arrived.
    #[must_use]
    pub fn span(&self) -> Option<&'a Span> {
        match self.kind {
            RowKind::Span { span, .. } => Some(span),
            RowKind::Missing(_) => None,
        }
    }
}

impl<'a> Waterfall<'a> {
    /// Arranges a trace; `None` if it has no span.
    #[must_use]
    pub fn of(trace: &'a Trace) -> Option<Self> {
        let spans = &trace.spans;
        let start = spans.iter().map(|span| span.start_unix_nano).min()?;
        let end = spans.iter().map(end_of).max()?;
        let placed = tree::place(spans);
        let rows: Vec<_> = (0..placed.len()).map(|index| row(spans, &placed[index..], start)).collect();
        let root = root(&rows)?;
        Some(Self {
            trace_id: trace.trace_id,
            root,
            start_unix_nano: start,
            duration_nano: end - start,
            services: shares(spans),
            depth: rows.iter().map(|row| row.depth + 1).max().unwrap_or(0),
            errors: spans.iter().filter(|span| span.status == StatusCode::Error).count(),
            missing: rows.iter().filter(|row| row.span().is_none()).count(),
            cycles: placed.iter().filter(|place| place.cycle).count(),
            duplicates: spans.iter().filter(|span| span.duplicate_id).count(),
            rows,
        })
    }

    /// Spans that wait below a missing parent.
    #[must_use]
    pub fn orphans(&self) -> usize {
        let missing: HashSet<SpanId> = (self.rows.iter())
            .filter_map(|row| if let RowKind::Missing(id) = row.kind { Some(id) } else { None })
            .collect();
        let spans = self.rows.iter().filter_map(Row::span);
        spans.filter(|span| span.parent_span_id.is_some_and(|parent| missing.contains(&parent))).count()
    }
}

/// The row of the first of `placed`. What follows it, its children among them, says how long a missing span is.
fn row<'a>(spans: &'a [Span], placed: &[tree::Placed], start: u64) -> Row<'a> {
    let place = &placed[0];
    let (kind, from, to) = match place.node {
        Node::Span(index) => {
            let span = &spans[index];
            (RowKind::Span { span, cycle: place.cycle }, span.start_unix_nano, end_of(span))
        }
        Node::Missing(id) => {
            let (from, to) = cover(spans, &placed[1..], place.depth);
            (RowKind::Missing(id), from, to)
        }
    };
    Row { kind, depth: place.depth, last: place.last, offset_nano: from - start, duration_nano: to - from }
}

/// The earliest span without a parent; without one, the earliest at the top, which may be below a missing one.
fn root<'a>(rows: &[Row<'a>]) -> Option<&'a Span> {
    let top = || rows.iter().filter(|row| row.depth <= 1).filter_map(Row::span);
    let root = top().find(|span| span.parent_span_id.is_none());
    root.or_else(|| top().min_by_key(|span| span.start_unix_nano))
}

/// The end of a span, and never before its start.
fn end_of(span: &Span) -> u64 {
    span.end_unix_nano.max(span.start_unix_nano)
}

/// From the first start to the last end of the children that follow a missing span at `depth`.
fn cover(spans: &[Span], following: &[tree::Placed], depth: usize) -> (u64, u64) {
    let below = following.iter().take_while(|place| place.depth > depth);
    let children = below.filter(|place| place.depth == depth + 1).filter_map(|place| match place.node {
        Node::Span(index) => Some(&spans[index]),
        Node::Missing(_) => None,
    });
    children.fold((u64::MAX, 0), |(from, to), span| (from.min(span.start_unix_nano), to.max(end_of(span))))
}

fn shares(spans: &[Span]) -> Vec<ServiceShare<'_>> {
    let mut shares: BTreeMap<&str, ServiceShare> = BTreeMap::new();
    for span in spans {
        let empty = ServiceShare { name: span.service(), spans: 0, errors: 0 };
        let share = shares.entry(span.service()).or_insert(empty);
        share.spans += 1;
        share.errors += usize::from(span.status == StatusCode::Error);
    }
    shares.into_values().collect()
}

#[cfg(test)]
mod tests;
