use super::*;
use crate::model::testing::{span, trace};

#[test]
fn a_wide_terminal_has_longer_bars_and_a_narrow_one_cuts_names() {
    let mut long = span(2, 1, 0, 5);
    long.name = "a name that goes on and on and on and on".to_owned();
    let trace = trace(vec![span(1, 0, 0, 10), long]);
    let waterfall = Waterfall::of(&trace).unwrap();
    let line = |width| render(&waterfall, width).lines().last().unwrap().to_owned();

    assert_eq!(line(60), "└─ a a name that goes on … ▕█████████         ▏ 5 ms");
    assert!(line(200).starts_with("└─ a a name that goes on and on and on and on ▕████"));
    assert_eq!(line(1), line(MIN_WIDTH));
    assert_eq!(line(9_999), line(MAX_WIDTH));
}

#[test]
fn levels_beyond_the_limit_are_counted_and_not_drawn() {
    let trace = trace((1..=30).map(|number| span(number, number - 1, 0, 10)).collect());

    let text = render(&Waterfall::of(&trace).unwrap(), 120);

    let last = text.lines().last().unwrap();
    assert!(last.starts_with("+21                         └─ a span 30 "), "{last}");
}

#[test]
fn oddities_of_a_trace_are_said_in_its_head() {
    let mut twin = span(2, 1, 3, 1);
    twin.duplicate_id = true;
    let trace = trace(vec![span(1, 1, 0, 9), twin.clone(), twin, span(5, 77, 0, 1), span(6, 78, 0, 1)]);

    let text = render(&Waterfall::of(&trace).unwrap(), 120);

    assert!(text.contains("! 2 spans have 2 parents that have not arrived (yet)\n"), "{text}");
    assert!(
        text.contains("! 1 circle of spans that are their own ancestors, cut open at the earliest span\n")
    );
    assert!(text.contains("! 2 spans share an id with a different span\n"));
    assert!(
        text.contains("! is its own ancestor\n")
            && text.contains("! span id 0000000000000002 is not unique\n")
    );
}

#[test]
fn ordinary_text_of_any_language_is_left_alone() {
    for text in ["GET /a", "日本語", "Ünïcödé", "עברית", "👍🏽"] {
        assert!(matches!(clean(text), Cow::Borrowed(_)), "{text}");
    }
}
