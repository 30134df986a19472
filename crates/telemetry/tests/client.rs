//! The traced client against a real server on a free port.

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;
use reqwest::Url;
use reqwest_middleware::{Middleware, Next};
use telemetry::client::{self, ClientSettings, Resends, UrlTemplate};
use telemetry::testing::{self, attribute};
use tracing::Instrument;

/// A server that answers what it was sent; the URL of its root.
fn echo() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = HttpServer::new(|| {
        App::new()
            .route("/echo/{name}", web::get().to(headers))
            .route("/missing", web::get().to(HttpResponse::NotFound))
            .route("/slow", web::get().to(std::future::pending::<HttpResponse>))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)
    .unwrap()
    .run();
    actix_web::rt::spawn(server);
    format!("http://127.0.0.1:{port}/").parse().unwrap()
}

async fn headers(request: HttpRequest) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    HttpResponse::Ok().json([header("traceparent"), header("tracestate"), header("baggage")])
}

async fn call(
    settings: &ClientSettings,
    url: Url,
) -> (Result<Vec<Option<String>>, String>, SpanData, SpanData) {
    let recorder = testing::record();
    let client = client::traced(settings).unwrap();
    let request = client.get(url).with_extension(UrlTemplate("/echo/{name}")).header("baggage", "left=over");
    let outcome = async { request.send().await }.instrument(tracing::info_span!("caller")).await;
    let answer = match outcome {
        Ok(response) if response.status().is_success() => Ok(response.json().await.unwrap()),
        Ok(response) => Err(response.status().to_string()),
        Err(error) => Err(error.to_string()),
    };
    let mut spans = recorder.spans();
    assert_eq!(spans.len(), 2, "{spans:#?}");
    let (caller, attempt) = (spans.remove(1), spans.remove(0));
    (answer, attempt, caller)
}

fn text(span: &SpanData, key: &str) -> String {
    attribute(span, key).map(ToString::to_string).unwrap_or_default()
}

#[actix_web::test]
async fn an_attempt_is_a_client_span_and_its_context_is_sent() {
    let root = echo();
    let url = root.join("echo/londo?api_key=hunter2").unwrap();

    let (answer, attempt, caller) = call(&ClientSettings::calling([&root]), url).await;

    let ids = &attempt.span_context;
    assert_eq!(answer.unwrap(), [Some(format!("00-{}-{}-03", ids.trace_id(), ids.span_id())), None, None]);
    assert_eq!(attempt.parent_span_id, caller.span_context.span_id());
    assert_eq!(attempt.name, "GET /echo/{name}");
    assert_eq!(attempt.span_kind, SpanKind::Client);
    assert_eq!(attempt.status, Status::Unset);
    assert_eq!(text(&attempt, "http.request.method"), "GET");
    assert_eq!(text(&attempt, "url.full"), format!("{root}echo/londo?api_key=REDACTED"));
    assert_eq!(text(&attempt, "url.template"), "/echo/{name}");
    assert_eq!(text(&attempt, "server.address"), "127.0.0.1");
    assert_eq!(text(&attempt, "server.port"), root.port().unwrap().to_string());
    assert_eq!(text(&attempt, "network.peer.address"), "127.0.0.1");
    assert_eq!(text(&attempt, "network.protocol.version"), "1.1");
    assert_eq!(text(&attempt, "http.response.status_code"), "200");
}

#[actix_web::test]
async fn a_host_that_is_not_listed_learns_nothing() {
    let root = echo();
    let url = root.join("echo/x").unwrap();

    let (answer, ..) = call(&ClientSettings::calling([]), url).await;

    assert_eq!(answer.unwrap(), [None, None, None]);
}

#[actix_web::test]
async fn a_4xx_is_an_error_to_the_client() {
    let root = echo();

    let (_, attempt, _) = call(&ClientSettings::calling([&root]), root.join("missing").unwrap()).await;

    assert!(matches!(attempt.status, Status::Error { .. }));
    assert_eq!(text(&attempt, "error.type"), "404");
    assert_eq!(text(&attempt, "http.response.status_code"), "404");
}

#[actix_web::test]
async fn a_callee_that_hangs_is_a_timeout() {
    let root = echo();
    let settings = ClientSettings { timeout: Duration::from_millis(100), ..ClientSettings::calling([&root]) };

    let (answer, attempt, _) = call(&settings, root.join("slow").unwrap()).await;

    assert!(answer.is_err());
    assert_eq!(text(&attempt, "error.type"), "timeout");
    assert!(matches!(attempt.status, Status::Error { .. }));
}

#[actix_web::test]
async fn a_callee_that_is_down_is_a_failed_connection() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url: Url = format!("http://{closed}/echo/x").parse().unwrap();

    let (answer, attempt, _) = call(&ClientSettings::calling([&url]), url.clone()).await;

    assert!(answer.is_err());
    assert_eq!(text(&attempt, "error.type"), "connect");
}

/// Sends a request three times, whatever comes of it.
struct Thrice;

#[async_trait::async_trait]
impl Middleware for Thrice {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        for _ in 0..2 {
            next.clone().run(request.try_clone().unwrap(), extensions).await?;
        }
        next.run(request, extensions).await
    }
}

#[actix_web::test]
async fn each_attempt_is_a_span_that_counts_those_before_it() {
    let recorder = testing::record();
    let url = echo().join("/missing").unwrap();
    let settings = ClientSettings::calling([&url]);

    let retrying = client::traced_within(&settings, [Arc::new(Thrice) as Arc<dyn Middleware>]).unwrap();
    retrying.get(url.clone()).send().await.unwrap();
    let plain = client::traced(&settings).unwrap();
    plain.get(url).with_extension(Resends(7)).send().await.unwrap();

    let counts: Vec<String> =
        recorder.spans().iter().map(|span| text(span, "http.request.resend_count")).collect();
    assert_eq!(counts, ["", "1", "2", "7"]);
}
