//! Failures in the running services, as the explorer has them.

use std::path::Path;

use integration_tests::eventually;
use integration_tests::process::variables;
use integration_tests::stack::{Changes, Stack};
use integration_tests::trace;
use reqwest::blocking::Response;
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection, Executor};

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

/// Takes the table of a service away while it runs: from now on it fails by itself.
fn drop_users(file: &Path) {
    sqlx::any::install_default_drivers();
    let dropped = async {
        let mut connection = AnyConnection::connect(&format!("sqlite://{}", file.display())).await?;
        connection.execute("DROP TABLE users").await?;
        connection.close().await
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(dropped).unwrap();
}

#[test]
fn a_failure_below_other_services_is_one_item_of_the_service_that_failed_by_itself() {
    let stack = Stack::start();
    drop_users(&stack.data.path().join("users.db"));

    let one_above = stack.get("/api/activities/@londo");
    assert_eq!(one_above.status(), 502);
    let found = reports(&stack, &one_above, 1);
    assert_eq!(found[0]["service"], "users", "{found:#?}");
    let trace = stack.trace(&one_above, |trace| trace.has(&["activities>users"]));
    let failed = trace.spans.iter().find(|span| span.id == found[0]["span_id"].as_str().unwrap()).unwrap();
    let events = failed.json["events"].as_array().unwrap();
    let occurrence = events.iter().find(|event| event["name"] == "rollbar.occurrence").unwrap();
    assert_eq!(
        occurrence["attributes"]["rollbar.occurrence.uuid"], found[0]["uuid"],
        "the span names its item: {}",
        failed.json
    );

    // Who answers all the same has not failed.
    let degraded = stack.get("/api/activities/home");
    assert_eq!(degraded.status(), 200);
    assert_eq!(reports(&stack, &degraded, 1)[0]["service"], "users");

    let event = json!({
        "event_id": "5b1a0ff0-6f4c-4b0a-a4ee-3f3c1d0f6f11",
        "kind": "activity_created",
        "activity_uuid": "5b1a0ff0-6f4c-4b0a-a4ee-3f3c1d0f6f12",
        "actor_handle": "londo",
        "message": "hello @worf",
        "created_at": "2026-01-01T00:00:00Z",
    });
    let passed_on = stack.notifications.post("/api/notifications/events", &event);
    assert_eq!(passed_on.status(), 502, "{passed_on:?}");
    assert_eq!(reports(&stack, &passed_on, 1)[0]["service"], "users");
}

#[test]
fn what_a_caller_got_wrong_is_no_item() {
    let stack = Stack::start();

    let refused = [
        stack.post("/api/activities", &json!({"message": "", "ttl": "1-day"})),
        stack.get("/api/activities/nowhere/at/all"),
    ];
    let after = stack.get("/rollbar/test");

    assert!(refused.iter().all(|response| response.status().is_client_error()), "{refused:#?}");
    // Items arrive in order: those before would be there.
    reports(&stack, &after, 1);
    let all: Value = stack.explorer.get("/api/errors?limit=100").json().unwrap();
    assert_eq!(all["errors"].as_array().unwrap().len(), 1, "{all:#}");
}
