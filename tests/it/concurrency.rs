//! Requests at the same time keep their traces apart.

use std::collections::HashSet;
use std::thread;

use integration_tests::stack::Stack;
use integration_tests::trace::id_of;
use serde_json::json;

/// At the same time.
const REQUESTS: usize = 50;

#[test]
fn fifty_requests_at_once_never_share_or_split_a_trace() {
    let stack = Stack::start();

    let responses: Vec<_> = thread::scope(|scope| {
        let ask = |number: usize| {
            let body = json!({"message": format!("Number {number}, @bayko"), "ttl": "1-hour"});
            if number.is_multiple_of(2) {
                stack.get("/api/activities/home")
            } else {
                stack.post("/api/activities", &body)
            }
        };
        let started: Vec<_> = (0..REQUESTS).map(|number| scope.spawn(move || ask(number))).collect();
        started.into_iter().map(|request| request.join().unwrap()).collect()
    });

    let ids: HashSet<String> = responses.iter().map(id_of).collect();
    assert_eq!(ids.len(), REQUESTS, "each request has a trace of its own");
    for (number, response) in responses.iter().enumerate() {
        assert_eq!(response.status().as_u16(), 200, "request {number}");
        let outbox = ["activities>notifications", "activities>users", "notifications>users"];
        let expected = if number.is_multiple_of(2) { &outbox[..2] } else { &outbox[..] };
        let trace = stack.trace(response, |trace| trace.has(expected));
        let entries = trace.spans.iter().filter(|span| span.service == "activities" && span.kind == "server");
        assert_eq!(entries.count(), 1, "one request a trace:\n{trace}");
        assert_eq!(trace.calls().len(), expected.len(), "{trace}");
    }
}
