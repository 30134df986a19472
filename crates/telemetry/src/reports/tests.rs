//! Failures of each kind, and the items that a server of the API is sent for them.

use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::test::{self as client, TestRequest};
use actix_web::{App, HttpResponse, HttpServer, web};
use opentelemetry_sdk::trace::{Sampler, SpanData};
use serde_json::{Value, json};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;

use super::*;
use crate::Settings;
use crate::logs::Logs;
use crate::propagation::TrustPolicy;
use crate::server::Tracing;
use crate::spans::{Limits, Tracer};

/// A thread whose failures are reported to a server of its own.
struct Bench {
    reports: Arc<Reports>,
    pipeline: Pipeline<Report>,
    items: Receiver<Value>,
    spans: Arc<Mutex<Vec<SpanData>>>,
    _subscriber: DefaultGuard,
}

impl Bench {
    fn with(variables: &[(&str, &str)]) -> Self {
        let (endpoint, items) = server();
        let all = [variables, &[("ROLLBAR_ACCESS_TOKEN", "t0ken"), ("ROLLBAR_ENDPOINT", &endpoint)]].concat();
        let settings = Settings::from_lookup(|name| {
            all.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        });
        let resource = crate::resource::of(crate::service_info!(), &settings.resource);
        let mut warnings = settings.warnings();
        let (reports, pipeline) = Reports::start(&settings.reports, &resource, &mut warnings).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");

        let spans: Arc<Mutex<Vec<SpanData>>> = Arc::default();
        let kept = Arc::clone(&spans);
        let keep = move |span| kept.lock().unwrap_or_else(PoisonError::into_inner).push(span);
        let tracer = Arc::new(Tracer::new(Sampler::AlwaysOn, Limits::default(), keep));
        let layer = Telemetry::new(tracer, Logs::none()).with_reports(Some(Arc::clone(&reports)));
        let subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        Self { reports, pipeline, items, spans, _subscriber: subscriber }
    }

    /// All items so far, the `data` of each. Nothing is reported after that.
    fn data(&self) -> Vec<Value> {
        self.reports.release();
        for (_, account) in self.pipeline.shutdown(Duration::from_secs(20)) {
            assert_eq!(account.created, account.delivered, "{account}");
        }
        self.items.try_iter().map(|mut item| item["data"].take()).collect()
    }

    fn only(&self) -> Value {
        let mut data = self.data();
        assert_eq!(data.len(), 1, "{data:#?}");
        data.remove(0)
    }
}

/// A server that takes every item.
fn server() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, items) = channel();
    std::thread::spawn(move || {
        let server = HttpServer::new(move || {
            let sender = sender.clone();
            let take = move |item: web::Json<Value>| {
                // The test may be over.
                let answer = json!({"err": 0, "result": {"id": null, "uuid": item["data"]["uuid"]}});
                let _ = sender.send(item.into_inner());
                std::future::ready(HttpResponse::Ok().json(answer))
            };
            App::new().route("/api/1/item/", web::post().to(take))
        });
        let server = server.workers(1).listen(listener).unwrap().disable_signals().run();
        actix_web::rt::System::new().block_on(server).unwrap();
    });
    (endpoint, items)
}

#[derive(Debug, thiserror::Error)]
#[error("failed to load `londo`")]
struct LoadError(#[source] DiskError);

#[derive(Debug, thiserror::Error)]
#[error("the disk is on fire")]
struct DiskError;

// === events ===

#[test]
fn an_error_event_becomes_an_item_that_names_its_trace_and_the_span_names_the_item() {
    let bench = Bench::with(&[("ROLLBAR_ENVIRONMENT", "test"), ("ROLLBAR_CODE_VERSION", "abc")]);

    let error = LoadError(DiskError);
    tracing::info_span!("work").in_scope(|| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            attempt = 3,
            password = "hunter2",
            "Loading failed"
        );
    });

    let data = bench.only();
    let spans = bench.spans.lock().unwrap();
    let (ids, event) = (&spans[0].span_context, &spans[0].events.events[0]);
    assert_eq!(event.name, "rollbar.occurrence");
    assert_eq!(
        event.attributes,
        [KeyValue::new("rollbar.occurrence.uuid", data["uuid"].as_str().unwrap().to_owned())]
    );
    let (trace_id, span_id) = (ids.trace_id().to_string(), ids.span_id().to_string());
    let joined = json!([{"key": "trace_id", "value": trace_id}, {"key": "span_id", "value": span_id}]);
    assert_eq!(data["attributes"], joined);
    assert_eq!(
        (&data["custom"]["trace_id"], &data["custom"]["span_id"]),
        (&json!(trace_id), &json!(span_id))
    );

    let chain = data["body"]["trace_chain"].as_array().unwrap();
    let exception = |class: &str, message: &str| json!({"class": class, "message": message});
    assert_eq!(chain[0]["exception"], exception("LoadError", "failed to load `londo`"));
    assert_eq!(chain[1]["exception"], exception("DiskError", "the disk is on fire"));
    assert!(chain[0]["frames"][0]["filename"].as_str().unwrap().ends_with("src/reports/tests.rs"));
    assert_eq!(
        (&data["environment"], &data["code_version"], &data["level"]),
        (&json!("test"), &json!("abc"), &json!("error"))
    );
    assert_eq!((&data["custom"]["attempt"], &data["custom"]["password"]), (&json!(3), &json!("REDACTED")));
    assert_eq!((&data["language"], &data["framework"]), (&json!("rust"), &json!("actix-web")));
    assert_eq!(data["title"], "LoadError: Loading failed");
}

