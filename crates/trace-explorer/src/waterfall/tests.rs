use proptest::prelude::*;

use super::*;
use crate::model::testing::{id, span, trace};

/// The rows as `depth:id` (`?` for a missing one, `~` for a cut circle), in order.
fn rows(spans: Vec<Span>) -> String {
    let trace = trace(spans);
    let waterfall = Waterfall::of(&trace).unwrap();
    let row = |row: &Row<'_>| match row.kind {
        RowKind::Span { span, cycle } => {
            let number = u64::from_be_bytes(*span.span_id.as_bytes());
            format!("{}:{number}{}", row.depth, if cycle { "~" } else { "" })
        }
        RowKind::Missing(id) => format!("{}:?{}", row.depth, u64::from_be_bytes(*id.as_bytes())),
    };
    waterfall.rows.iter().map(row).collect::<Vec<_>>().join(" ")
}

#[test]
fn parents_come_before_children_and_siblings_by_start() {
    let spans = vec![span(3, 1, 5, 1), span(4, 2, 3, 1), span(2, 1, 2, 9), span(1, 0, 0, 10)];

    assert_eq!(rows(spans), "0:1 1:2 2:4 1:3");
}

#[test]
fn each_unknown_parent_has_one_row_that_covers_its_children() {
    let spans = vec![span(1, 0, 0, 10), span(2, 99, 4, 2), span(3, 99, 1, 2), span(4, 98, 2, 1)];
    assert_eq!(rows(spans.clone()), "0:1 0:?99 1:3 1:2 0:?98 1:4");

    let trace = trace(spans);
    let waterfall = Waterfall::of(&trace).unwrap();
    let missing = &waterfall.rows[1];
    assert_eq!((missing.offset_nano, missing.duration_nano), (1_000_000, 5_000_000));
    assert_eq!((waterfall.missing, waterfall.orphans()), (2, 3));
}

#[test]
fn a_circle_is_cut_open_at_its_earliest_span() {
    assert_eq!(rows(vec![span(1, 1, 0, 1)]), "0:1~");
    assert_eq!(rows(vec![span(1, 3, 5, 1), span(2, 1, 3, 1), span(3, 2, 4, 1)]), "0:2~ 1:3 2:1");
    // What hangs below a circle stays below it, even if it is earlier.
    assert_eq!(rows(vec![span(4, 2, 0, 1), span(1, 2, 5, 1), span(2, 1, 3, 1)]), "0:2~ 1:4 1:1");
}

#[test]
fn of_two_spans_with_one_id_the_earlier_has_the_children() {
    let spans = vec![span(1, 0, 0, 9), span(2, 1, 4, 1), span(2, 1, 2, 1), span(3, 2, 5, 1)];

    assert_eq!(rows(spans), "0:1 1:2 2:3 1:2");
}

#[test]
fn the_root_is_the_earliest_span_without_a_parent_or_the_earliest_at_the_top() {
    let check = |spans: Vec<Span>, root: u64| {
        let trace = trace(spans);
        assert_eq!(Waterfall::of(&trace).unwrap().root.span_id, id(root));
    };
    check(vec![span(3, 9, 0, 1), span(2, 0, 4, 1), span(1, 0, 2, 1)], 1);
    check(vec![span(3, 9, 5, 1), span(2, 8, 4, 1), span(1, 2, 4, 1)], 2);
}

#[test]
fn a_clock_that_was_set_back_makes_a_span_of_no_length() {
    let mut back = span(1, 0, 10, 0);
    back.end_unix_nano = 3_000_000;
    let trace = trace(vec![back]);

    let waterfall = Waterfall::of(&trace).unwrap();

    assert_eq!((waterfall.duration_nano, waterfall.rows[0].duration_nano), (0, 0));
}

#[test]
fn a_trace_without_spans_is_no_waterfall() {
    assert!(Waterfall::of(&trace(vec![])).is_none());
}

#[test]
fn a_chain_of_a_hundred_thousand_spans_is_no_recursion() {
    let trace = trace((1..=100_000).map(|number| span(number, number - 1, number, 1)).collect());

    assert_eq!(Waterfall::of(&trace).unwrap().depth, 100_000);
}

proptest! {
    #[test]
    fn whatever_the_parents_every_span_has_one_row_one_deeper_than_its_parent(
        spans in prop::collection::vec((1_u64..30, 0_u64..30, 0_u64..50, 0_u64..20), 1..60),
    ) {
        let spans: Vec<Span> =
            spans.into_iter().map(|(id, parent, start, length)| span(id, parent, start, length)).collect();
        let trace = trace(spans);

        let waterfall = Waterfall::of(&trace).unwrap();

        let mut seen: Vec<_> = waterfall.rows.iter().filter_map(Row::span).map(std::ptr::from_ref).collect();
        let mut sent: Vec<_> = trace.spans.iter().map(std::ptr::from_ref).collect();
        seen.sort_unstable();
        sent.sort_unstable();
        prop_assert_eq!(seen, sent);
        let mut above: Vec<&Row<'_>> = Vec::new();
        for row in &waterfall.rows {
            prop_assert!(row.depth <= above.len());
            above.truncate(row.depth);
            prop_assert!(row.offset_nano + row.duration_nano <= waterfall.duration_nano);
            if let RowKind::Span { span, cycle } = row.kind {
                let named = span.parent_span_id.filter(|_| !cycle);
                let parent = above.last().map(|row| match row.kind {
                    RowKind::Span { span, .. } => span.span_id,
                    RowKind::Missing(id) => id,
                });
                prop_assert_eq!(named, parent);
            }
            above.push(row);
        }
    }
}
