//! What must not leave does not leave.

use std::fs;

use integration_tests::process::variables;
use integration_tests::stack::{Changes, Stack, client};
use reqwest::Method;
use serde_json::{Value, json};

const SECRET: &str = "hunter2-canary";
const ADDRESS: &str = "canary.person@example.com";

/// None of the texts is in a log of the three services, or in anything that the explorer shows or keeps.
fn is_nowhere(stack: &Stack, texts: &[&str]) {
    let check = |place: &str, said: &str| {
        for text in texts {
            assert!(!said.contains(text), "{text} is in {place}: {said}");
        }
    };
    for service in [&stack.activities, &stack.users, &stack.notifications] {
        for line in service.log() {
            check("a log", &line.to_string());
        }
        let stderr = service.process.as_ref().unwrap().stderr();
        check("stderr", &stderr.join("\n"));
    }
    let list: Value = stack.explorer.get("/api/traces?limit=1000").json().unwrap();
    let traces = list["traces"].as_array().unwrap();
    assert!(!traces.is_empty(), "there is something to look at");
    for trace in traces {
        let id = trace["trace_id"].as_str().unwrap();
        check("a trace", &stack.explorer.get(&format!("/api/traces/{id}")).text().unwrap());
    }
    check("the reports", &stack.explorer.get("/api/errors?limit=1000").text().unwrap());
    for file in fs::read_dir(stack.data.path().join("explorer")).unwrap() {
        let path = file.unwrap().path();
        check(&path.display().to_string(), &String::from_utf8_lossy(&fs::read(&path).unwrap()));
    }
}

#[test]
fn secrets_of_a_request_reach_neither_the_explorer_nor_a_log() {
    let stack = Stack::start();
    let url = format!(
        "{}/api/activities/search?term=cruddur&password={SECRET}&access_token={SECRET}&X-Amz-Signature={SECRET}",
        stack.activities.address
    );
    let request = client()
        .get(url)
        .header("authorization", format!("Bearer {SECRET}"))
        .header("cookie", format!("session={SECRET}"))
        .header("baggage", format!("user={SECRET}"));

    let response = request.send().unwrap();
    let trace = stack.trace(&response, |trace| trace.has(&["activities>users"]));

    assert_eq!(trace.root().attribute("url.query").matches("REDACTED").count(), 3, "{}", trace.root().json);
    is_nowhere(&stack, &[SECRET]);
}

#[test]
fn bodies_reach_neither_the_explorer_nor_a_log() {
    // The services say as much as they can.
    let stack = Stack::start_with(&Changes {
        variables: variables([("RUST_LOG", "debug".to_owned())]),
        ..Changes::default()
    });
    let send = |method: Method, path: &str, body: String| {
        let request = client().request(method, format!("{}{path}", stack.activities.address));
        request.header("content-type", "application/json").body(body).send().unwrap()
    };
    let message = json!({"message": format!("@londo {SECRET} {ADDRESS}"), "ttl": "1-day"}).to_string();
    let profile = json!({"display_name": SECRET, "bio": ADDRESS}).to_string();
    let users = "activities>users";
    let all = [users, "activities>notifications", "notifications>users"];

    let posted = send(Method::POST, "/api/activities", message.clone());
    let uuid = {
        assert_eq!(posted.status().as_u16(), 200);
        let _ = stack.trace(&posted, |trace| trace.has(&all));
        posted.json::<Value>().unwrap()["uuid"].as_str().unwrap().to_owned()
    };
    let reply = send(Method::POST, &format!("/api/activities/{uuid}/reply"), message.clone());
    let _ = stack.trace(&reply, |trace| trace.has(&all));
    let changed = send(Method::PUT, "/api/profile/update", profile.clone());
    let _ = stack.trace(&changed, |trace| trace.has(&[users]));
    assert_eq!((reply.status().as_u16(), changed.status().as_u16()), (200, 200));

    // What is refused is not quoted either: too long, and cut off.
    let long = json!({"message": format!("{SECRET} {ADDRESS} ").repeat(100)}).to_string();
    for (method, path, body) in [
        (Method::POST, "/api/activities", long.as_str()),
        (Method::POST, "/api/activities", &message[..message.len() - 2]),
        (Method::PUT, "/api/profile/update", &profile[..profile.len() - 2]),
    ] {
        let refused = send(method, path, body.to_owned());
        assert!(refused.status().is_client_error(), "{}", refused.status());
        let _ = stack.trace(&refused, integration_tests::trace::Trace::is_connected);
    }

    is_nowhere(&stack, &[SECRET, ADDRESS, "canary.person"]);
}