#[test]
fn an_error_event_without_an_error_is_a_message() {
    let bench = Bench::with(&[]);

    tracing::error!(shelf = 7, "Out of tea");

    let data = bench.only();
    assert_eq!(data["body"]["message"], json!({"body": "Out of tea", "shelf": 7}));
    assert!(data.get("attributes").is_none(), "there is no span");
    assert_eq!(data["environment"], "development");
}

#[test]
fn what_is_less_severe_than_asked_for_is_not_reported() {
    let bench = Bench::with(&[]);
    tracing::warn!("Low on tea");
    assert_eq!(bench.data(), [Value::Null; 0]);
    drop(bench);

    let bench = Bench::with(&[("ROLLBAR_LEVEL", "Warning")]);
    tracing::info!("Tea");
    tracing::warn!("Low on milk");
    assert_eq!(bench.only()["level"], "warning");
}

#[test]
fn what_is_to_be_ignored_is() {
    let bench = Bench::with(&[("ROLLBAR_IGNORE", "DiskError, Out of tea")]);

    tracing::error!("Out of tea");
    tracing::error!(error = &LoadError(DiskError) as &dyn std::error::Error, "Loading failed");
    tracing::error!("Out of milk");

    assert_eq!(bench.only()["body"]["message"]["body"], "Out of milk");
}

#[test]
fn a_message_is_sent_whatever_the_level() {
    let bench = Bench::with(&[("ROLLBAR_LEVEL", "critical")]);

    let uuid = message(Level::Warning, "Hello World!").unwrap();

    let data = bench.only();
    assert_eq!(data["body"]["message"]["body"], "Hello World!");
    assert_eq!((&data["level"], &data["uuid"]), (&json!("warning"), &json!(uuid)));
}

#[test]
fn without_a_destination_nothing_is_reported() {
    let settings = Settings::from_lookup(|_| None);
    let resource = crate::resource::of(crate::service_info!(), &settings.resource);

    assert!(Reports::start(&settings.reports, &resource, &mut Vec::new()).is_none());
    assert_eq!(message(Level::Warning, "Hello World!"), None);
}

#[test]
fn an_item_links_to_the_pages_of_its_trace() {
    let bench = Bench::with(&[
        ("EXPLORER_URL", "http://localhost:1/v1/traces"),
        ("EXPLORER_PUBLIC_URL", "http://shown.example/"),
        ("HONEYCOMB_TEAM", "cruddur/environments/test"),
    ]);

    tracing::info_span!("work").in_scope(|| tracing::error!("Out of tea"));

    drop(bench.pipeline.shutdown(Duration::from_secs(1)));
    let data = bench.items.recv_timeout(Duration::from_secs(20)).unwrap()["data"].take();
    let trace_id = data["custom"]["trace_id"].as_str().unwrap();
    assert_eq!(data["custom"]["explorer_url"], format!("http://shown.example/traces/{trace_id}"));
    let honeycomb = format!("https://ui.honeycomb.io/cruddur/environments/test/trace?trace_id={trace_id}");
    assert_eq!(data["custom"]["honeycomb_url"], honeycomb);
}

// === grouping ===

#[test]
fn failures_that_differ_in_data_only_have_one_fingerprint() {
    let bench = Bench::with(&[]);

    for shelf in 0..3 {
        let text = format!("shelf {shelf} is on fire");
        tracing::error!(shelf, "exception.type" = "Fire", "exception.message" = text, "Out of tea");
    }
    tracing::error!("exception.type" = "Flood", "exception.message" = "shelf 1", "Out of tea");

    let fingerprints: Vec<_> = bench.data().into_iter().map(|mut data| data["fingerprint"].take()).collect();
    assert_eq!(fingerprints[0], fingerprints[1]);
    assert_eq!(fingerprints[1], fingerprints[2]);
    assert_ne!(fingerprints[2], fingerprints[3]);
}

#[test]
fn beyond_the_rate_one_item_stands_for_many() {
    let bench = Bench::with(&[]);

    for shelf in 0..300 {
        tracing::error!(shelf, "Out of tea");
    }
    tracing::error!("Out of milk");

    let data = bench.data();
    assert_eq!(data.len(), 60 + 1 + 1);
    let counts: Vec<u64> = data.iter().filter_map(|data| data["custom"]["occurrences"].as_u64()).collect();
    assert_eq!(counts, [240]);
}

