use std::sync::{Arc, Mutex};

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpResponse, web};
use opentelemetry_sdk::trace::Sampler;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::layer::Telemetry;
use crate::logs::{LogRecord, Logs};
use crate::propagation::TrustPolicy;
use crate::server::{Failure, Tracing};
use crate::settings::LogLimits;
use crate::spans::{Limits, Tracer};

type Records = Arc<Mutex<Vec<LogRecord>>>;

/// Records what passes `filter` on this thread, as long as the guard is kept.
fn recorded(filter: &str, sampler: Sampler) -> (Records, DefaultGuard) {
    let records = Records::default();
    let keep = Arc::clone(&records);
    let logs = Logs::new(filter.parse().unwrap(), LogLimits::default(), move |record| {
        keep.lock().unwrap().push(record);
    });
    let tracer = Arc::new(Tracer::new(sampler, Limits::default(), |_| ()));
    let layer = Telemetry::new(tracer, logs);
    (records, tracing_subscriber::registry().with(layer).set_default())
}

async fn fails() -> HttpResponse {
    let failure = Failure::here("store", &std::io::Error::other("disk on fire"));
    let mut response = HttpResponse::new(StatusCode::SERVICE_UNAVAILABLE);
    response.extensions_mut().insert(failure);
    response
}

async fn callee_fails() -> HttpResponse {
    let failure = Failure::of_callee("users", &std::io::Error::other("users answered 500"));
    let mut response = HttpResponse::new(StatusCode::BAD_GATEWAY);
    response.extensions_mut().insert(failure);
    response
}

#[expect(clippy::panic, reason = "it is what is tested")]
async fn panics() -> HttpResponse {
    panic!("no tea")
}

/// The line of a request, and the trace id that its answer names.
async fn line_of(request: TestRequest) -> (Option<LogRecord>, String) {
    let (records, _guard) = recorded("info", Sampler::AlwaysOn);
    let app = App::new()
        .route("/users/{handle}", web::get().to(async || "four"))
        .route("/fails", web::get().to(fails))
        .route("/callee", web::get().to(callee_fails))
        .route("/panics", web::get().to(panics))
        .route("/healthy", web::get().to(async || "well"))
        .route("/sick", web::get().to(fails))
        .wrap(Tracing::new(TrustPolicy::Public).untraced(["/healthy", "/sick"]));
    let app = init_service(app).await;

    let response = match actix_web::dev::Service::call(&app, request.to_request()).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => {
            let response = error.error_response();
            actix_web::dev::ServiceResponse::new(TestRequest::default().to_http_request(), response)
        }
    };
    let answered = response.headers().get("traceresponse").unwrap().to_str().unwrap()[3..35].to_owned();
    read_body(response).await;

    let mut records = records.lock().unwrap();
    assert!(records.len() <= 1, "one request is one line at most: {records:?}");
    (records.pop(), answered)
}

fn field(record: &LogRecord, name: &str) -> Option<String> {
    let field = record.fields.iter().find(|field| field.key.as_str() == name);
    field.map(|field| field.value.as_str().into_owned())
}

#[actix_web::test]
async fn a_request_is_one_line_when_its_answer_has_left() {
    let request = TestRequest::get().uri("/users/londo?token=secret").insert_header(("user-agent", "curl/8"));
    let request = request.peer_addr("10.0.0.7:1234".parse().unwrap());

    let (line, trace_id) = line_of(request).await;

    let line = line.unwrap();
    assert_eq!((line.level, &*line.message), (tracing::Level::INFO, "Request answered"));
    for (name, expected) in [
        ("http.request.method", "GET"),
        ("http.route", "/users/{handle}"),
        ("url.path", "/users/londo"),
        ("http.response.status_code", "200"),
        ("http.response.body.size", "4"),
        ("client.address", "10.0.0.7"),
        ("user_agent.original", "curl/8"),
    ] {
        assert_eq!(field(&line, name).as_deref(), Some(expected), "{name}");
    }
    assert!(field(&line, "duration_ms").unwrap().parse::<f64>().unwrap() > 0.0);
    assert_eq!(line.span.trace_id().to_string(), trace_id, "the answer names the trace of the line");
}

#[actix_web::test]
async fn the_level_says_whose_failure_it_is() {
    for (path, level, message, kind) in [
        ("/nowhere", "WARN", "Request refused", None),
        ("/fails", "ERROR", "Request failed", Some("store")),
        ("/callee", "WARN", "Request failed in a callee", Some("users")),
        ("/panics", "ERROR", "Request failed", Some("panic")),
    ] {
        let (line, trace_id) = line_of(TestRequest::get().uri(path)).await;

        let line = line.unwrap();
        assert_eq!((line.level.as_str(), &*line.message), (level, message), "{path}");
        assert_eq!(field(&line, "exception.type").as_deref(), kind, "{path}");
        assert_eq!(line.span.trace_id().to_string(), trace_id, "{path}");
    }
}

#[actix_web::test]
async fn the_answer_to_a_panic_is_counted_too() {
    let (line, _) = line_of(TestRequest::get().uri("/panics")).await;

    let line = line.unwrap();
    assert!(field(&line, "http.response.body.size").unwrap().parse::<u32>().unwrap() > 50, "{line:?}");
    assert!(field(&line, "exception.message").unwrap().contains("no tea"));
}

#[actix_web::test]
async fn a_health_check_is_a_line_only_if_it_fails() {
    let (well, _) = line_of(TestRequest::get().uri("/healthy")).await;
    let (sick, trace_id) = line_of(TestRequest::get().uri("/sick")).await;

    assert_eq!(well, None);
    let sick = sick.unwrap();
    assert_eq!((sick.level.as_str(), sick.span.trace_id().to_string()), ("ERROR", trace_id));
}

#[actix_web::test]
async fn a_caller_that_goes_away_is_told_of() {
    let (records, _guard) = recorded("info", Sampler::AlwaysOn);
    let app = App::new().route("/", web::get().to(async || "never read"));
    let app = init_service(app.wrap(Tracing::new(TrustPolicy::Public))).await;

    drop(call_service(&app, TestRequest::get().uri("/").to_request()).await);

    let records = records.lock().unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(&*records[0].message, "Request cancelled");
    assert_eq!(field(&records[0], "error.type").as_deref(), Some("cancelled"));
    assert_eq!(field(&records[0], "http.response.status_code").as_deref(), Some("200"));
}

#[actix_web::test]
async fn a_request_that_is_not_sampled_has_its_line_all_the_same() {
    let (records, _guard) = recorded("info", Sampler::AlwaysOff);
    let app = App::new().route("/", web::get().to(async || "x"));
    let app = init_service(app.wrap(Tracing::new(TrustPolicy::Public))).await;

    read_body(call_service(&app, TestRequest::get().uri("/").to_request()).await).await;

    let records = records.lock().unwrap();
    assert!(records[0].span.is_valid() && !records[0].span.is_sampled(), "{records:?}");
}

#[actix_web::test]
async fn access_lines_have_a_target_to_choose_them_by() {
    for (filter, expected) in [("info,access=off", 0), ("warn", 0), ("off,access=info", 1)] {
        let (records, _guard) = recorded(filter, Sampler::AlwaysOn);
        let app = App::new().route("/", web::get().to(async || "x"));
        let app = init_service(app.wrap(Tracing::new(TrustPolicy::Public))).await;

        read_body(call_service(&app, TestRequest::get().uri("/").to_request()).await).await;

        assert_eq!(records.lock().unwrap().len(), expected, "{filter}");
    }
}
