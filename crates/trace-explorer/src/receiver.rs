//! `POST /v1/traces` and `POST /v1/logs`: OTLP over HTTP, by the [protocol's rules][spec] for answers and errors.
//!
//! [spec]: https://opentelemetry.io/docs/specs/otlp/#otlphttp
//!
//! Another signal is another path with a decoder and a store of its own; bodies, limits, compression and the queue are
//! the same for all, and for [gRPC](grpc), too.

pub(crate) mod body;
mod cloudwatch;
mod decompress;
mod export;
pub(crate) mod grpc;
pub(crate) mod ingest;
mod rollbar;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use serde::Serialize;

use crate::otlp::{Encoding, Signal, Status, encode_response, encode_status};
use crate::store::log_events::LogEvents;
use body::{BodyError, Budget, Reservation};
use decompress::Compression;
use ingest::{Ingest, IngestError, Job};

/// Codes of gRPC, as `google.rpc.Status` carries them.
const INVALID_ARGUMENT: i32 = 3;
const INTERNAL: i32 = 13;
const UNAVAILABLE: i32 = 14;

/// What the sender of a request is told that met a fault of the explorer's own. OTLP's senders do not repeat a 500.
const FAULT: &str = "a fault in the explorer itself; its stderr has more";

const QUEUE_FULL: &str = "too many requests are waiting to be written";
const BROKEN: &str = "the request ended before its body did";
const TIMED_OUT: &str = "the body took too long to arrive";

/// Seconds after which a sender should try again.
const RETRY_AFTER_SECONDS: u64 = 1;

/// What the handlers need.
pub(crate) struct Receiver {
    ingest: Ingest,
    budget: Arc<Budget>,
    body_limit: usize,
    logs: Arc<LogEvents>,
    pub(crate) counters: Counters,
}

impl Receiver {
    pub(crate) fn new(ingest: Ingest, budget: Arc<Budget>, body_limit: usize, logs: Arc<LogEvents>) -> Self {
        Self { ingest, budget, body_limit, logs, counters: Counters::default() }
    }

    /// What is sent can be written, or will be refused for a reason.
    pub(crate) fn is_alive(&self) -> bool {
        self.ingest.is_alive()
    }
}

/// What was refused since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    rejected_spans: AtomicU64,
    rejected_log_records: AtomicU64,
    refused_requests: AtomicU64,
    postponed_requests: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Serialize)]
pub(crate) struct Received {
    /// Spans that could not be kept: reported to their senders as partial success.
    rejected_spans: u64,
    /// Log records that could not be kept, in the same way.
    rejected_log_records: u64,
    /// Requests answered with 4xx or 500: they would meet the same again.
    refused_requests: u64,
    /// Requests answered with 503: their senders try again.
    postponed_requests: u64,
}

impl Counters {
    pub(crate) fn snapshot(&self) -> Received {
        Received {
            rejected_spans: self.rejected_spans.load(Ordering::Relaxed),
            rejected_log_records: self.rejected_log_records.load(Ordering::Relaxed),
            refused_requests: self.refused_requests.load(Ordering::Relaxed),
            postponed_requests: self.postponed_requests.load(Ordering::Relaxed),
        }
    }

    fn count(&self, status: StatusCode) {
        if status.is_client_error() || status == StatusCode::INTERNAL_SERVER_ERROR {
            self.count_refused();
        } else if status.is_server_error() {
            self.count_postponed();
        }
    }

    fn count_refused(&self) {
        self.refused_requests.fetch_add(1, Ordering::Relaxed);
    }

    fn count_postponed(&self) {
        self.postponed_requests.fetch_add(1, Ordering::Relaxed);
    }

    fn count_rejected(&self, signal: Signal, count: u64) {
        let counter = match signal {
            Signal::Traces => &self.rejected_spans,
            Signal::Logs => &self.rejected_log_records,
        };
        counter.fetch_add(count, Ordering::Relaxed);
    }
}

/// Registers `/v1/traces` and `/v1/logs`, and the addresses of Rollbar and of CloudWatch Logs.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    for (path, handler) in [("/v1/traces", web::post().to(traces)), ("/v1/logs", web::post().to(logs))] {
        let only_post = web::to(|| async { method_not_allowed() });
        config.service(web::resource(path).route(handler).default_service(only_post));
    }
    rollbar::routes(config);
    cloudwatch::routes(config);
}

