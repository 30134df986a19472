//! Completeness, on spans made by hand.

use super::*;
use crate::expectation::calls;
use crate::scenario::Scenario;

fn span(id: &str, parent: &str, service: &str, kind: &str) -> Span {
    Span {
        id: id.to_owned(),
        parent: Some(parent.to_owned()).filter(|parent| !parent.is_empty()),
        service: service.to_owned(),
        kind: kind.to_owned(),
    }
}

/// What a request for the feed leaves.
fn home() -> Trace {
    Trace {
        spans: vec![
            span("a1", "", "activities", "server"),
            span("a2", "a1", "activities", "client"),
            span("a3", "a1", "activities", "client"),
            span("u1", "a2", "users", "server"),
            span("n1", "a3", "notifications", "server"),
        ],
    }
}

fn lacks(trace: &Trace) -> Vec<String> {
    trace.lacks("a1", calls(Scenario::Home))
}

#[test]
fn a_whole_trace_lacks_nothing() {
    assert!(lacks(&home()).is_empty());
}

#[test]
fn a_trace_without_spans_is_not_complete() {
    assert_eq!(lacks(&Trace::default()), ["no span has arrived"]);
    assert_eq!(Trace::default().lacks("a1", &[]), ["no span has arrived"]);
}

#[test]
fn a_missing_parent_is_told() {
    let mut trace = home();
    trace.spans.remove(2);

    assert_eq!(
        lacks(&trace),
        ["the parent of a server span of notifications", "no call activities → notifications"]
    );
}

#[test]
fn a_missing_root_is_told() {
    let mut trace = home();
    trace.spans.remove(0);

    let lacking = lacks(&trace);

    assert_eq!(lacking[0], "no root");
    assert_eq!(lacking.len(), 3, "{lacking:?}");
}

#[test]
fn two_roots_are_two_trees() {
    let mut trace = home();
    trace.spans.push(span("x1", "", "users", "server"));

    assert_eq!(lacks(&trace), ["2 roots"]);
}

#[test]
fn another_root_than_the_span_that_answered_is_told() {
    let trace = home();

    assert_eq!(trace.lacks("b1", calls(Scenario::Home)), ["the root is a1, the span that answered is b1"]);
}

#[test]
fn a_root_of_another_service_is_told() {
    let mut trace = home();
    trace.spans[0].service = "users".to_owned();

    assert_eq!(lacks(&trace), ["the root is a span of users"]);
}

#[test]
fn a_ring_of_spans_is_not_part_of_the_tree() {
    let mut trace = home();
    trace.spans.push(span("r1", "r2", "users", "internal"));
    trace.spans.push(span("r2", "r1", "users", "internal"));

    assert_eq!(lacks(&trace), ["2 spans are not below the root"]);
}

#[test]
fn spans_that_share_an_id_are_told() {
    let mut trace = home();
    trace.spans.push(span("u1", "a2", "users", "server"));

    assert_eq!(lacks(&trace), ["2 spans share an id"]);
}

#[test]
fn a_service_that_is_there_but_was_not_called_is_no_call() {
    let mut trace = home();
    trace.spans[4] = span("n1", "a3", "notifications", "internal");

    assert_eq!(lacks(&trace), ["no call activities → notifications"]);
}

#[test]
fn a_call_has_a_direction_and_a_client_span() {
    let mut backwards = home();
    backwards.spans[1].service = "users".to_owned();
    backwards.spans[3].service = "activities".to_owned();
    let mut without_client = home();
    without_client.spans[3].parent = Some("a1".to_owned());

    assert_eq!(lacks(&backwards), ["no call activities → users"]);
    assert_eq!(lacks(&without_client), ["no call activities → users"]);
}

#[test]
fn work_after_the_answer_is_part_of_a_created_message() {
    let trace = home();

    assert_eq!(trace.lacks("a1", calls(Scenario::Create)), ["no call notifications → users"]);
}
