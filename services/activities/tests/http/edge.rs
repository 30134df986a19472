//! What is handed on to users.

use std::io::{Read, Write};
use std::net::TcpStream;

use clients::testing::{Answer, nowhere};
use serde_json::json;

use crate::stack::{Service, notifications, send, users};

#[actix_web::test]
async fn requests_for_users_are_handed_on_as_they_came() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;
    users.behave(|_| Answer::ok(r#"{"short": true}"#));

    let short = service.get("/api/users/@w%6Frf/short?a=b%20c&d").await;
    assert_eq!((short.status, short.body), (200, json!({"short": true})));
    let asked = &users.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/api/users/@w%6Frf/short"));
    assert_eq!(asked.query, "a=b%20c&d");
    assert_eq!(asked.header("x-cruddur-user"), Some("andrewbrown"));

    let update = service.request("PUT", "/api/profile/update").header("x-cruddur-user", "worf");
    let body = r#"{"display_name":  "ö"}"#;
    send(update.header("content-type", "application/json; charset=utf-8").header("cookie", "a=b").body(body))
        .await;
    let asked = &users.asked()[1];
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str(), asked.body.as_str()),
        ("PUT", "/api/profile/update", body)
    );
    assert_eq!(asked.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(asked.header("x-cruddur-user"), Some("worf"));
    assert_eq!(asked.header("cookie"), None);
}

#[actix_web::test]
async fn answers_of_users_are_handed_back_as_they_came() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    for status in [200, 404, 405, 422, 500, 503] {
        users.behave(move |_| Answer::status(status));
        let answer = service.get("/api/users/@worf/short").await;
        assert_eq!((answer.status, answer.header("content-type")), (status, Some("application/json")));
    }
}

#[actix_web::test]
async fn users_that_cannot_be_asked_is_a_bad_gateway_or_a_timeout() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;
    users.behave(|_| Answer::ok("{}").too_late());
    assert_eq!(service.get("/api/users/@worf/short").await.failure(), (504, "gateway_timeout"));

    let service = Service::start(nowhere(), notifications.base()).await;
    for (method, path) in [("GET", "/api/users/@worf/short"), ("PUT", "/api/profile/update")] {
        assert_eq!(send(service.request(method, path)).await.failure(), (502, "bad_gateway"), "{path}");
    }
}

#[actix_web::test]
async fn a_body_that_is_too_large_is_not_handed_on() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    let answer = send(service.request("PUT", "/api/profile/update").body("a".repeat(2 << 20))).await;

    assert_eq!(answer.failure(), (413, "payload_too_large"));
    assert!(users.asked().is_empty());
}

/// The status and the body of a request whose path is sent as it stands; a client library would tidy it up.
async fn raw(service: &Service, method: &str, path: &str) -> (String, String) {
    let address = service.base.trim_start_matches("http://").to_owned();
    let request = format!("{method} {path} HTTP/1.1\r\nhost: edge\r\nconnection: close\r\n\r\n");
    let ask = move || {
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = actix_web::rt::task::spawn_blocking(ask).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().to_owned(), body.to_owned())
}

#[actix_web::test]
async fn no_spelling_of_a_path_leads_to_what_users_does_not_show_the_public() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;
    let paths = [
        "/api/users/../../telemetry",
        "/api/users/%2e%2e/%2E%2E/health/ready",
        "/api/users/../../rollbar/test",
        "/api/users/.%2e/%2e./telemetry",
        "/api/users/@worf/../../../telemetry",
        "/api/users/@worf/%2e%2e/%2e%2e/%2e%2e/telemetry",
        "/api/users/..\\..\\telemetry",
        "/api/users/%2e%2e%5c%2e%2e%5Ctelemetry",
        "/api/users/..%2f..%2Ftelemetry",
        "/api/users/./@worf",
        "/api/users/@worf/..",
        "/api/users/..",
        "/api/profile/../users?handles=worf",
        "/api/profile/%2e%2e/users?handles=worf",
    ];

    for path in paths {
        for method in ["GET", "PUT"] {
            let (status, body) = raw(&service, method, path).await;
            assert_eq!(status, "404", "{method} {path}");
            assert!(body.contains("There is nothing at this path."), "{method} {path}: {body}");
        }
    }
    assert!(users.asked().is_empty(), "{:?}", users.asked());
}

#[actix_web::test]
async fn what_is_encoded_twice_is_handed_on_undecoded() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    raw(&service, "GET", "/api/users/%252e%252e/%252e%252e/telemetry").await;

    assert_eq!(users.asked()[0].path, "/api/users/%252e%252e/%252e%252e/telemetry");
}
