//! Every rule and every form of the HTTP contract, as the front end meets them.

use integration_tests::stack::{Stack, client};
use integration_tests::trace::id_of;
use reqwest::blocking::Response;
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

fn refused(response: Response, code: &str) {
    let what = response.url().to_string();
    let _ = id_of(&response);
    assert_eq!(response.status().as_u16(), 422, "{what}");
    assert_eq!(response.json::<Value>().unwrap(), json!([code]), "{what}");
}

fn failed(response: Response, status: u16) {
    let what = response.url().to_string();
    let id = id_of(&response);
    assert_eq!(response.status().as_u16(), status, "{what}");
    let body: Value = response.json().unwrap();
    assert!(body["error"].is_string() && body["message"].is_string(), "{what}: {body}");
    assert_eq!(body["trace_id"], id.as_str(), "{what}");
}

fn ok(response: Response) -> Value {
    let what = response.url().to_string();
    assert_eq!(response.status().as_u16(), 200, "{what}");
    response.json().unwrap()
}

fn raw(stack: &Stack, path: &str, content_type: &str, body: Vec<u8>) -> Response {
    let request =
        client().post(format!("{}{path}", stack.activities.address)).header("content-type", content_type);
    request.body(body).send().unwrap()
}

fn as_user(stack: &Stack, handle: &str, path: &str, body: &Value) -> Response {
    let request =
        client().post(format!("{}{path}", stack.activities.address)).header("x-cruddur-user", handle);
    request.json(body).send().unwrap()
}

#[test]
fn creating_follows_the_rules_in_their_order() {
    let stack = Stack::start();
    let create = |body: Value| stack.post("/api/activities", &body);

    for blank in
        [json!({"ttl": "1-day"}), json!({"message": null, "ttl": "x"}), json!({"message": "", "ttl": "x"})]
    {
        refused(create(blank), "message_blank");
    }
    refused(create(json!({"message": "ü".repeat(281), "ttl": "never"})), "message_exceed_max_chars");
    refused(create(json!({"message": "hi", "ttl": "never"})), "ttl_blank");
    refused(create(json!({"message": "hi"})), "ttl_blank");
    let nobody = as_user(&stack, "nobody", "/api/activities", &json!({"message": "hi", "ttl": "never"}));
    refused(nobody, "user_handle_blank");

    let made = ok(create(json!({"message": "ü".repeat(280), "ttl": "12-hours"})));
    assert_eq!(made["handle"], "andrewbrown");
    assert_eq!(made["display_name"], "Andrew Brown");
    assert_eq!(made["message"].as_str().unwrap().chars().count(), 280);
    assert_eq!((&made["replies_count"], &made["replies"]), (&json!(0), &json!([])));
    assert!(made["expires_at"].as_str().unwrap().ends_with('Z'), "{made}");
    for ttl in ["30-days", "7-days", "3-days", "1-day", "12-hours", "3-hours", "1-hour"] {
        ok(create(json!({"message": " ", "ttl": ttl})));
    }
}

#[test]
fn replying_follows_the_rules_in_their_order() {
    let stack = Stack::start();
    let parent = ok(stack.post("/api/activities", &json!({"message": "parent", "ttl": "1-day"})));
    let path = format!("/api/activities/{}/reply", parent["uuid"].as_str().unwrap());
    let unknown = format!("/api/activities/{UNKNOWN}/reply");

    refused(stack.post(&unknown, &json!({})), "message_blank");
    refused(stack.post(&unknown, &json!({"message": "x".repeat(1025)})), "message_exceed_max_chars");
    refused(stack.post(&unknown, &json!({"message": "hi"})), "activity_uuid_blank");
    refused(as_user(&stack, "nobody", &path, &json!({"message": "hi"})), "user_handle_blank");

    let reply = ok(stack.post(&path, &json!({"message": "x".repeat(1024), "activity_uuid": "ignored"})));
    assert_eq!(reply["reply_to_activity_uuid"], parent["uuid"]);
    let shown = ok(stack.get(&format!("/api/activities/{}", parent["uuid"].as_str().unwrap())));
    assert_eq!(shown["replies_count"], 1);
    assert_eq!(shown["replies"][0]["uuid"], reply["uuid"]);
}

