//! The chassis over real HTTP on a free port.

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

use std::future::Future;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::{HttpResponse, web};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use server::{ApiError, Application, Env, Readiness, ServerSettings, Service, Viewer};
use telemetry::propagation::TrustPolicy;
use telemetry::server::Failure;

/// Ready until somebody says otherwise.
#[derive(Default)]
struct Switch {
    broken: AtomicBool,
}

impl Readiness for Switch {
    fn check(&self) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + '_>> {
        let broken = self.broken.load(Ordering::SeqCst);
        let failure = || Failure::here("database", &std::io::Error::other("no such file /secret/path"));
        Box::pin(async move { if broken { Err(failure()) } else { Ok(()) } })
    }
}

struct Running {
    root: String,
    client: Client,
    readiness: Arc<Switch>,
}

/// A service with one route of each kind, on the chassis.
fn start() -> Running {
    let readiness = Arc::new(Switch::default());
    let settings = settings(0);
    let service = Service {
        configure: |config: &mut web::ServiceConfig| {
            config
                .service(
                    web::resource("/echo").post(async |body: web::Json<Value>| web::Json(body.into_inner())),
                )
                .service(
                    web::resource("/typed")
                        .post(async |body: web::Json<Vec<u8>>| web::Json(body.into_inner())),
                )
                .service(web::resource("/viewer").get(async |viewer: Viewer| viewer.0))
                .service(web::resource("/number/{n}").get(async |n: web::Path<u8>| n.to_string()))
                .service(web::resource("/refused").get(async || refuse()))
                .service(web::resource("/broken").get(async || broken()));
        },
        readiness: readiness.clone(),
        trust: TrustPolicy::Public,
        frontend: Some("http://localhost:3000".to_owned()),
    };
    let application = Application::build(&settings, service).unwrap();
    let root = format!("http://{}", application.address());
    actix_web::rt::spawn(application.run_until_stopped());
    Running { root, client: Client::new(), readiness }
}

fn settings(port: u16) -> ServerSettings {
    let mut settings = ServerSettings::from_env(&mut Env::from_lookup(|_| None), port);
    settings.workers = 1;
    settings
}

fn refuse() -> Result<HttpResponse, ApiError> {
    Err(ApiError::unprocessable("message_blank"))
}

fn broken() -> Result<HttpResponse, ApiError> {
    Err(ApiError::internal("store", &std::io::Error::other("no such file /secret/path")))
}

impl Running {
    async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.root)).send().await.unwrap()
    }

    async fn post(&self, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self.client.post(format!("{}{path}", self.root)).header("content-type", content_type);
        request.body(body).send().await.unwrap()
    }
}

/// The answer is in the one form of all failures.
async fn assert_failure(response: Response, status: u16, code: &str) {
    let url = response.url().clone();
    assert_eq!(response.status().as_u16(), status, "{url}");
    assert!(response.headers().contains_key("traceresponse"), "{url}");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], code, "{url}: {body}");
    let message = body["message"].as_str().unwrap();
    assert!(message.ends_with('.') && !message.contains("secret"), "one sentence, no internals: {message}");
    assert!(body.as_object().unwrap().contains_key("trace_id"), "{body}");
}

#[actix_web::test]
async fn failures_that_no_handler_made_have_the_common_form() {
    let service = start();

    assert_failure(service.get("/nowhere").await, 404, "not_found").await;
    assert_failure(service.get("/api/messages").await, 404, "not_found").await;
    assert_failure(service.get("/number/300").await, 404, "not_found").await;
    assert_failure(service.get("/echo").await, 405, "method_not_allowed").await;
    assert_failure(service.post("/echo", "application/json", "{\"a\":").await, 400, "malformed_json").await;
    assert_failure(service.post("/typed", "application/json", "{}").await, 400, "malformed_json").await;
    assert_failure(service.post("/echo", "text/plain", "{}").await, 415, "unsupported_media_type").await;
    assert_failure(service.get("/broken").await, 500, "internal").await;
}

#[actix_web::test]
async fn a_body_of_two_megabytes_is_too_large_and_one_is_not() {
    let service = start();
    let body = format!("\"{}\"", "x".repeat(2 << 20));

    let known = service.post("/echo", "application/json", body.clone()).await;
    assert_failure(known, 413, "payload_too_large").await;
    let within = service.post("/echo", "application/json", format!("\"{}\"", "x".repeat(1_000_000))).await;
    assert_eq!(within.status(), StatusCode::OK);
}

