//! The answers of Rollbar's API: `{"err": 0, "result": …}` or `{"err": 1, "message": …}`.

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Value, json};

use crate::errors::Refusal;
use crate::receiver::body::BodyError;
use crate::receiver::{FAULT, RETRY_AFTER_SECONDS, Receiver};
use crate::store::StoreError;

/// Why there is no success.
#[derive(Debug)]
pub(super) enum Failure {
    Refused(Refusal),
    TooLarge(usize),
    /// There is no room now, and why.
    Full(String),
    /// The same, on its way to the thread that warns of it.
    Disk(StoreError),
    Broken,
    TimedOut,
    Encoding,
    Browser,
    NoSuchDeploy,
    /// A fault of the explorer's own.
    Fault,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Failure {
    pub(super) fn of_body(error: BodyError, limit: usize) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge(limit),
            BodyError::BudgetExhausted => {
                Self::Full("too many requests are waiting to be written".to_owned())
            }
            BodyError::Broken => Self::Broken,
            BodyError::TimedOut => Self::TimedOut,
        }
    }

    /// The `match` from what went wrong to HTTP.
    fn into_parts(self) -> (StatusCode, String) {
        match self {
            Self::Refused(Refusal::Unreadable(message)) => (StatusCode::BAD_REQUEST, message),
            Self::Refused(Refusal::NoToken) => (
                StatusCode::UNAUTHORIZED,
                "there is no access token: send the header X-Rollbar-Access-Token; any text will do here"
                    .to_owned(),
            ),
            Self::Refused(Refusal::Wrong(message)) => (StatusCode::UNPROCESSABLE_ENTITY, message),
            Self::TooLarge(limit) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the payload is larger than {limit} bytes, before or after decompression"),
            ),
            Self::Full(message) => (StatusCode::TOO_MANY_REQUESTS, message),
            Self::Disk(error) => (StatusCode::TOO_MANY_REQUESTS, error.to_string()),
            Self::Broken => (StatusCode::BAD_REQUEST, "the request ended before its body did".to_owned()),
            Self::TimedOut => (StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive".to_owned()),
            Self::Encoding => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Encoding must be gzip or identity".to_owned())
            }
            Self::Browser => {
                (StatusCode::FORBIDDEN, "the explorer takes no reports from pages of other sites".to_owned())
            }
            Self::NoSuchDeploy => (StatusCode::NOT_FOUND, "there is no deploy of this id".to_owned()),
            Self::Fault => (StatusCode::INTERNAL_SERVER_ERROR, FAULT.to_owned()),
        }
    }
}

/// What an item's sender is told. Numbers were for older clients.
pub(super) fn item(uuid: &str) -> Value {
    json!({"err": 0, "result": {"id": null, "uuid": uuid}})
}

/// Clients look for the number of a deploy in one of two places.
pub(super) fn deploy(id: u64) -> Value {
    json!({"err": 0, "result": {"id": id}, "data": {"deploy_id": id}})
}

/// The answer, counted among those of the receiver.
pub(super) fn counted(outcome: Result<Value, Failure>, receiver: &Receiver) -> HttpResponse {
    let response = match outcome {
        Ok(success) => HttpResponse::Ok().json(success),
        Err(failure) => response(failure),
    };
    // In Rollbar's words 429 is what 503 is in OTLP's: the sender tries again.
    receiver.counters.count(match response.status() {
        StatusCode::TOO_MANY_REQUESTS => StatusCode::SERVICE_UNAVAILABLE,
        status => status,
    });
    response
}

fn response(failure: Failure) -> HttpResponse {
    let (status, message) = failure.into_parts();
    let mut builder = HttpResponse::build(status);
    if status == StatusCode::TOO_MANY_REQUESTS {
        rate_limit(&mut builder);
    }
    builder.json(json!({"err": 1, "message": message}))
}

/// There is no rate here; the headers say that there is room for none now, and when to try again.
fn rate_limit(builder: &mut HttpResponseBuilder) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    builder
        .insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS))
        .insert_header(("X-Rate-Limit-Limit", "0"))
        .insert_header(("X-Rate-Limit-Remaining", "0"))
        .insert_header(("X-Rate-Limit-Reset", (now + 1).to_string()))
        .insert_header(("X-Rate-Limit-Remaining-Seconds", RETRY_AFTER_SECONDS));
}

pub(super) fn method_not_allowed() -> HttpResponse {
    HttpResponse::MethodNotAllowed().insert_header((ALLOW, "POST, PATCH")).json(
        json!({"err": 1, "message": "items and deploys are sent with POST, and deploys changed with PATCH"}),
    )
}
