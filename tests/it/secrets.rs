//! What must not leave does not leave.

use integration_tests::stack::{Stack, client};

#[test]
fn secrets_of_a_request_reach_neither_the_explorer_nor_the_log() {
    let stack = Stack::start();
    let secret = "hunter2-canary";
    let url = format!(
        "{}/api/activities/search?term=cruddur&password={secret}&access_token={secret}&X-Amz-Signature={secret}",
        stack.activities.address
    );
    let request = client()
        .get(url)
        .header("authorization", format!("Bearer {secret}"))
        .header("cookie", format!("session={secret}"))
        .header("baggage", format!("user={secret}"));

    let response = request.send().unwrap();
    let trace = stack.trace(&response, |trace| trace.has(&["activities>users"]));

    assert_eq!(trace.root().attribute("url.query").matches("REDACTED").count(), 3, "{}", trace.root().json);
    for span in &trace.spans {
        assert!(!span.json.to_string().contains(secret), "{}", span.json);
    }
    for line in stack.activities.log() {
        assert!(!line.to_string().contains(secret), "{line}");
    }
}
