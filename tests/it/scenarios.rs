//! What each kind of request does, as its trace tells it.

use std::collections::BTreeSet;

use integration_tests::stack::Stack;
use reqwest::blocking::Response;
use serde_json::{Value, json};

/// The answer is a success whose trace becomes one tree with exactly these calls between services.
fn check(stack: &Stack, response: &Response, expected: &[&str]) {
    assert_eq!(response.status().as_u16(), 200, "{}", response.url());
    let trace = stack.trace(response, |trace| trace.has(expected));
    let calls: Vec<String> = trace.calls().into_iter().collect();
    assert_eq!(calls, expected, "{}\n{trace}", response.url());
    assert_eq!(trace.root().kind, "server");
    assert_eq!(trace.root().service, "activities");
    assert!(trace.spans.iter().all(|span| !span.failed), "{trace}");
}

#[test]
fn each_request_is_one_connected_trace_with_the_calls_that_it_makes() {
    let stack = Stack::start();
    let users = "activities>users";
    let notifications = "activities>notifications";

    check(&stack, &stack.get("/api/activities/home"), &[notifications, users]);
    check(&stack, &stack.get("/api/activities/search?term=cruddur"), &[users]);
    check(&stack, &stack.get("/api/activities/@andrewbrown"), &[users]);
    check(&stack, &stack.get("/api/users/@londo/short"), &[users]);
    check(&stack, &stack.post("/api/profile/update", &json!({"display_name": "A", "bio": "b"})), &[users]);
    check(&stack, &stack.get("/api/activities/notifications"), &[notifications, users]);
    check(
        &stack,
        &stack.post("/api/activities", &json!({"message": "Hello @londo", "ttl": "1-day"})),
        &[notifications, users, "notifications>users"],
    );
}

#[test]
fn a_reply_is_one_trace_from_the_request_to_the_notification() {
    let stack = Stack::start();
    let home: Value = stack.get("/api/activities/home").json().unwrap();
    let parent = home[0]["uuid"].as_str().unwrap().to_owned();

    let reply = stack.post(&format!("/api/activities/{parent}/reply"), &json!({"message": "Indeed, @worf"}));

    check(&stack, &reply, &["activities>notifications", "activities>users", "notifications>users"]);
}

#[test]
fn queries_are_spans_with_placeholders_for_values() {
    let stack = Stack::start();
    let response = stack.get("/api/activities/search?term=unmistakable");

    let trace = stack.trace(&response, |trace| trace.is_connected() && trace.spans.len() > 1);

    let queries: Vec<_> =
        trace.spans.iter().filter(|span| !span.attribute("db.query.text").is_empty()).collect();
    assert!(!queries.is_empty(), "{trace}");
    for query in queries {
        assert_eq!(query.kind, "client");
        assert_eq!(query.attribute("db.system.name"), "sqlite");
        assert_eq!(query.name, query.attribute("db.query.summary"));
        assert!(!query.attribute("db.query.text").contains("unmistakable"), "{}", query.json);
    }
}

#[test]
fn a_trace_context_from_outside_is_linked_and_not_believed() {
    let stack = Stack::start();
    let theirs = "0af7651916cd43dd8448eb211c80319c";
    let request = integration_tests::stack::client()
        .get(format!("{}/api/activities/home", stack.activities.address))
        .header("traceparent", format!("00-{theirs}-b7ad6b7169203331-00"));

    let response = request.send().unwrap();
    let trace = stack.trace(&response, |trace| trace.has(&["activities>users", "activities>notifications"]));

    assert_ne!(integration_tests::trace::id_of(&response), theirs);
    assert_eq!(trace.root().json["links"][0]["trace_id"], theirs, "{}", trace.root().json);
}

#[test]
fn an_internal_service_continues_the_trace_of_its_caller() {
    let stack = Stack::start();
    let theirs = "0af7651916cd43dd8448eb211c80319c";
    let request = integration_tests::stack::client()
        .get(format!("{}/api/users?handles=londo", stack.users.address))
        .header("traceparent", format!("00-{theirs}-b7ad6b7169203331-01"));

    let response = request.send().unwrap();

    assert_eq!(integration_tests::trace::id_of(&response), theirs);
    let trace = stack.trace(&response, |trace| !trace.spans.is_empty());
    let server = trace.spans.iter().find(|span| span.kind == "server").unwrap();
    assert_eq!(server.parent.as_deref(), Some("b7ad6b7169203331"));
}

#[test]
fn log_lines_carry_the_ids_of_their_span() {
    let stack = Stack::start();
    let response = stack.get("/rollbar/test");
    let id = integration_tests::trace::id_of(&response);

    let line =
        stack.activities.log().into_iter().find(|line| line["message"] == "Hello World!").expect("a line");

    assert_eq!(line["trace_id"], id.as_str());
    assert_eq!(line["span_id"].as_str().unwrap().len(), 16);
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["service.name"], "activities");
}

#[test]
fn health_checks_are_not_traced() {
    let stack = Stack::start();
    for service in [&stack.activities, &stack.users, &stack.notifications] {
        for path in ["/health/live", "/health/ready"] {
            let response = service.get(path);
            assert_eq!(response.status().as_u16(), 200);
            assert!(response.headers()["traceresponse"].to_str().unwrap().ends_with("-02"));
        }
    }

    // A traced request behind them, to each service, shows when the explorer would have had them.
    let probes = [
        (&stack.activities, "/api/health-check"),
        (&stack.users, "/api/users?handles=londo"),
        (&stack.notifications, "/api/notifications?handle=londo"),
    ];
    for (service, path) in probes {
        let _ = stack.trace(&service.get(path), integration_tests::trace::Trace::is_connected);
    }

    let list: Value = stack.explorer.get("/api/traces?limit=100").json().unwrap();
    let names: BTreeSet<_> =
        list["traces"].as_array().unwrap().iter().map(|t| t["root_name"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["GET /api/health-check", "GET /api/notifications", "GET /api/users"]));
    assert_eq!(list["traces"].as_array().unwrap().len(), 3, "{list}");
}

#[test]
fn the_spans_that_are_held_against_the_conventions_are_all_of_them() {
    let stack = Stack::start();
    let response = stack.get("/api/activities/home");
    let trace = stack.trace(&response, |trace| trace.has(&["activities>users", "activities>notifications"]));

    let observed = stack.explorer.observed();

    assert!(observed.len() >= trace.spans.len(), "{observed:#?}");
    for kind in ["SERVER", "CLIENT"] {
        assert!(observed.iter().any(|span| span.kind == kind), "{observed:#?}");
    }
}
