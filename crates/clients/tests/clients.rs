//! What the clients send, and what they make of every kind of answer.
#![allow(clippy::unwrap_used, reason = "a panic is the failure report")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use api_types::{Event, EventKind, Handle};
use clients::testing::{Answer, Fake, nowhere};
use clients::{BaseUrl, ClientError, ForwardPath, ForwardRequest, NotificationsClient, UsersClient};
use telemetry::client::{ClientSettings, traced};

fn users_at(base: BaseUrl) -> UsersClient {
    UsersClient::new(traced(&ClientSettings::calling([base.url()])).unwrap(), base)
}

fn handle(text: &str) -> Handle {
    text.parse().unwrap()
}

const WORF: &str =
    r#"[{"uuid": "3c7d5f20-4e61-408c-ad9e-bf20314c5d6e", "handle": "worf", "display_name": "Worf"}]"#;

#[actix_web::test]
async fn all_handles_go_in_one_call_up_to_a_hundred() {
    let fake = Fake::start(|_| Answer::ok(WORF));
    let users = users_at(fake.base());

    let found = users.by_handles(&[handle("worf"), handle("nobody")]).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(fake.asked()[0].path, "/api/users");
    assert_eq!(fake.asked()[0].query, "handles=worf%2Cnobody");

    let many: Vec<_> = (0..101).map(|n| handle(&format!("user{n}"))).collect();
    users.by_handles(&many).await.unwrap();
    assert_eq!(fake.asked().len(), 3);
}

#[actix_web::test]
async fn nobody_is_asked_about_nobody() {
    let users = users_at(nowhere());

    assert_eq!(users.by_handles(&[]).await.unwrap(), []);
}

#[actix_web::test]
async fn an_unknown_profile_is_no_error() {
    let fake = Fake::start(|_| Answer::status(404));

    assert_eq!(users_at(fake.base()).profile(&handle("worf")).await.unwrap(), None);
    assert_eq!(fake.asked()[0].path, "/api/users/@worf");
}

#[actix_web::test]
async fn every_failure_has_its_kind_and_says_no_internals() {
    let check = async |base: BaseUrl, kind: &str, reported: bool| {
        let error = users_at(base).find(&handle("worf")).await.unwrap_err();
        assert_eq!((error.kind(), error.is_reported_by_callee()), (kind, reported));
        assert!(!error.to_string().contains("127.0.0.1") && !error.to_string().contains("secret"), "{error}");
    };
    let answering = |answer: Answer| Fake::start(move |_| answer.clone());

    check(nowhere(), "callee_unreachable", false).await;
    check(answering(Answer::status(500)).base(), "callee_status", true).await;
    check(answering(Answer::status(404)).base(), "callee_status", false).await;
    check(answering(Answer::status(302)).base(), "callee_status", false).await;
    check(answering(Answer::ok(r#""secret""#)).base(), "callee_unreadable", false).await;
    check(answering(Answer::ok("x".repeat(5 << 20))).base(), "callee_too_large", false).await;
    check(answering(Answer::ok(WORF).too_late()).base(), "callee_timeout", false).await;
}

#[actix_web::test]
async fn a_verdict_on_the_body_is_final_and_nothing_else_is() {
    let event = Event {
        event_id: uuid::Uuid::nil(),
        kind: EventKind::ActivityCreated,
        activity_uuid: uuid::Uuid::nil(),
        actor_handle: handle("worf"),
        parent_handle: None,
        message: "hello".to_owned(),
        created_at: time::OffsetDateTime::UNIX_EPOCH,
    };
    let fake = Fake::start(|_| Answer::ok(r#"{"accepted": true, "notified": []}"#));
    let client = NotificationsClient::new(traced(&ClientSettings::calling([])).unwrap(), fake.base());
    client.send(&event).await.unwrap();
    assert!(
        fake.asked()[0].body.contains(r#""created_at":"1970-01-01T00:00:00Z""#),
        "{}",
        fake.asked()[0].body
    );

    for (status, is_final) in [(400, true), (413, true), (415, true), (422, true)]
        .into_iter()
        .chain([401, 403, 404, 405, 408, 409, 429, 500, 502, 503].map(|status| (status, false)))
    {
        fake.behave(move |_| Answer::status(status));
        let error = client.send(&event).await.unwrap_err();
        assert!(matches!(error, ClientError::Status { .. }));
        assert_eq!(error.is_final(), is_final, "{status}");
    }
}

/// Closes the first connection when a request has come, and answers on all later ones. Counts the requests.
fn loses_the_first() -> (BaseUrl, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            assert!(connection.read(&mut [0; 4096]).unwrap() > 0);
            if counted.fetch_add(1, Ordering::SeqCst) > 0 {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                connection.write_all(answer).unwrap();
            }
        }
    });
    (base, asked)
}

#[actix_web::test]
async fn a_forwarded_request_whose_connection_is_lost_is_repeated_if_it_only_reads() {
    for (method, requests, succeeds) in [("GET", 2, true), ("PUT", 1, false)] {
        let (base, asked) = loses_the_first();
        let request = ForwardRequest {
            method,
            path: ForwardPath::parse("/api/users/@worf/short").unwrap(),
            query: None,
            template: "/api/users/{path}",
            headers: Vec::new(),
            body: b"".as_slice().into(),
        };

        let answer = users_at(base).forward(request).await;

        assert_eq!((answer.is_ok(), asked.load(Ordering::SeqCst)), (succeeds, requests), "{method}");
    }
}
