//! The OpenTelemetry SDK of Python with the explorer as its collector, over HTTP and over gRPC.

use integration_tests::foreign;
use integration_tests::process::variables;
use integration_tests::stack::{Service, client};
use serde_json::{Value, json};

#[test]
fn the_python_sdk_sends_spans_and_log_records_over_http_and_grpc() {
    let data = tempfile::tempdir().unwrap();
    let explorer = Service::run(
        "explorer",
        &variables([("EXPLORER_PORT", "0".to_owned()), ("EXPLORER_DATA", data.path().display().to_string())]),
    );

    let Some(traces) = foreign::otlp(&explorer.address, &explorer.grpc_address()) else { return };

    assert_eq!(traces.as_object().unwrap().len(), 4, "{traces}");
    for (way, trace) in traces.as_object().unwrap() {
        let id = trace.as_str().unwrap();
        let trace = explorer.trace(id, |trace| !trace.spans.is_empty());
        assert_eq!((&trace.root().service, &trace.root().name[..]), (way, "work"), "{trace}");
        let [began, failed] = &lines_of(&explorer, id)[..] else { panic!("two lines of {way}") };
        for (line, name, expected) in [
            (began, "level", json!("DEBUG")),
            (began, "message", json!("Began")),
            (began, "service.name", json!(way)),
            (began, "service.version", json!("1.2")),
            (began, "target", json!(format!("shop.{way}"))),
            (began, "cart.items", json!(3)),
            (failed, "level", json!("ERROR")),
            (failed, "message", json!("Failed utterly")),
            (failed, "trace_id", json!(id)),
            (failed, "exception.type", json!("ZeroDivisionError")),
        ] {
            assert_eq!(line[name], expected, "{way}: {name}: {line}");
        }
        assert!(failed["exception.stacktrace"].as_str().unwrap().contains("1 / 0"), "{failed}");
        let span: Value = explorer.get(&format!("/api/traces/{id}")).json().unwrap();
        assert_eq!(began["span_id"], span["spans"][0]["span_id"], "{way}");
    }
    let stats: Value = explorer.get("/api/stats").json().unwrap();
    let counts = ["accepted_spans", "accepted_log_events", "rejected_log_records", "refused_requests"];
    assert_eq!(counts.map(|name| stats[name].clone()), [4, 8, 0, 0].map(Value::from), "{stats}");
}

/// The log lines of a trace in the order of time.
fn lines_of(explorer: &Service, trace_id: &str) -> Vec<Value> {
    let input =
        json!({"logGroupName": "otlp", "filterPattern": format!("{{ $.trace_id = \"{trace_id}\" }}")});
    let request = client().post(&explorer.address).header("x-amz-target", "Logs_20140328.FilterLogEvents");
    let found: Value = request.body(input.to_string()).send().unwrap().json().unwrap();
    let events = found["events"].as_array().unwrap_or_else(|| panic!("{found}")).iter();
    events.map(|event| serde_json::from_str(event["message"].as_str().unwrap()).unwrap()).collect()
}
