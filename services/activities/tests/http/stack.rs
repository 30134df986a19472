//! The service and what it needs around it.
#![allow(dead_code, reason = "not every test binary uses all of it")]

use std::rc::Rc;
use std::time::Duration;

use activities::{DeliveryPolicy, Settings};
use clients::BaseUrl;
use clients::testing::{Answer, Asked, Fake};
use database::Location;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use server::ServerSettings;
use telemetry::propagation::TrustPolicy;
use tempfile::TempDir;

/// An activity of the seeds, by andrewbrown, with one reply.
pub(crate) const SEED: &str = "a5c1d001-0000-4000-8000-000000000001";

/// What users knows in these tests: handle and name.
const USERS: [(&str, &str); 3] =
    [("andrewbrown", "Andrew Brown"), ("bayko", "Andrew Bayko"), ("worf", "Worf")];

/// A running service.
pub(crate) struct Service {
    pub(crate) base: String,
    http: reqwest::Client,
    directory: Rc<TempDir>,
}

/// What it answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answered {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The status and the code of a failure, or the code of a refusal.
    pub(crate) fn failure(&self) -> (u16, &str) {
        let code = if self.body.is_array() { &self.body[0] } else { &self.body["error"] };
        (self.status, code.as_str().unwrap_or_default())
    }

    pub(crate) fn messages(&self) -> Vec<&str> {
        let list = self.body.as_array().unwrap();
        list.iter().map(|activity| activity["message"].as_str().unwrap()).collect()
    }
}

impl Service {
    pub(crate) async fn start(users: BaseUrl, notifications: BaseUrl) -> Self {
        Self::start_in(Rc::new(tempfile::tempdir().unwrap()), users, notifications).await
    }

    /// A second process on the same data.
    pub(crate) async fn start_beside(&self, users: BaseUrl, notifications: BaseUrl) -> Self {
        Self::start_in(Rc::clone(&self.directory), users, notifications).await
    }

    async fn start_in(directory: Rc<TempDir>, users: BaseUrl, notifications: BaseUrl) -> Self {
        let settings = Settings {
            server: ServerSettings {
                host: "127.0.0.1".to_owned(),
                port: 0,
                workers: 2,
                drain: Duration::from_secs(1),
                debug_routes: false,
            },
            database: Location::file_in(directory.path(), "activities"),
            default_viewer: "andrewbrown".to_owned(),
            users,
            notifications,
            frontend: "http://localhost:3000".to_owned(),
            delivery: DeliveryPolicy {
                poll: Duration::from_millis(100),
                first_pause: Duration::from_millis(50),
                longest_pause: Duration::from_millis(100),
                ..DeliveryPolicy::default()
            },
            trust: TrustPolicy::Public,
            telemetry: telemetry::Settings::default(),
        };
        let service = activities::start(&settings).await.unwrap();
        let base = format!("http://{}", service.address());
        actix_web::rt::spawn(service.run_until_stopped());
        Self { base, http: reqwest::Client::new(), directory }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("{}{path}", self.base))
    }

    pub(crate) async fn get(&self, path: &str) -> Answered {
        send(self.request("GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answered {
        send(self.request("POST", path).json(body)).await
    }

    pub(crate) async fn create(&self, message: &str) -> Answered {
        self.post("/api/activities", &json!({"message": message, "ttl": "1-day"})).await
    }
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answered {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answered { status, headers, body: response.json().await.unwrap() }
}

/// Users, of whom three exist.
pub(crate) fn users() -> Fake {
    Fake::start(|asked| {
        let known = USERS.iter().filter(|(handle, _)| asked.query.contains(handle));
        match asked.path.strip_prefix("/api/users/@") {
            None => Answer::ok(known.map(user).collect::<Value>().to_string()),
            Some(wanted) => {
                USERS.iter().find(|(handle, _)| *handle == wanted).map_or(Answer::status(404), |found| {
                    let mut profile = user(found);
                    profile["bio"] = json!("a bio");
                    Answer::ok(profile.to_string())
                })
            }
        }
    })
}

fn user((handle, name): &(&str, &str)) -> Value {
    json!({"uuid": "66e12864-8c26-4c3a-9658-95a10f8fea67", "handle": handle, "display_name": name})
}

/// Notifications, which holds one mention of the viewer.
pub(crate) fn notifications() -> Fake {
    Fake::start(notifications_answer)
}

pub(crate) fn notifications_answer(asked: &Asked) -> Answer {
    let list = json!([{
        "uuid": "d0b2f001-0000-4000-8000-000000000005",
        "kind": "mention",
        "activity_uuid": "a5c1d001-0000-4000-8000-000000000005",
        "actor_handle": "garek",
        "created_at": "2026-01-05T00:00:00Z",
        "read": false,
    }]);
    match asked.path.as_str() {
        "/api/notifications" => Answer::ok(list.to_string()),
        "/api/notifications/unread_count" => Answer::ok(r#"{"unread": 7}"#),
        _ => Answer::ok(r#"{"accepted": true, "notified": []}"#),
    }
}

/// Waits for something that must happen.
pub(crate) async fn eventually(reached: impl Fn() -> bool) {
    let wait = async {
        while !reached() {
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
    };
    actix_web::rt::time::timeout(Duration::from_secs(30), wait).await.expect("it happens in the end");
}
