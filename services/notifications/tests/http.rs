//! The service over HTTP, on a port and a file of its own, with a stand-in for users.
#![allow(clippy::unwrap_used, reason = "a panic is the failure report")]

use std::time::Duration;

use clients::BaseUrl;
use clients::testing::{Answer, Asked, Fake, nowhere};
use database::Location;
use notifications::Settings;
use serde_json::{Value, json};
use server::ServerSettings;
use telemetry::propagation::TrustPolicy;
use tempfile::TempDir;

struct Service {
    base: String,
    http: reqwest::Client,
    _directory: TempDir,
}

impl Service {
    async fn start(users: BaseUrl) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings {
            server: ServerSettings {
                host: "127.0.0.1".to_owned(),
                port: 0,
                workers: 2,
                drain: Duration::from_secs(1),
                debug_routes: false,
            },
            database: Location::file_in(directory.path(), "notifications"),
            users,
            trust: TrustPolicy::Internal,
            telemetry: telemetry::Settings::default(),
        };
        let application = notifications::start(&settings).await.unwrap();
        let base = format!("http://{}", application.address());
        actix_web::rt::spawn(application.run_until_stopped());
        Self { base, http: reqwest::Client::new(), _directory: directory }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.http.get(format!("{}{path}", self.base))).await
    }

    async fn tell(&self, event: &Value) -> (u16, Value) {
        answer(self.http.post(format!("{}/api/notifications/events", self.base)).json(event)).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Users who knows bayko, coco and worf.
fn users() -> Fake {
    Fake::start(|asked: &Asked| {
        let known = ["bayko", "coco", "worf"].into_iter().filter(|handle| asked.query.contains(handle));
        let user = |handle: &str| json!({"uuid": "66e12864-8c26-4c3a-9658-95a10f8fea67", "handle": handle, "display_name": handle});
        Answer::ok(known.map(user).collect::<Value>().to_string())
    })
}

fn event(message: &str) -> Value {
    json!({
        "event_id": "11111111-1111-4111-8111-111111111111",
        "kind": "activity_created",
        "activity_uuid": "22222222-2222-4222-8222-222222222222",
        "actor_handle": "worf",
        "parent_handle": null,
        "message": message,
        "created_at": "2026-10-01T12:00:00.5Z",
    })
}

#[actix_web::test]
async fn mentioned_users_who_exist_are_told() {
    let users = users();
    let service = Service::start(users.base()).await;

    let told = service.tell(&event("hello @coco, @nobody, @bayko and @worf")).await;

    assert_eq!(told, (200, json!({"accepted": true, "notified": ["bayko", "coco"]})));
    assert_eq!(users.asked()[0].query, "handles=coco%2Cnobody%2Cbayko");
    let (status, list) = service.get("/api/notifications?handle=bayko").await;
    assert_eq!(status, 200);
    assert_eq!(list.as_array().unwrap().len(), 1);
    let mut first = list[0].clone();
    first.as_object_mut().unwrap().remove("uuid").unwrap();
    let expected = json!({
        "kind": "mention",
        "activity_uuid": "22222222-2222-4222-8222-222222222222",
        "actor_handle": "worf",
        "created_at": "2026-10-01T12:00:00.5Z",
        "read": false,
    });
    assert_eq!(first, expected);
    assert_eq!(
        service.get("/api/notifications/unread_count?handle=bayko").await,
        (200, json!({"unread": 1}))
    );
    assert_eq!(
        service.get("/api/notifications/unread_count?handle=nobody").await,
        (200, json!({"unread": 0}))
    );
}

#[actix_web::test]
async fn the_author_of_the_answered_activity_is_told_of_a_reply() {
    let service = Service::start(nowhere()).await;
    let mut reply = event("nobody is mentioned, so users is not asked");
    reply["kind"] = json!("reply_created");
    reply["parent_handle"] = json!("coco");

    assert_eq!(service.tell(&reply).await, (200, json!({"accepted": true, "notified": ["coco"]})));
    let (_, list) = service.get("/api/notifications?handle=coco").await;
    assert_eq!(list[0]["kind"], "reply");

    reply["event_id"] = json!("33333333-3333-4333-8333-333333333333");
    reply["parent_handle"] = json!("worf");
    assert_eq!(service.tell(&reply).await, (200, json!({"accepted": true, "notified": []})));
}

#[actix_web::test]
async fn the_same_event_again_does_nothing_and_answers_the_same() {
    let users = users();
    let service = Service::start(users.base()).await;

    let first = service.tell(&event("@coco @bayko")).await;
    users.stop().await;
    let second = service.tell(&event("@coco @bayko")).await;
    let nobody = json!({"event_id": "44444444-4444-4444-8444-444444444444"});
    let mut to_nobody = event("nobody");
    to_nobody["event_id"] = nobody["event_id"].clone();

    assert_eq!(first, second);
    assert_eq!(service.get("/api/notifications/unread_count?handle=coco").await.1, json!({"unread": 1}));
    for _ in 0..2 {
        assert_eq!(service.tell(&to_nobody).await, (200, json!({"accepted": true, "notified": []})));
    }
}

#[actix_web::test]
async fn the_same_event_at_the_same_moment_is_one_event() {
    let users = users();
    let service = Service::start(users.base()).await;
    let event = event("@coco");

    let (a, b, c, d) =
        tokio::join!(service.tell(&event), service.tell(&event), service.tell(&event), service.tell(&event));

    for answer in [a, b, c, d] {
        assert_eq!(answer, (200, json!({"accepted": true, "notified": ["coco"]})));
    }
    assert_eq!(service.get("/api/notifications/unread_count?handle=coco").await.1, json!({"unread": 1}));
}

#[actix_web::test]
async fn an_event_is_not_accepted_while_users_cannot_be_asked() {
    let users = users();
    let service = Service::start(users.base()).await;
    let check = async |status: u16, code: &str| {
        let (found, answer) = service.tell(&event("@coco")).await;
        assert_eq!((found, &answer["error"]), (status, &json!(code)));
        assert!(!answer["message"].as_str().unwrap().contains("127.0.0.1"), "{answer}");
    };

    users.behave(|_| Answer::status(500));
    check(502, "bad_gateway").await;
    users.behave(|_| Answer::ok("[]").too_late());
    check(504, "gateway_timeout").await;
    users.stop().await;
    check(502, "bad_gateway").await;

    assert_eq!(service.get("/api/notifications?handle=coco").await, (200, json!([])));
}

#[actix_web::test]
async fn what_is_no_event_is_refused() {
    let service = Service::start(nowhere()).await;
    let with = |key: &str, value: Value| {
        let mut event = event("hello");
        event[key] = value;
        event
    };
    let wrong = [
        json!({}),
        json!([]),
        with("event_id", json!("nonsense")),
        with("kind", json!("activity_deleted")),
        with("actor_handle", json!("not a handle")),
        with("created_at", json!("yesterday")),
        with("message", json!("a\0b")),
        with("message", Value::Null),
    ];

    for body in wrong {
        assert_eq!(service.tell(&body).await.0, 400, "{body}");
    }
    assert_eq!(service.get("/api/notifications").await.0, 400);
    assert_eq!(service.get("/api/notifications?handle=not%20a%20handle").await, (200, json!([])));
    assert_eq!(service.get("/api/notifications/events").await.0, 405);
}

#[actix_web::test]
async fn the_newest_fifty_are_listed() {
    let service = Service::start(nowhere()).await;
    for n in 0..51 {
        let mut reply = event("a reply");
        reply["event_id"] = json!(format!("{n:08}-1111-4111-8111-111111111111"));
        reply["activity_uuid"] = reply["event_id"].clone();
        reply["kind"] = json!("reply_created");
        reply["parent_handle"] = json!("coco");
        reply["created_at"] = json!(format!("2026-10-01T12:00:{n:02}Z"));
        assert_eq!(service.tell(&reply).await.0, 200);
    }

    let (_, list) = service.get("/api/notifications?handle=coco").await;

    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 50);
    assert_eq!(list[0]["created_at"], "2026-10-01T12:00:50Z");
    assert_eq!(list[49]["created_at"], "2026-10-01T12:00:01Z");
    assert_eq!(service.get("/api/notifications/unread_count?handle=coco").await.1, json!({"unread": 51}));
}

#[actix_web::test]
async fn the_seeds_hold_the_mention_and_the_replies() {
    let service = Service::start(nowhere()).await;

    let (_, list) = service.get("/api/notifications?handle=andrewbrown").await;

    let kinds: Vec<_> = list.as_array().unwrap().iter().map(|seed| seed["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["mention", "reply"]);
}
