//! A callee that is down, slow, broken or talks nonsense.

use integration_tests::callee::{self, Manner};
use integration_tests::stack::{Changes, Stack};
use integration_tests::trace::id_of;
use reqwest::blocking::Response;
use serde_json::{Value, json};

fn with_users(users: String) -> Stack {
    Stack::start_with(&Changes { users: Some(users), ..Changes::default() })
}

fn with_notifications(notifications: String) -> Stack {
    Stack::start_with(&Changes { notifications: Some(notifications), ..Changes::default() })
}

/// The failure has the common form, and its trace id is the one of the header.
fn assert_failure(response: Response, status: u16) {
    assert_eq!(response.status().as_u16(), status);
    let id = id_of(&response);
    let body: Value = response.json().unwrap();
    assert_eq!(body["trace_id"], id.as_str());
    assert!(body["message"].as_str().unwrap().ends_with('.'), "{body}");
}

fn degraded(response: &Response) -> &str {
    response.headers().get("x-degraded").map_or("", |value| value.to_str().unwrap())
}

/// The levels of the lines of one trace in the log of activities.
fn levels(stack: &Stack, id: &str) -> Vec<String> {
    let of_trace =
        |line: &Value| (line["trace_id"] == id).then(|| line["level"].as_str().unwrap().to_owned());
    let levels: Vec<String> = stack.activities.log().iter().filter_map(of_trace).collect();
    levels.into_iter().filter(|level| level == "WARN" || level == "ERROR").collect()
}

#[test]
fn home_answers_without_users_and_says_so() {
    let stack = with_users(callee::nobody());

    let response = stack.get("/api/activities/home");

    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(degraded(&response), "users");
    let id = id_of(&response);
    let trace = stack.trace(&response, |trace| trace.has(&["activities>notifications"]));
    let failed: Vec<_> = trace.spans.iter().filter(|span| span.failed).collect();
    assert!(
        failed.iter().all(|span| span.kind == "client" && span.attribute("error.type") == "connect"),
        "{trace}"
    );
    assert!(!failed.is_empty(), "{trace}");
    assert_eq!(levels(&stack, &id), ["ERROR"], "a callee that cannot be reached cannot report itself");
    let activities: Value = response.json().unwrap();
    let first = &activities[0];
    assert_eq!(first["display_name"], first["handle"], "names fall back to the handle");
}

#[test]
fn home_answers_without_notifications_and_says_so() {
    let stack = with_notifications(callee::nobody());

    let response = stack.get("/api/activities/home");

    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(degraded(&response), "notifications");
}

#[test]
fn a_callee_that_answers_500_is_a_warning_of_the_caller() {
    let stack = with_users(callee::start(Manner::Answers(500)));

    let response = stack.get("/api/activities/home");
    assert_eq!(degraded(&response), "users");
    assert_eq!(levels(&stack, &id_of(&response)), ["WARN"], "the callee has reported");

    let response = stack.post("/api/activities", &json!({"message": "Hi", "ttl": "1-day"}));
    let id = id_of(&response);
    assert_failure(response, 502);
    assert_eq!(levels(&stack, &id), ["WARN"]);
}

#[test]
fn a_callee_that_hangs_costs_its_time_limit_and_no_more() {
    let stack = with_users(callee::start(Manner::Hangs));

    let response = stack.get("/api/activities/home");
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(degraded(&response), "users");
    let trace = stack.trace(&response, |trace| trace.has(&["activities>notifications"]));
    assert!(
        trace.spans.iter().any(|span| span.failed && span.attribute("error.type") == "timeout"),
        "{trace}"
    );

    assert_failure(stack.post("/api/activities", &json!({"message": "Hi", "ttl": "1-day"})), 504);
}

#[test]
fn creating_needs_users() {
    for manner in [Manner::Closes, Manner::Garbles, Manner::Answers(503)] {
        let stack = with_users(callee::start(manner));
        assert_failure(stack.post("/api/activities", &json!({"message": "Hi", "ttl": "1-day"})), 502);
    }
    let stack = with_users(callee::nobody());
    let response = stack.post("/api/activities", &json!({"message": "Hi", "ttl": "1-day"}));
    let id = id_of(&response);
    assert_failure(response, 502);
    assert_eq!(levels(&stack, &id), ["ERROR"], "one failed request, one event");
}

#[test]
fn the_edge_says_that_users_is_down() {
    let stack = with_users(callee::nobody());

    assert_failure(stack.get("/api/users/@londo/short"), 502);
}
