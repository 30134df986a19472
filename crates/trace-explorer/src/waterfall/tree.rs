//! Spans as a tree, whatever their parent ids say: every span exactly once, no recursion.

use std::collections::HashMap;

use crate::ids::SpanId;
use crate::model::Span;

/// A place in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// Index of a span.
    Span(usize),
    /// A span that others name as their parent, and that has not arrived.
    Missing(SpanId),
}

/// A node in its place. Nodes come in the order of the rows: parents before children, siblings by start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) node: Node,
    /// 0 at the top.
    pub(super) depth: usize,
    /// No sibling comes after it.
    pub(super) last: bool,
    /// Its parent id leads back to itself, and is ignored.
    pub(super) cycle: bool,
}

/// Builds the tree.
pub(super) fn place(spans: &[Span]) -> Vec<Placed> {
    let (parents, missing) = parents(spans);
    let cycles = cut_cycles(spans, &parents);
    let nodes = spans.len() + missing.len();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    let mut top = Vec::new();
    for (index, parent) in parents.iter().enumerate() {
        match parent {
            Some(parent) if !cycles[index] => children[*parent].push(index),
            _ => top.push(index),
        }
    }
    top.extend(spans.len()..nodes);

    let start = |node: usize, children: &[Vec<usize>]| match spans.get(node) {
        Some(span) => span.start_unix_nano,
        None => children[node].iter().map(|&child| spans[child].start_unix_nano).min().unwrap_or(0),
    };
    for siblings in &mut children {
        siblings.sort_by_key(|&child| spans[child].start_unix_nano);
    }
    top.sort_by_key(|&node| start(node, &children));

    let mut placed = Vec::with_capacity(nodes);
    // What is still to come: the last one is next.
    let mut stack: Vec<(usize, usize, bool)> = Vec::new();
    let push = |stack: &mut Vec<_>, siblings: &[usize], depth: usize| {
        let last = siblings.len().saturating_sub(1);
        stack.extend(siblings.iter().enumerate().rev().map(|(index, &node)| (node, depth, index == last)));
    };
    push(&mut stack, &top, 0);
    while let Some((node, depth, last)) = stack.pop() {
        push(&mut stack, &children[node], depth + 1);
        let cycle = cycles.get(node).copied().unwrap_or(false);
        let node =
            if node < spans.len() { Node::Span(node) } else { Node::Missing(missing[node - spans.len()]) };
        placed.push(Placed { node, depth, last, cycle });
    }
    placed
}

/// The parent of each span as an index: of a span, or beyond them of a missing one. Of spans that share an id the
/// earliest is the parent.
fn parents(spans: &[Span]) -> (Vec<Option<usize>>, Vec<SpanId>) {
    let mut by_id: HashMap<SpanId, usize> = HashMap::with_capacity(spans.len());
    for (index, span) in spans.iter().enumerate() {
        let known = by_id.entry(span.span_id).or_insert(index);
        if spans[*known].start_unix_nano > span.start_unix_nano {
            *known = index;
        }
    }
    let mut missing = Vec::new();
    let parents = spans.iter().map(|span| {
        let parent = span.parent_span_id?;
        Some(*by_id.entry(parent).or_insert_with(|| {
            missing.push(parent);
            spans.len() + missing.len() - 1
        }))
    });
    (parents.collect(), missing)
}

/// Marks, on every circle of parents, its earliest span: there the circle is cut open.
fn cut_cycles(spans: &[Span], parents: &[Option<usize>]) -> Vec<bool> {
    const UNSEEN: usize = usize::MAX;
    let mut cut = vec![false; spans.len()];
    // The walk that came to a span first. A walk that meets itself has found a circle.
    let mut seen_by = vec![UNSEEN; spans.len()];
    for walk in 0..spans.len() {
        let mut at = walk;
        while let Some(seen @ &mut UNSEEN) = seen_by.get_mut(at) {
            *seen = walk;
            match parents[at] {
                Some(parent) => at = parent,
                None => break,
            }
        }
        let met_itself = parents.get(at).is_some_and(Option::is_some) && seen_by[at] == walk;
        if met_itself && let Some(earliest) = earliest_on_circle(spans, parents, at) {
            cut[earliest] = true;
        }
    }
    cut
}

fn earliest_on_circle(spans: &[Span], parents: &[Option<usize>], on_circle: usize) -> Option<usize> {
    let mut earliest = on_circle;
    let mut at = parents[on_circle]?;
    while at != on_circle {
        if spans[at].start_unix_nano < spans[earliest].start_unix_nano {
            earliest = at;
        }
        at = (*parents.get(at)?)?;
    }
    Some(earliest)
}
