//! One trace through two languages.

use integration_tests::process::variables;
use integration_tests::stack::{Changes, Stack, client};
use integration_tests::{foreign, stack::Service};
use serde_json::Value;

#[test]
fn a_python_service_calls_ours_and_is_called_by_it_in_one_trace() {
    // The explorer comes first, because both sides send to it.
    let data = tempfile::tempdir().unwrap();
    let collector = Service::run(
        "explorer",
        &variables([("EXPLORER_PORT", "0".to_owned()), ("EXPLORER_DATA", data.path().display().to_string())]),
    );
    let Some(mut python) = foreign::start(&collector.address) else { return };
    let python_address = python.address();
    let stack = Stack::start_with(&Changes {
        users: Some(python_address.clone()),
        variables: variables([
            ("EXPLORER_URL", collector.address.clone()),
            ("TELEMETRY_TRUST", "127.0.0.1".to_owned()),
        ]),
        ..Changes::default()
    });

    let url = format!("{}/api/activities/home", stack.activities.address);
    let answer = client().get(format!("{python_address}/start?url={url}")).send().unwrap();
    let body: Value = answer.json().unwrap();

    assert_eq!(body["status"], 200, "{body}");
    let id = body["trace_id"].as_str().unwrap();
    assert!(
        body["traceresponse"].as_str().unwrap().contains(id),
        "ours answers with the trace of its caller: {body}"
    );
    let calls = ["foreign>activities", "activities>foreign", "activities>notifications"];
    let trace = collector.trace(id, |trace| trace.has(&calls));
    assert_eq!(trace.root().service, "foreign");
    assert!(trace.spans.iter().all(|span| !span.failed), "{trace}");
}
