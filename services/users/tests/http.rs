//! The service over HTTP, on a port and a file of its own.
#![allow(clippy::unwrap_used, reason = "a panic is the failure report")]

use std::time::Duration;

use database::Location;
use serde_json::{Value, json};
use server::ServerSettings;
use telemetry::propagation::TrustPolicy;
use tempfile::TempDir;
use users::Settings;

struct Service {
    base: String,
    http: reqwest::Client,
    _directory: TempDir,
}

impl Service {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings {
            server: ServerSettings {
                host: "127.0.0.1".to_owned(),
                port: 0,
                workers: 1,
                drain: Duration::from_secs(1),
                debug_routes: false,
            },
            database: Location::file_in(directory.path(), "users"),
            default_viewer: "andrewbrown".to_owned(),
            trust: TrustPolicy::Internal,
            telemetry: telemetry::Settings::default(),
        };
        let application = users::start(&settings).await.unwrap();
        let base = format!("http://{}", application.address());
        actix_web::rt::spawn(application.run_until_stopped());
        Self { base, http: reqwest::Client::new(), _directory: directory }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.http.get(format!("{}{path}", self.base))).await
    }

    async fn update(&self, viewer: Option<&str>, body: &Value) -> (u16, Value) {
        let mut request = self.http.put(format!("{}/api/profile/update", self.base)).json(body);
        if let Some(viewer) = viewer {
            request = request.header("x-cruddur-user", viewer);
        }
        answer(request).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn handles(users: &Value) -> Vec<&str> {
    users.as_array().unwrap().iter().map(|user| user["handle"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn users_are_listed_by_handle_or_uuid_and_unknown_ones_are_left_out() {
    let service = Service::start().await;

    let (status, by_handle) = service.get("/api/users?handles=worf,nobody,londo,not%20a%20handle").await;
    assert_eq!((status, handles(&by_handle)), (200, vec!["londo", "worf"]));

    let worf = by_handle[1]["uuid"].as_str().unwrap();
    let (status, by_uuid) = service.get(&format!("/api/users?uuids={worf},nonsense")).await;
    assert_eq!((status, &by_uuid), (200, &json!([by_handle[1]])));
    assert_eq!(by_uuid[0], json!({"uuid": worf, "handle": "worf", "display_name": "Worf"}));

    assert_eq!(service.get("/api/users?handles=").await, (200, json!([])));
}

#[actix_web::test]
async fn more_than_a_hundred_users_are_too_many() {
    let service = Service::start().await;

    let hundred = vec!["worf"; 100].join(",");
    let (status, users) = service.get(&format!("/api/users?handles={hundred}")).await;
    assert_eq!((status, handles(&users)), (200, vec!["worf"]));

    for parameter in ["handles", "uuids"] {
        let answer = service.get(&format!("/api/users?{parameter}={hundred},worf")).await;
        assert_eq!(answer, (422, json!(["too_many"])));
    }
}

#[actix_web::test]
async fn asking_for_nobody_in_particular_is_a_bad_request() {
    let service = Service::start().await;

    let (status, body) = service.get("/api/users").await;

    assert_eq!((status, &body["error"]), (400, &json!("bad_query")));
}

#[actix_web::test]
async fn a_profile_is_shown_in_two_lengths() {
    let service = Service::start().await;

    let (status, profile) = service.get("/api/users/@worf").await;
    assert_eq!((status, &profile["bio"]), (200, &json!("Today is a good day.")));
    assert_eq!(profile.get("email"), None);

    let (status, short) = service.get("/api/users/@worf/short").await;
    let expected = json!({"uuid": profile["uuid"], "handle": "worf", "display_name": "Worf"});
    assert_eq!((status, short), (200, expected));

    let (status, body) = service.get("/api/users/@nobody").await;
    assert_eq!((status, &body["error"]), (404, &json!("not_found")));
    assert_eq!(service.get("/api/users/@nobody/short").await, (200, json!({})));
    assert_eq!(service.get("/api/users/@not%20a%20handle/short").await, (200, json!({})));
}

#[actix_web::test]
async fn the_viewer_changes_the_own_profile() {
    let service = Service::start().await;

    let (status, user) = service.update(Some("worf"), &json!({"display_name": "Mr. Worf", "bio": "ö"})).await;
    assert_eq!((status, &user["display_name"]), (200, &json!("Mr. Worf")));
    assert_eq!(user.as_object().unwrap().len(), 3);
    assert_eq!(service.get("/api/users/@worf").await.1["bio"], json!("ö"));

    let (status, user) = service.update(None, &json!({"display_name": " "})).await;
    assert_eq!((status, &user["handle"], &user["display_name"]), (200, &json!("andrewbrown"), &json!(" ")));
    assert_eq!(service.get("/api/users/@andrewbrown").await.1["bio"], json!("I am an AWS Community Hero."));

    let post = service.http.post(format!("{}/api/profile/update", service.base));
    let (status, _) = answer(post.json(&json!({"display_name": "Andrew Brown", "bio": null}))).await;
    assert_eq!(status, 200);
    assert_eq!(service.get("/api/users/@andrewbrown").await.1["bio"], Value::Null);
}

#[actix_web::test]
async fn every_bad_update_is_told_in_its_form() {
    let service = Service::start().await;
    let check = async |body: Value, status: u16, expected: Value| {
        let (found, answer) = service.update(Some("worf"), &body).await;
        let told = if answer.is_array() { answer } else { answer["error"].clone() };
        assert_eq!((found, told), (status, expected), "{body}");
    };

    for blank in [json!({}), json!({"display_name": null}), json!({"display_name": "", "bio": "x"})] {
        check(blank, 422, json!(["display_name_blank"])).await;
    }
    for wrong in [json!({"display_name": 1}), json!({"display_name": "x", "bio": []}), json!([]), json!("x")]
    {
        check(wrong, 400, json!("malformed_json")).await;
    }
    check(json!({"display_name": "a\0"}), 400, json!("bad_text")).await;

    let (status, answer) = service.update(Some("nobody"), &json!({"display_name": "x"})).await;
    assert_eq!((status, &answer["error"]), (404, &json!("not_found")));
    let (status, answer) = service.get("/api/profile/update").await;
    assert_eq!((status, &answer["error"]), (405, &json!("method_not_allowed")));
}
