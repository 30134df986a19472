//! What the sender of a call is told.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use tonic::body::Body;
use tonic::codegen::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use tonic::codegen::http::{Response, StatusCode};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::message;
use crate::receiver::body::BodyError;
use crate::receiver::ingest::IngestError;
use crate::receiver::{BROKEN, Counters, FAULT, QUEUE_FULL, RETRY_AFTER_SECONDS, TIMED_OUT, too_large};

/// What a sender may name in `grpc-encoding`.
const ACCEPTED: HeaderValue = HeaderValue::from_static("identity,gzip");

pub(super) fn success(answer: &[u8]) -> Response<Body> {
    let trailers = HeaderMap::from_iter([(Status::GRPC_STATUS, HeaderValue::from_static("0"))]);
    let body = Full::new(Bytes::from(message::into_body(answer)));
    let body = body.with_trailers(std::future::ready(Some(Ok::<_, Infallible>(trailers))));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// What is not gRPC cannot read an answer of gRPC.
pub(super) fn unsupported() -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    response
}

pub(super) fn unknown_compression() -> Status {
    let mut status = Status::unimplemented("grpc-encoding must be gzip or identity");
    status.metadata_mut().as_mut().insert("grpc-accept-encoding", ACCEPTED);
    status
}

pub(super) fn of_body(error: BodyError, limit: usize) -> Status {
    match error {
        BodyError::TooLarge => exhausted(limit),
        BodyError::BudgetExhausted => unavailable(QUEUE_FULL),
        BodyError::Broken => Status::cancelled(BROKEN),
        BodyError::TimedOut => Status::deadline_exceeded(TIMED_OUT),
    }
}

pub(super) fn of_ingest(error: IngestError, limit: usize) -> Status {
    match error {
        IngestError::Malformed(message) => Status::invalid_argument(message),
        IngestError::TooLarge => exhausted(limit),
        IngestError::Unavailable(message) => unavailable(&message),
        IngestError::Fault => Status::internal(FAULT),
    }
}

/// Without the details that [`unavailable`] has, it tells an OTLP sender not to repeat the call.
fn exhausted(limit: usize) -> Status {
    Status::resource_exhausted(too_large(limit))
}

fn unavailable(message: &str) -> Status {
    let pause = Some(Duration::from_secs(RETRY_AFTER_SECONDS));
    Status::with_error_details(Code::Unavailable, message, ErrorDetails::with_retry_info(pause))
}

pub(super) fn count(counters: &Counters, code: Code) {
    match code {
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => counters.count_postponed(),
        _ => counters.count_refused(),
    }
}
