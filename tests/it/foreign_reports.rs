//! Rollbar's own Python SDK with the explorer as its endpoint.

use integration_tests::foreign;
use integration_tests::process::variables;
use integration_tests::stack::{Service, client};
use serde_json::{Value, json};

const TRACE: &str = "5b8efff798038103d269b633813fc60c";
const SPAN: &str = "eee19b7ec3c1b174";
const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

#[test]
fn the_python_sdk_of_rollbar_reports_to_the_explorer() {
    let data = tempfile::tempdir().unwrap();
    let explorer = Service::run(
        "explorer",
        &variables([("EXPLORER_PORT", "0".to_owned()), ("EXPLORER_DATA", data.path().display().to_string())]),
    );
    let name = json!({"key": "service.name", "value": {"stringValue": "calculator"}});
    let span = json!({
        "traceId": TRACE, "spanId": SPAN, "name": "GET /divide", "kind": 2, "status": {"code": 2},
        "startTimeUnixNano": "1000000000", "endTimeUnixNano": "2000000000",
    });
    let spans =
        json!({"resourceSpans": [{"resource": {"attributes": [name]}, "scopeSpans": [{"spans": [span]}]}]});
    assert_eq!(explorer.post("/v1/traces", &spans).status(), 200);

    let endpoint = format!("{}/api/1/", explorer.address);
    let Some(reported) = foreign::report(&endpoint, TOKEN, TRACE, SPAN) else { return };

    let found: Value = explorer.get(&format!("/api/errors?trace_id={TRACE}")).json().unwrap();
    let [message, exception] = &found["errors"].as_array().unwrap()[..] else { panic!("{found}") };
    for (one, name, expected) in [
        (exception, "uuid", reported["exception"].clone()),
        (exception, "title", json!("ZeroDivisionError: division by zero")),
        (exception, "level", json!("error")),
        (exception, "environment", json!("python")),
        (exception, "service", json!("calculator")),
        (exception, "span_id", json!(SPAN)),
        (message, "uuid", reported["message"].clone()),
        (message, "title", json!("Hello World!")),
        (message, "level", json!("warning")),
    ] {
        assert_eq!(one[name], expected, "{name}: {one}");
    }
    assert!(!found.to_string().contains(TOKEN), "{found}");
    let page =
        |path: &str| client().get(format!("{}{path}", explorer.address)).send().unwrap().text().unwrap();
    let list = page("/errors");
    assert!(list.contains("ZeroDivisionError: division by zero") && list.contains("Hello World!"), "{list}");
    let item = page(&format!("/errors/items/{}", reported["exception"].as_str().unwrap()));
    assert!(item.contains("<b>divide</b>") && item.contains("return number / 0"), "{item}");
    let trace = page(&format!("/traces/{TRACE}?span={SPAN}"));
    assert!(trace.contains("1 error report") && trace.contains("Hello World!"), "{trace}");
}
