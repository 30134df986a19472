//! Activities and replies: the rules, their order, and what follows.

use clients::testing::{Answer, nowhere};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::stack::{SEED, Service, eventually, notifications, send, users};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

#[actix_web::test]
async fn an_activity_is_answered_found_and_told_of() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    let created = service.create("hello @bayko").await;

    assert_eq!(created.status, 200);
    assert_eq!(created.body["display_name"], "Andrew Brown");
    assert_eq!(created.body["replies"], json!([]));
    assert!(created.body["created_at"].as_str().unwrap().ends_with('Z'));
    let uuid = created.body["uuid"].as_str().unwrap();
    assert_eq!(service.get(&format!("/api/activities/{uuid}")).await.body, created.body);
    eventually(|| notifications.asked().len() == 1).await;
    let event: Value = serde_json::from_str(&notifications.asked()[0].body).unwrap();
    assert_eq!((&event["activity_uuid"], &event["actor_handle"]), (&json!(uuid), &json!("andrewbrown")));
}

#[actix_web::test]
async fn a_reply_is_answered_counted_and_told_of() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    let body = json!({"message": "indeed", "ttl": 5, "other": {}});
    let request = service.request("POST", &format!("/api/activities/{SEED}/reply"));
    let reply = send(request.header("x-cruddur-user", "worf").json(&body)).await;

    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["reply_to_activity_uuid"], SEED);
    assert_eq!(reply.body["display_name"], "Worf");
    assert_eq!(reply.body.get("expires_at"), None);
    let parent = service.get(&format!("/api/activities/{SEED}")).await;
    assert_eq!(parent.body["replies_count"], 2);
    assert_eq!(parent.body["replies"][1], reply.body);
    eventually(|| notifications.asked().len() == 1).await;
    let event: Value = serde_json::from_str(&notifications.asked()[0].body).unwrap();
    assert_eq!((&event["kind"], &event["parent_handle"]), (&json!("reply_created"), &json!("andrewbrown")));
}

#[actix_web::test]
async fn every_rule_of_an_activity_has_its_code_in_order() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;
    let check = async |viewer: &str, body: Value, code: &str| {
        let request = service.request("POST", "/api/activities").header("x-cruddur-user", viewer).json(&body);
        let answer = send(request).await;
        assert_eq!((answer.status, &answer.body), (422, &json!([code])), "{viewer} {body}");
    };
    let (fits, too_long) = ("ö".repeat(280), "ö".repeat(281));

    for blank in [json!({}), json!({"message": null, "ttl": "x"}), json!({"message": "", "ttl": "1-day"})] {
        check("nobody", blank, "message_blank").await;
    }
    check("nobody", json!({"message": too_long, "ttl": "x"}), "message_exceed_max_chars").await;
    // Neither needed users.
    assert!(users.asked().is_empty());
    check("nobody", json!({"message": fits, "ttl": "x"}), "user_handle_blank").await;
    check("not a handle", json!({"message": "a", "ttl": "1-day"}), "user_handle_blank").await;
    for ttl in [Value::Null, json!(""), json!("2-days"), json!("1-DAY")] {
        check("worf", json!({"message": fits, "ttl": ttl}), "ttl_blank").await;
    }
    check("worf", json!({"message": " "}), "ttl_blank").await;
    assert!(notifications.asked().is_empty());
}

#[actix_web::test]
async fn every_time_to_live_is_taken() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    for ttl in ["30-days", "7-days", "3-days", "1-day", "12-hours", "3-hours", "1-hour"] {
        let created = service.post("/api/activities", &json!({"message": "a", "ttl": ttl})).await;
        assert_eq!(created.status, 200, "{ttl}");
    }
}

