//! Failures in the running services, as the explorer has them.

use integration_tests::eventually;
use integration_tests::process::variables;
use integration_tests::stack::{Changes, Stack};
use integration_tests::trace;
use reqwest::blocking::Response;
use serde_json::Value;

/// The reports of the trace of `response`, once there are `count`.
fn reports(stack: &Stack, response: &Response, count: usize) -> Vec<Value> {
    let id = trace::id_of(response);
    eventually(&format!("{count} reports of {id}"), || {
        let found: Value = stack.explorer.get(&format!("/api/errors?trace_id={id}")).json().unwrap();
        let found = found["errors"].as_array().unwrap().clone();
        assert!(found.len() <= count, "{found:#?}");
        (found.len() == count).then_some(found)
    })
}

#[test]
fn every_service_reports_a_message_when_asked_to() {
    let stack = Stack::start();
    for service in [&stack.activities, &stack.users, &stack.notifications] {
        let response = service.get("/rollbar/test?panic=1");
        assert_eq!(response.status(), 200, "nobody but a developer may make it panic");
        let found = reports(&stack, &response, 1);
        assert_eq!(response.text().unwrap(), "Hello World!");
        assert_eq!((&found[0]["title"], &found[0]["level"]), (&"Hello World!".into(), &"warning".into()));
    }
}

#[test]
fn what_a_developer_asks_to_fail_is_reported_with_its_span() {
    let changes =
        Changes { variables: variables([("CRUDDUR_DEBUG_ROUTES", "1".to_owned())]), ..Changes::default() };
    let stack = Stack::start_with(&changes);

    let handled = stack.get("/rollbar/test?error=1");
    let panicked = stack.get("/rollbar/test?panic=1");

    assert_eq!((handled.status().as_u16(), panicked.status().as_u16()), (200, 500));
    let handled_report = &reports(&stack, &handled, 1)[0];
    assert_eq!(
        (&handled_report["title"], &handled_report["level"]),
        (&"TestError in /rollbar/test: Rollbar test".into(), &"error".into())
    );
    let report = &reports(&stack, &panicked, 1)[0];
    assert_eq!((&report["level"], &report["service"]), (&"critical".into(), &"activities".into()));
    let trace = stack.trace(&panicked, |trace| !trace.spans.is_empty());
    assert_eq!(report["span_id"], trace.root().id.as_str());
}