#[test]
fn feeds_have_the_objects_of_the_contract() {
    let stack = Stack::start();
    let keys = [
        "uuid",
        "display_name",
        "handle",
        "message",
        "replies_count",
        "reposts_count",
        "likes_count",
        "created_at",
        "expires_at",
        "replies",
    ];

    let home = ok(stack.get("/api/activities/home"));
    let activities = home.as_array().unwrap();
    assert!(!activities.is_empty(), "there are seeds");
    for activity in activities {
        for key in keys {
            assert!(activity.as_object().unwrap().contains_key(key), "{key}: {activity}");
        }
        assert!(activity["created_at"].as_str().unwrap().ends_with('Z'));
    }
    let times: Vec<&str> =
        activities.iter().map(|activity| activity["created_at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "newest first: {times:?}");

    let mentions = ok(stack.get("/api/activities/notifications"));
    assert!(mentions.is_array());

    let profile = ok(stack.get("/api/activities/@andrewbrown"));
    assert_eq!(profile["profile"]["handle"], "andrewbrown");
    assert!(profile["profile"]["cruds_count"].is_u64() && profile["activities"].is_array(), "{profile}");
    assert_eq!(ok(stack.get("/api/activities/@nobody")), json!({}));

    let first = activities[0]["uuid"].as_str().unwrap();
    let status = ok(stack.get(&format!("/api/activities/@ignored/status/{first}")));
    assert_eq!(status["activity"]["uuid"], first);
    assert!(status["replies"].is_array());
    assert_eq!(ok(stack.get(&format!("/api/activities/@x/status/{UNKNOWN}"))), json!({}));
}

#[test]
fn search_is_case_blind_and_needs_a_term() {
    let stack = Stack::start();
    ok(stack.post("/api/activities", &json!({"message": "A 100% Unmistakable_Word", "ttl": "1-day"})));

    refused(stack.get("/api/activities/search"), "search_term_blank");
    refused(stack.get("/api/activities/search?term="), "search_term_blank");
    for (term, found) in
        [("uNMISTAKABLE", 1), ("100%25", 1), ("able_W", 1), ("ableXW", 0), ("%25", 1), ("zzz", 0)]
    {
        let result = ok(stack.get(&format!("/api/activities/search?term={term}")));
        assert_eq!(result.as_array().unwrap().len(), found, "{term}: {result}");
    }
}

#[test]
fn profiles_are_read_and_updated_through_the_edge() {
    let stack = Stack::start();
    let address = format!("{}/api/profile/update", stack.activities.address);
    let update =
        |request: reqwest::blocking::RequestBuilder, body: Value| request.json(&body).send().unwrap();

    let short = ok(stack.get("/api/users/@londo/short"));
    assert_eq!((&short["handle"], &short["display_name"]), (&json!("londo"), &json!("Londo Mollari")));
    assert_eq!(ok(stack.get("/api/users/@nobody/short")), json!({}));
    refused(update(client().put(&address), json!({"bio": "x", "display_name": ""})), "display_name_blank");
    refused(update(client().post(&address), json!({"bio": "x"})), "display_name_blank");
    for request in [client().put(&address), client().post(&address)] {
        let updated = ok(update(
            request.header("x-cruddur-user", "londo"),
            json!({"bio": "b", "display_name": "Emperor"}),
        ));
        assert_eq!((&updated["handle"], &updated["display_name"]), (&json!("londo"), &json!("Emperor")));
    }
    assert_eq!(ok(stack.get("/api/users/@londo/short"))["display_name"], "Emperor");
}

#[test]
fn everything_else_has_the_common_form() {
    let stack = Stack::start();

    for path in
        ["/nowhere", "/api/messages", "/api/activities/not-a-uuid", &format!("/api/activities/{UNKNOWN}")]
    {
        failed(stack.get(path), 404);
    }
    failed(client().delete(format!("{}/api/activities/home", stack.activities.address)).send().unwrap(), 405);
    failed(raw(&stack, "/api/activities", "application/json", b"{\"message\":".to_vec()), 400);
    failed(raw(&stack, "/api/activities", "application/json", b"\xff\xfe".to_vec()), 400);
    failed(raw(&stack, "/api/activities", "application/json", b"[]".to_vec()), 400);
    failed(
        raw(&stack, "/api/activities", "application/json", br#"{"message": 7, "ttl": "1-day"}"#.to_vec()),
        400,
    );
    failed(raw(&stack, "/api/activities", "text/plain", b"{}".to_vec()), 415);
    failed(raw(&stack, "/api/activities", "application/json", vec![b' '; 2 << 20]), 413);
    failed(raw(&stack, "/api/profile/update", "application/json", b"{".to_vec()), 400);
}

#[test]
fn the_services_between_themselves_keep_their_contract() {
    let stack = Stack::start();
    let many = vec!["x"; 101].join(",");

    refused(stack.users.get(&format!("/api/users?handles={many}")), "too_many");
    let found = ok(stack.users.get("/api/users?handles=londo,nobody,worf"));
    let handles: Vec<_> =
        found.as_array().unwrap().iter().map(|user| user["handle"].as_str().unwrap()).collect();
    assert_eq!(handles.len(), 2, "{found}");
    let uuid = found[0]["uuid"].as_str().unwrap();
    assert_eq!(ok(stack.users.get(&format!("/api/users?uuids={uuid}")))[0]["uuid"], uuid);
    assert_eq!(stack.users.get("/api/users/@nobody").status().as_u16(), 404);
    assert!(!ok(stack.users.get("/api/users/@londo")).to_string().contains("email"), "nobody asked for it");

    let event = json!({
        "event_id": "11111111-1111-4111-8111-111111111111", "kind": "activity_created", "activity_uuid": UNKNOWN,
        "actor_handle": "londo", "parent_handle": null, "message": "hello @coco", "created_at": "2026-01-02T03:04:05Z",
    });
    let first = ok(stack.notifications.post("/api/notifications/events", &event));
    let again = ok(stack.notifications.post("/api/notifications/events", &event));
    assert_eq!(first, json!({"accepted": true, "notified": ["coco"]}));
    assert_eq!(again["accepted"], true);
    let listed = ok(stack.notifications.get("/api/notifications?handle=coco"));
    let of_event = listed.as_array().unwrap().iter().filter(|one| one["actor_handle"] == "londo").count();
    assert_eq!(of_event, 1, "{listed}");
}
