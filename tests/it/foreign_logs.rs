//! AWS's own Python SDK with the explorer as CloudWatch Logs.

use integration_tests::foreign;
use integration_tests::process::variables;
use integration_tests::stack::Service;
use serde_json::{Value, json};

const TRACE: &str = "5b8efff798038103d269b633813fc60c";

#[test]
fn the_python_sdk_of_aws_writes_pages_and_follows_log_events() {
    let data = tempfile::tempdir().unwrap();
    let explorer = Service::run(
        "explorer",
        &variables([("EXPLORER_PORT", "0".to_owned()), ("EXPLORER_DATA", data.path().display().to_string())]),
    );

    let Some(told) = foreign::cloudwatch(&explorer.address, TRACE) else { return };

    let lines = |count: u32| (0..count).map(|number| format!("Line {number}")).collect::<Vec<_>>();
    for (what, expected) in [
        ("group again", json!(["ResourceAlreadyExistsException", 400])),
        ("no such stream", json!(["ResourceNotFoundException", 400])),
        ("bad pattern", json!(["InvalidParameterException", 400])),
        ("retention", json!(30)),
        ("rejected", json!({"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2})),
        ("streams", json!(["activities/1", "follow/0", "follow/1", "users/1"])),
        ("filtered", json!(lines(50))),
        ("first", json!(lines(2))),
    ] {
        assert_eq!(told[what], expected, "{what}: {told}");
    }
    let mut followed: Vec<String> = serde_json::from_value(told["followed"].clone()).unwrap();
    let mut written: Vec<_> = (0..100).map(|number| format!("Event {number}")).collect();
    followed.sort_unstable();
    written.sort_unstable();
    assert_eq!(followed, written, "none is missing and none is told twice");
    let stats: Value = explorer.get("/api/stats").json().unwrap();
    assert_eq!(stats["log_events"], 151, "{stats}");
}
