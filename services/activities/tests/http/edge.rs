//! What is handed on to users.

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