#[actix_web::test]
async fn every_rule_of_a_reply_has_its_code_in_order() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;
    let check = async |viewer: &str, parent: &str, body: Value, code: &str| {
        let request = service.request("POST", &format!("/api/activities/{parent}/reply"));
        let answer = send(request.header("x-cruddur-user", viewer).json(&body)).await;
        assert_eq!((answer.status, &answer.body), (422, &json!([code])), "{viewer} {parent} {body}");
    };

    for blank in [json!({}), json!({"message": null}), json!({"message": ""})] {
        check("nobody", "nonsense", blank, "message_blank").await;
    }
    check("nobody", "nonsense", json!({"message": "a".repeat(1025)}), "message_exceed_max_chars").await;
    check("nobody", "nonsense", json!({"message": "a"}), "activity_uuid_blank").await;
    check("nobody", UNKNOWN, json!({"message": "a".repeat(1024)}), "activity_uuid_blank").await;
    check("worf", "home", json!({"message": "a"}), "activity_uuid_blank").await;
    assert!(users.asked().is_empty());
    check("nobody", SEED, json!({"message": "a"}), "user_handle_blank").await;
    assert_eq!(service.get(&format!("/api/activities/{SEED}")).await.body["replies_count"], 1);
}

#[actix_web::test]
async fn a_body_of_the_wrong_form_is_told_in_its_form() {
    let service = Service::start(nowhere(), nowhere()).await;
    for path in ["/api/activities".to_owned(), format!("/api/activities/{SEED}/reply")] {
        let send_text = async |content_type: Option<&str>, body: String| {
            let mut request = service.request("POST", &path).body(body);
            if let Some(content_type) = content_type {
                request = request.header("content-type", content_type);
            }
            send(request).await
        };
        let json = Some("application/json");

        for wrong in [
            "",
            "{",
            "null",
            "[]",
            r#"["a","1-day"]"#,
            r#""a""#,
            r#"{"message": 1}"#,
            r#"{"message": ["a"]}"#,
        ] {
            assert_eq!(send_text(json, wrong.to_owned()).await.failure(), (400, "malformed_json"), "{wrong}");
        }
        let nul = r#"{"message": "a\u0000b", "ttl": "1-day"}"#.to_owned();
        assert_eq!(send_text(json, nul).await.failure(), (400, "bad_text"));
        let good = r#"{"message": "a", "ttl": "1-day"}"#.to_owned();
        for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
            let answer = send_text(content_type, good.clone()).await;
            assert_eq!(answer.failure(), (415, "unsupported_media_type"), "{content_type:?}");
        }
        let large = format!(r#"{{"message": "{}"}}"#, "a".repeat(2 << 20));
        assert_eq!(send_text(json, large).await.failure(), (413, "payload_too_large"));
    }
}

#[actix_web::test]
async fn an_activity_cannot_be_written_while_users_cannot_be_asked() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    users.behave(|_| Answer::status(500));
    assert_eq!(service.create("a").await.failure(), (502, "bad_gateway"));
    users.behave(|_| Answer::ok("[]").too_late());
    assert_eq!(service.create("a").await.failure(), (504, "gateway_timeout"));
    users.stop().await;
    let refused = service.create("a").await;
    assert_eq!(refused.failure(), (502, "bad_gateway"));
    assert!(!refused.body.to_string().contains("127.0.0.1"), "{}", refused.body);

    assert!(notifications.asked().is_empty());
}

#[actix_web::test]
async fn an_activity_is_written_while_notifications_is_down_and_told_of_later() {
    let (users, notifications) = (users(), notifications());
    notifications.behave(|_| Answer::status(503));
    let service = Service::start(users.base(), notifications.base()).await;

    assert_eq!(service.create("patience").await.status, 200);
    eventually(|| !notifications.asked().is_empty()).await;
    notifications.behave(|_| Answer::ok(r#"{"accepted": true, "notified": []}"#));
    let told = notifications.asked().len();

    eventually(|| notifications.asked().len() > told).await;
}

#[actix_web::test]
async fn fifty_requests_at_once_all_succeed() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;
    let path = format!("/api/activities/{SEED}/reply");
    let body = json!({"message": "all together"});

    let replies = join_all((0..50).map(|_| service.post(&path, &body)));
    let creates = join_all((0..50).map(|_| service.create("now")));
    let (replies, creates) = futures_util::future::join(replies, creates).await;

    assert!(replies.iter().chain(&creates).all(|answer| answer.status == 200));
    assert_eq!(service.get(&format!("/api/activities/{SEED}")).await.body["replies_count"], 51);
    eventually(|| notifications.asked().len() == 100).await;
}
