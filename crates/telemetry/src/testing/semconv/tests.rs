//! Each rule firing, and a good span of each kind.

use super::*;

fn observed(kind: &str, name: &str, attributes: &Value) -> Observed {
    let members = attributes.as_object().unwrap().iter();
    Observed {
        name: name.to_owned(),
        kind: kind.to_owned(),
        status: "UNSET".to_owned(),
        message: String::new(),
        attributes: members.map(|(key, value)| (key.clone(), value.clone())).collect(),
        events: Vec::new(),
    }
}

fn server() -> Observed {
    let attributes = json!({
        "http.request.method": "GET", "url.path": "/users/7", "url.scheme": "http", "http.route": "/users/{id}",
        "http.response.status_code": 200, "client.address": "127.0.0.1", "network.peer.address": "127.0.0.1",
        "network.peer.port": 5000, "network.protocol.version": "1.1", "server.address": "localhost",
        "server.port": 80,
    });
    observed("SERVER", "GET /users/{id}", &attributes)
}

fn client() -> Observed {
    let attributes = json!({
        "http.request.method": "GET", "url.full": "http://users/7", "server.address": "users",
        "server.port": 80, "http.response.status_code": 200, "network.protocol.version": "1.1",
        "network.peer.address": "::1", "network.peer.port": 80,
    });
    observed("CLIENT", "GET", &attributes)
}

fn query() -> Observed {
    let attributes = json!({
        "db.system.name": "sqlite", "db.namespace": "users.db", "db.operation.name": "SELECT",
        "db.query.summary": "SELECT users",
        "db.query.text": "SELECT uuid FROM users WHERE handle = $1 LIMIT 50",
    });
    observed("CLIENT", "SELECT users", &attributes)
}

/// `key` gets `value`, or goes when that is null.
fn with(mut span: Observed, key: &str, value: Value) -> Observed {
    span.attributes.retain(|(known, _)| known != key);
    if !value.is_null() {
        span.attributes.push((key.to_owned(), value));
    }
    span
}

fn without(span: Observed, key: &str) -> Observed {
    with(span, key, Value::Null)
}

fn failed(mut span: Observed, status: i64) -> Observed {
    span.status = "ERROR".to_owned();
    let span = with(span, "http.response.status_code", json!(status));
    with(span, "error.type", json!(status.to_string()))
}

fn fires(span: &Observed, expected: &str) {
    let findings = check(span);
    assert!(findings.iter().any(|finding| finding.contains(expected)), "{expected}: {findings:?}");
}

#[test]
fn good_spans_have_no_findings() {
    let cancelled = with(Observed { status: "ERROR".into(), ..server() }, "error.type", json!("cancelled"));
    let without_peer = ["client.address", "network.peer.address", "network.peer.port"].iter().copied();
    for span in [
        server(),
        client(),
        query(),
        failed(server(), 503),
        failed(client(), 404),
        failed(client(), 500),
        with(server(), "http.response.status_code", json!(404)),
        without(cancelled, "http.response.status_code"),
        without_peer.fold(server(), without),
        observed("INTERNAL", "work", &json!({})),
    ] {
        assert!(check(&span).is_empty(), "{:?}", check(&span));
    }
    assert_clean([&server(), &client()]);
}

#[test]
#[should_panic(expected = "url.path")]
fn findings_end_a_test() {
    assert_clean([&without(server(), "url.path")]);
}

#[test]
fn what_is_required_is_missed() {
    for key in ["url.path", "url.scheme", "client.address", "network.peer.port", "network.protocol.version"] {
        fires(&without(server(), key), key);
    }
    for key in ["url.full", "server.address", "server.port", "network.peer.address"] {
        fires(&without(client(), key), key);
    }
    for key in ["db.namespace", "db.operation.name", "db.query.summary", "db.query.text"] {
        fires(&without(query(), key), key);
    }
    fires(&without(query(), "db.system.name"), "db.system.name");
    fires(&with(query(), "db.system.name", json!("postgresql")), "server.address");
    fires(&with(query(), "db.system.name", json!("postgres")), "`postgres`");
}

#[test]
fn names_follow_routes_and_templates() {
    fires(&Observed { name: "GET /users/7".into(), ..server() }, "GET /users/{id}");
    fires(&Observed { name: "GET default".into(), ..without(server(), "http.route") }, "`GET`");
    fires(&with(client(), "url.template", json!("/users/{id}")), "GET /users/{id}");
    fires(&Observed { name: "SELECT".into(), ..query() }, "db.query.summary");
    fires(&with(server(), "http.route", json!("/users/7")), "holds an id");
    fires(&with(server(), "http.request.method", json!("FOO")), "_OTHER");
    fires(&with(server(), "http.request.method", json!("_OTHER")), "method_original");
    fires(&observed("INTERNAL", "order 77", &json!({})), "holds an id");
    fires(&observed("INTERNAL", "", &json!({})), "no name");
}

#[test]
fn a_status_is_an_error_where_the_conventions_see_one() {
    fires(&Observed { status: "OK".into(), ..server() }, "status is OK");
    fires(&Observed { status: "UNSET".into(), ..failed(server(), 500) }, "status is UNSET");
    fires(&failed(server(), 404), "status is ERROR");
    fires(&with(client(), "http.response.status_code", json!(404)), "status is UNSET");
    fires(&without(failed(server(), 500), "error.type"), "error.type");
    fires(&with(server(), "error.type", json!("500")), "error.type");
    fires(&with(failed(server(), 500), "error.type", json!("io")), "instead of the status code");
    fires(&Observed { message: "status 500".into(), ..failed(server(), 500) }, "repeats");
    fires(&without(server(), "http.response.status_code"), "neither");
    fires(&with(query(), "error.type", json!("1")), "error.type");
}

#[test]
fn values_have_the_right_form() {
    fires(&with(server(), "http.response.status_code", json!("200")), "whole number");
    fires(&with(server(), "user_agent.original", json!("")), "empty");
    fires(&with(server(), "http.method", json!("GET")), "old name");
    fires(&with(server(), "url.path", json!("/a?b=c")), "holds the query");
    fires(&with(client(), "http.request.resend_count", json!(0)), "resend_count");
    fires(&without(server(), "server.address"), "server.port");
    let mut twice = server();
    twice.attributes.push(("url.path".to_owned(), json!("/")));
    fires(&twice, "twice");
    let mut silent = server();
    silent.events.push(("exception".to_owned(), Vec::new()));
    fires(&silent, "neither type nor message");
}

#[test]
fn secrets_are_found() {
    fires(&with(client(), "url.full", json!("http://u:p@users/")), "credentials");
    fires(&with(client(), "url.full", json!("http://users/?sig=abc")), "`sig`");
    fires(&with(server(), "url.query", json!("a=b&X-Amz-Signature=abc")), "X-Amz-Signature");
    let quoted = json!("SELECT 1 FROM users WHERE handle = 'londo'");
    fires(&with(query(), "db.query.text", quoted), "placeholder");
    let redacted = json!("http://REDACTED:REDACTED@users/?sig=REDACTED");
    assert!(check(&with(client(), "url.full", redacted)).is_empty());
}
