//! The server middleware over real requests.

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, test, web};
use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;
use telemetry::context::current_trace_id;
use telemetry::server::{Failure, Tracing};
use telemetry::testing::{self, Recorder, attribute};

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// What a request was answered, and what was recorded of it.
struct Outcome {
    status: StatusCode,
    traceresponse: Option<String>,
    body: String,
    recorder: Recorder,
}

impl Outcome {
    fn span(&self) -> SpanData {
        let mut spans = self.recorder.spans();
        assert_eq!(spans.len(), 1, "one request, one span: {spans:#?}");
        spans.remove(0)
    }
}

async fn ask(trust: &str, request: test::TestRequest) -> Outcome {
    let recorder = testing::record();
    let tracing = Tracing::new(trust.parse().unwrap()).untraced(["/health"]);
    let app = App::new()
        .route("/activities/{uuid}", web::get().to(async || current_trace_id().unwrap_or_default()))
        .route("/missing/{uuid}", web::get().to(HttpResponse::NotFound))
        .route("/broken", web::get().to(broken))
        .route(
            "/plain-error",
            web::get().to(async || Err::<String, _>(std::io::Error::other("disk on fire"))),
        )
        .route("/panics", web::get().to(panics))
        .route("/health", web::get().to(async || "fine"))
        .wrap(tracing);
    let app = test::init_service(app).await;
    let (status, traceresponse, body) = match test::try_call_service(&app, request.to_request()).await {
        Ok(response) => {
            let header =
                response.headers().get("traceresponse").map(|value| value.to_str().unwrap().to_owned());
            (response.status(), header, test::read_body(response).await)
        }
        Err(error) => {
            let response = error.error_response();
            let header =
                response.headers().get("traceresponse").map(|value| value.to_str().unwrap().to_owned());
            let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
            (error.as_response_error().status_code(), header, body)
        }
    };
    Outcome { status, traceresponse, body: String::from_utf8(body.to_vec()).unwrap(), recorder }
}

async fn broken() -> HttpResponse {
    let mut response = HttpResponse::BadGateway().finish();
    let cause = std::io::Error::other("connection refused");
    response.extensions_mut().insert(Failure::here("clients::Error", &cause));
    response
}

async fn panics() -> HttpResponse {
    panic!("handler lost its mind")
}

fn get(path: &str) -> test::TestRequest {
    test::TestRequest::get().uri(path).peer_addr("127.0.0.1:50000".parse().unwrap())
}

fn text(span: &SpanData, key: &str) -> String {
    attribute(span, key).map(ToString::to_string).unwrap_or_default()
}

#[actix_web::test]
async fn a_request_is_one_server_span_named_by_its_route() {
    let outcome = ask("public", get("/activities/42?term=x").insert_header(("host", "localhost:4567"))).await;

    let span = outcome.span();
    assert_eq!(span.name, "GET /activities/{uuid}");
    assert_eq!(span.span_kind, SpanKind::Server);
    assert_eq!(span.status, Status::Unset);
    assert_eq!(text(&span, "http.request.method"), "GET");
    assert_eq!(text(&span, "http.route"), "/activities/{uuid}");
    assert_eq!(text(&span, "url.path"), "/activities/42");
    assert_eq!(text(&span, "url.query"), "term=x");
    assert_eq!(text(&span, "url.scheme"), "http");
    assert_eq!(text(&span, "server.address"), "localhost");
    assert_eq!(attribute(&span, "server.port"), Some(&Value::I64(4567)));
    assert_eq!(text(&span, "client.address"), "127.0.0.1");
    assert_eq!(attribute(&span, "network.peer.port"), Some(&Value::I64(50000)));
    assert_eq!(text(&span, "network.protocol.version"), "1.1");
    assert_eq!(attribute(&span, "http.response.status_code"), Some(&Value::I64(200)));
    assert_eq!(attribute(&span, "error.type"), None);
}

#[actix_web::test]
async fn the_caller_is_told_the_trace() {
    let outcome = ask("public", get("/activities/42")).await;

    let span = outcome.span();
    let ids = span.span_context;
    assert_eq!(outcome.traceresponse.unwrap(), format!("00-{}-{}-03", ids.trace_id(), ids.span_id()));
    assert_eq!(outcome.body, ids.trace_id().to_string(), "the handler sees the same trace");
}