// === requests ===

/// Answers one request to a service with a handler for each kind of end.
async fn ask(request: TestRequest) -> StatusCode {
    async fn failing() -> HttpResponse {
        set_person("andrewbrown");
        let mut response = HttpResponse::InternalServerError().finish();
        let failure = Failure::here("load", &LoadError(DiskError));
        response.extensions_mut().insert(failure);
        response
    }
    async fn of_callee() -> HttpResponse {
        let mut response = HttpResponse::BadGateway().finish();
        response.extensions_mut().insert(Failure::of_callee("users", &DiskError));
        response
    }
    async fn panicking() -> HttpResponse {
        innermost("hunter2")
    }
    let app = App::new()
        .wrap(Tracing::new(TrustPolicy::Public))
        .route("/failing/{handle}", web::get().to(failing))
        .route("/callee", web::get().to(of_callee))
        .route("/panicking", web::get().to(panicking));
    let app = client::init_service(app).await;
    match client::try_call_service(&app, request.to_request()).await {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    }
}

#[inline(never)]
fn innermost(password: &str) -> HttpResponse {
    panic!("no tea, password={password}")
}

#[actix_web::test]
async fn a_failed_request_is_one_item_with_the_request_and_without_its_secrets() {
    let bench = Bench::with(&[]);

    let request = TestRequest::get()
        .uri("/failing/londo?tea=green&token=hunter2#x")
        .insert_header(("cookie", "session=hunter2"))
        .insert_header(("authorization", "Bearer hunter2"))
        .insert_header(("user-agent", "tea/1"))
        .insert_header(("host", "shop.example"))
        .peer_addr("203.0.113.9:1".parse().unwrap())
        .insert_header(("x-forwarded-for", "10.0.0.1"));
    assert_eq!(ask(request).await, 500);

    let data = bench.only();
    assert!(!data.to_string().contains("hunter2"), "{data}");
    let request = &data["request"];
    assert_eq!(request["url"], "http://shop.example/failing/londo?tea=green&token=REDACTED");
    assert_eq!((&request["method"], &request["route"]), (&json!("GET"), &json!("/failing/{handle}")));
    assert_eq!(request["headers"], json!({"host": "shop.example", "user-agent": "tea/1"}));
    assert_eq!(request["user_ip"], "203.0.113.9", "the header is a stranger's");
    assert_eq!(
        (&data["person"]["id"], &data["context"]),
        (&json!("andrewbrown"), &json!("GET /failing/{handle}"))
    );
    let chain = data["body"]["trace_chain"].as_array().unwrap();
    assert_eq!(
        (&chain[0]["exception"]["class"], &chain[1]["exception"]["class"]),
        (&json!("load"), &json!("DiskError"))
    );
    assert!(chain[0]["frames"][0]["filename"].as_str().unwrap().ends_with("src/reports/tests.rs"));
    assert_eq!(data["custom"]["http.response.status_code"], 500);
    let spans = bench.spans.lock().unwrap();
    assert_eq!(data["custom"]["span_id"], spans[0].span_context.span_id().to_string());
    assert!(spans[0].events.events.iter().any(|event| event.name == "rollbar.occurrence"));
}

#[actix_web::test]
async fn a_panic_is_one_critical_item_with_its_stack() {
    let bench = Bench::with(&[]);
    crate::panics::install_hook();

    assert_eq!(ask(TestRequest::get().uri("/panicking")).await, 500);

    let data = bench.only();
    assert_eq!(data["level"], "critical");
    let trace = &data["body"]["trace"];
    assert_eq!(trace["exception"], json!({"class": "panic", "message": "no tea, password=REDACTED"}));
    let frames = trace["frames"].as_array().unwrap();
    let last = frames.last().unwrap();
    assert!(last["method"].as_str().unwrap().ends_with("tests::innermost"), "{last}");
    assert!(
        last["filename"].as_str().unwrap().ends_with("src/reports/tests.rs") && last["lineno"].is_u64(),
        "{last}"
    );
    assert!(frames.len() > 5, "{frames:?}");
}

#[actix_web::test]
async fn a_panic_of_spawned_work_is_reported_too() {
    let bench = Bench::with(&[]);
    crate::panics::install_hook();

    let _ = actix_web::rt::spawn(async { innermost("hunter2") }).await;

    let data = bench.only();
    assert_eq!(
        (&data["level"], &data["body"]["trace"]["exception"]["class"]),
        (&json!("critical"), &json!("panic"))
    );
}

#[actix_web::test]
async fn what_is_no_failure_of_this_service_is_not_reported() {
    let bench = Bench::with(&[]);

    assert_eq!(ask(TestRequest::get().uri("/nothing")).await, 404);
    assert_eq!(ask(TestRequest::get().uri("/callee")).await, 502);

    assert_eq!(bench.data(), [Value::Null; 0]);
}