#[actix_web::test]
async fn a_refused_input_is_a_bare_array() {
    let response = start().get("/refused").await;

    assert_eq!(response.status().as_u16(), 422);
    assert_eq!(response.json::<Value>().await.unwrap(), json!(["message_blank"]));
}

#[actix_web::test]
async fn a_405_says_what_is_allowed() {
    let response = start().get("/echo").await;

    assert!(response.headers()["allow"].to_str().unwrap().contains("POST"));
}

#[actix_web::test]
async fn the_front_end_may_read_the_trace_and_others_get_no_cors_header() {
    let service = start();
    let ask = async |origin: &str| {
        service.client.get(format!("{}/viewer", service.root)).header("origin", origin).send().await.unwrap()
    };

    let ours = ask("http://localhost:3000").await;
    assert_eq!(ours.headers()["access-control-allow-origin"], "http://localhost:3000");
    assert!(ours.headers()["access-control-expose-headers"].to_str().unwrap().contains("traceresponse"));

    let theirs = ask("http://evil.example").await;
    assert_eq!(theirs.status(), StatusCode::OK);
    assert!(!theirs.headers().contains_key("access-control-allow-origin"));
    assert_eq!(theirs.text().await.unwrap(), "andrewbrown");
}

#[actix_web::test]
async fn the_front_end_may_send_a_trace_context() {
    let service = start();
    let request = service
        .client
        .request(Method::OPTIONS, format!("{}/echo", service.root))
        .header("origin", "http://localhost:3000")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "traceparent,tracestate,baggage,content-type,authorization",
        );

    let response = request.send().await.unwrap();

    assert!(response.status().is_success());
    let allowed = response.headers()["access-control-allow-headers"].to_str().unwrap().to_lowercase();
    for header in ["traceparent", "tracestate", "baggage", "content-type", "authorization"] {
        assert!(allowed.contains(header), "{allowed}");
    }
}

#[actix_web::test]
async fn the_viewer_is_who_the_request_says() {
    let service = start();

    let request = service.client.get(format!("{}/viewer", service.root)).header("x-cruddur-user", "londo");

    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "londo");
}

#[actix_web::test]
async fn health_is_told_by_all_three_paths() {
    let service = start();

    assert_eq!(service.get("/health/live").await.status(), StatusCode::OK);
    assert_eq!(service.get("/health/ready").await.status(), StatusCode::OK);
    let body: Value = service.get("/api/health-check").await.json().await.unwrap();
    assert_eq!(body, json!({"success": true, "ver": 1}));
    assert_eq!(service.get("/rollbar/test").await.text().await.unwrap(), "Hello World!");
}

#[actix_web::test]
async fn a_service_that_cannot_work_is_not_ready_but_lives() {
    let service = start();
    service.readiness.broken.store(true, Ordering::SeqCst);

    assert_failure(service.get("/health/ready").await, 503, "service_unavailable").await;
    assert_eq!(service.get("/health/live").await.status(), StatusCode::OK);
}

#[actix_web::test]
async fn the_health_check_asks_a_running_service() {
    let service = start();
    let port = service.root.rsplit(':').next().unwrap().parse().unwrap();

    let healthy = web::block(move || server::healthcheck::run(&settings(port)).is_ok()).await.unwrap();
    service.readiness.broken.store(true, Ordering::SeqCst);
    let broken = web::block(move || server::healthcheck::run(&settings(port))).await.unwrap();

    assert!(healthy);
    assert!(broken.unwrap_err().to_string().contains("503"));
}

#[actix_web::test]
async fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = settings(taken.local_addr().unwrap().port());
    let service = Service {
        configure: |_: &mut web::ServiceConfig| (),
        readiness: Arc::new(Switch::default()),
        trust: TrustPolicy::Public,
        frontend: None,
    };

    let error = Application::build(&settings, service).err().unwrap().to_string();

    assert!(error.contains(&settings.port.to_string()), "{error}");
}

#[actix_web::test]
async fn a_client_that_sends_nothing_does_not_stop_others() {
    let service = start();
    let _idle = tokio::net::TcpStream::connect(service.root.trim_start_matches("http://")).await.unwrap();

    let answer = tokio::time::timeout(Duration::from_secs(5), service.get("/viewer")).await;

    assert_eq!(answer.unwrap().status(), StatusCode::OK);
}