#[actix_web::test]
async fn an_unknown_path_and_an_unknown_method_do_not_make_names() {
    assert_eq!(ask("public", get("/nowhere/secret-id")).await.span().name, "GET");

    let odd = test::TestRequest::with_uri("/activities/1").method("BREW".parse().unwrap());
    let span = ask("public", odd).await.span();
    assert!(span.name.starts_with("HTTP"), "{}", span.name);
    assert_eq!(text(&span, "http.request.method"), "_OTHER");
    assert_eq!(text(&span, "http.request.method_original"), "BREW");
}

#[actix_web::test]
async fn secrets_of_a_query_are_not_recorded() {
    let outcome = ask("public", get("/activities/42?password=hunter2&term=x")).await;

    assert!(!format!("{:?}", outcome.span()).contains("hunter2"));
}

#[actix_web::test]
async fn a_trusted_caller_is_the_parent() {
    let outcome = ask("internal", get("/activities/42").insert_header(("traceparent", TRACEPARENT))).await;

    let span = outcome.span();
    assert_eq!(span.span_context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span.parent_span_id.to_string(), "b7ad6b7169203331");
    assert!(span.parent_span_is_remote);
}

#[actix_web::test]
async fn a_stranger_is_a_link_and_decides_nothing() {
    let unsampled = TRACEPARENT.replace("-01", "-00");
    let outcome = ask("public", get("/activities/42").insert_header(("traceparent", unsampled))).await;

    let span = outcome.span();
    assert_ne!(span.span_context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span.parent_span_id.to_string(), "0000000000000000");
    assert_eq!(span.links.links.len(), 1);
    assert_eq!(span.links.links[0].span_context.span_id().to_string(), "b7ad6b7169203331");
}

#[actix_web::test]
async fn a_listed_peer_is_believed_and_others_are_not() {
    for (trust, believed) in [("127.0.0.0/8", true), ("10.0.0.0/8", false)] {
        let outcome = ask(trust, get("/activities/42").insert_header(("traceparent", TRACEPARENT))).await;

        let is_child =
            outcome.span().span_context.trace_id().to_string() == "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(is_child, believed, "{trust}");
    }
}

#[actix_web::test]
async fn a_4xx_is_no_error_of_the_server() {
    let span = ask("public", get("/missing/1")).await.span();

    assert_eq!(span.status, Status::Unset);
    assert_eq!(attribute(&span, "http.response.status_code"), Some(&Value::I64(404)));
    assert_eq!(attribute(&span, "error.type"), None);
    assert!(span.events.events.is_empty());
}

#[actix_web::test]
async fn a_5xx_is_an_error_with_its_cause() {
    for (path, status, kind, message) in [
        ("/broken", 502, "clients::Error", "connection refused"),
        ("/plain-error", 500, "actix_web::Error", "disk on fire"),
    ] {
        let span = ask("public", get(path)).await.span();

        assert!(matches!(span.status, Status::Error { .. }), "{path}");
        assert_eq!(attribute(&span, "http.response.status_code"), Some(&Value::I64(status)));
        assert_eq!(text(&span, "error.type"), status.to_string());
        let event = &span.events.events[0];
        assert_eq!(event.name, "exception");
        let value =
            |key: &str| event.attributes.iter().find(|a| a.key.as_str() == key).unwrap().value.to_string();
        assert_eq!(value("exception.type"), kind);
        assert_eq!(value("exception.message"), message);
    }
}

#[actix_web::test]
async fn a_panic_is_a_500_with_the_trace_id_and_without_its_text() {
    let outcome = ask("public", get("/panics")).await;

    let span = outcome.span();
    let trace_id = span.span_context.trace_id().to_string();
    assert_eq!(outcome.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(matches!(span.status, Status::Error { .. }));
    assert_eq!(text(&span, "error.type"), "500");
    let body: serde_json::Value = serde_json::from_str(&outcome.body).unwrap();
    assert_eq!(body["trace_id"], trace_id.as_str());
    assert!(!outcome.body.contains("lost its mind"));
    assert!(outcome.traceresponse.unwrap().contains(&trace_id));
}

#[actix_web::test]
async fn a_health_check_is_not_traced_unless_somebody_looks() {
    let outcome = ask("public", get("/health")).await;
    assert!(outcome.recorder.spans().is_empty());
    assert!(outcome.traceresponse.unwrap().ends_with("-02"), "ids of a trace that is not sampled");

    let outcome = ask("internal", get("/health").insert_header(("traceparent", TRACEPARENT))).await;
    assert_eq!(outcome.span().name, "GET /health");
}