async fn traces(request: HttpRequest, payload: web::Payload, receiver: web::Data<Receiver>) -> HttpResponse {
    take(Signal::Traces, &request, payload, &receiver).await
}

async fn logs(request: HttpRequest, payload: web::Payload, receiver: web::Data<Receiver>) -> HttpResponse {
    take(Signal::Logs, &request, payload, &receiver).await
}

async fn take(
    signal: Signal,
    request: &HttpRequest,
    payload: web::Payload,
    receiver: &Receiver,
) -> HttpResponse {
    let response = receive(signal, request, payload, receiver).await;
    receiver.counters.count(response.status());
    response
}

async fn receive(
    signal: Signal,
    request: &HttpRequest,
    payload: web::Payload,
    receiver: &Receiver,
) -> HttpResponse {
    let Some(encoding) = header(request, CONTENT_TYPE).and_then(Encoding::of_content_type) else {
        return unsupported("Content-Type must be application/x-protobuf or application/json");
    };
    let Some(compression) = Compression::of_header(header(request, CONTENT_ENCODING)) else {
        let message = "Content-Encoding must be gzip or identity";
        return failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, encoding, INVALID_ARGUMENT, message);
    };
    let mut reservation = Reservation::of(&receiver.budget);
    let body = match body::read(payload, receiver.body_limit, &mut reservation).await {
        Ok(body) => body,
        Err(error) => return body_failure(error, encoding, receiver.body_limit),
    };
    match receiver.export(signal, Job { body, compression, encoding, reservation }).await {
        Ok(rejected) => HttpResponse::Ok()
            .content_type(encoding.content_type())
            .body(encode_response(signal, encoding, &rejected)),
        Err(IngestError::Malformed(message)) => {
            failure(StatusCode::BAD_REQUEST, encoding, INVALID_ARGUMENT, &message)
        }
        Err(IngestError::TooLarge) => body_failure(BodyError::TooLarge, encoding, receiver.body_limit),
        Err(IngestError::Unavailable(message)) => unavailable(encoding, &message),
        Err(IngestError::Fault) => failure(StatusCode::INTERNAL_SERVER_ERROR, encoding, INTERNAL, FAULT),
    }
}

fn header(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    // A header that is not text is as good as one of an unknown value.
    request.headers().get(name).map(|value| value.to_str().unwrap_or("?"))
}

fn body_failure(error: BodyError, encoding: Encoding, limit: usize) -> HttpResponse {
    let (status, message) = match error {
        BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, too_large(limit)),
        BodyError::BudgetExhausted => return unavailable(encoding, QUEUE_FULL),
        BodyError::Broken => (StatusCode::BAD_REQUEST, BROKEN.to_owned()),
        BodyError::TimedOut => (StatusCode::REQUEST_TIMEOUT, TIMED_OUT.to_owned()),
    };
    failure(status, encoding, INVALID_ARGUMENT, &message)
}

fn unavailable(encoding: Encoding, message: &str) -> HttpResponse {
    let mut builder = HttpResponse::ServiceUnavailable();
    builder.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS.to_string()));
    with_status(builder, encoding, UNAVAILABLE, message)
}

fn failure(status: StatusCode, encoding: Encoding, code: i32, message: &str) -> HttpResponse {
    with_status(HttpResponse::build(status), encoding, code, message)
}

fn with_status(
    mut builder: HttpResponseBuilder,
    encoding: Encoding,
    code: i32,
    message: &str,
) -> HttpResponse {
    let status = Status { code, message: message.to_owned() };
    builder.content_type(encoding.content_type()).body(encode_status(encoding, &status))
}

fn too_large(limit: usize) -> String {
    format!("the request is larger than {limit} bytes, before or after decompression")
}

/// No encoding to answer in is known, so it is plain text, as in the OpenTelemetry Collector.
fn unsupported(message: &'static str) -> HttpResponse {
    HttpResponse::UnsupportedMediaType().content_type("text/plain; charset=utf-8").body(message)
}

fn method_not_allowed() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "POST"))
        .content_type("text/plain; charset=utf-8")
        .body("OTLP is sent with POST")
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
