//! The outbox: what a request causes later is in the trace of that request.

use integration_tests::callee;
use integration_tests::eventually;
use integration_tests::process::Process;
use integration_tests::process::variables;
use integration_tests::stack::{Changes, Service, Stack};
use serde_json::{Value, json};

#[test]
fn a_delivery_that_first_failed_is_still_in_the_trace_of_its_request() {
    // Notifications is down at first; its port is one that it can take later.
    let address = callee::nobody();
    let stack = Stack::start_with(&Changes { notifications: Some(address.clone()), ..Changes::default() });
    let response = stack.post("/api/activities", &json!({"message": "For @worf", "ttl": "1-day"}));
    assert_eq!(response.status().as_u16(), 200);
    let failed = stack.trace(&response, |trace| {
        trace.spans.iter().any(|span| span.failed && span.attribute("error.type") == "connect")
    });
    assert!(failed.is_connected(), "{failed}");

    let mut notifications = Process::start(
        "notifications",
        &variables([
            ("PORT", callee::free(&address)),
            ("CRUDDUR_DATA", stack.data.path().display().to_string()),
            ("EXPLORER_URL", stack.explorer.address.clone()),
            ("USERS_URL", stack.users.address.clone()),
        ]),
    );
    assert_eq!(notifications.address(), address);

    let trace =
        stack.trace(&response, |trace| trace.has(&["activities>notifications", "notifications>users"]));
    assert!(trace.spans.iter().any(|span| span.failed), "the failed attempts are there too:\n{trace}");
    drop(notifications);
}

#[test]
fn what_was_not_delivered_is_delivered_after_a_restart_in_the_same_trace() {
    let mut stack =
        Stack::start_with(&Changes { notifications: Some(callee::nobody()), ..Changes::default() });
    let response = stack.post("/api/activities", &json!({"message": "For @worf", "ttl": "1-day"}));
    let ended = stack.activities.take().stop();
    assert!(ended.status.success(), "{:?}", ended.status);

    let data = stack.data.path().display().to_string();
    let common = |more: [(&str, String); 2]| {
        let mut all = variables([
            ("PORT", "0".to_owned()),
            ("CRUDDUR_DATA", data.clone()),
            ("EXPLORER_URL", stack.explorer.address.clone()),
        ]);
        all.extend(variables(more));
        all
    };
    let users = ("USERS_URL", stack.users.address.clone());
    let notifications =
        Service::run("notifications", &common([users.clone(), ("RUST_LOG", "info".to_owned())]));
    let activities =
        Service::run("activities", &common([users, ("NOTIFICATIONS_URL", notifications.address.clone())]));

    let trace =
        stack.trace(&response, |trace| trace.has(&["activities>notifications", "notifications>users"]));
    assert!(trace.is_connected(), "{trace}");
    let activity: Value = response.json().unwrap();
    let told: Value = notifications.get("/api/notifications?handle=worf").json().unwrap();
    let of_it = told.as_array().unwrap().iter().filter(|one| one["activity_uuid"] == activity["uuid"]);
    assert_eq!(of_it.count(), 1, "{told}");
    drop(activities);
}

#[test]
fn a_mention_is_told_once() {
    let stack = Stack::start();
    let before = unread(&stack, "garek");

    let response =
        stack.post("/api/activities", &json!({"message": "@garek and @garek again", "ttl": "1-day"}));
    let _ = stack.trace(&response, |trace| trace.has(&["activities>notifications", "notifications>users"]));

    eventually("notification", || (unread(&stack, "garek") > before).then_some(()));
    assert_eq!(unread(&stack, "garek"), before + 1);
}

fn unread(stack: &Stack, handle: &str) -> u64 {
    let response = stack.notifications.get(&format!("/api/notifications/unread_count?handle={handle}"));
    response.json::<Value>().unwrap()["unread"].as_u64().unwrap()
}
