//! The one form in which a service says that it could not do what was asked.

use std::error::Error;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use telemetry::context;
use telemetry::server::Failure;

/// An answer that is not 200.
///
/// A refused input is a bare JSON array with one code, as the front end expects. Everything else is
/// `{"error", "message", "trace_id"}`, where the message holds no internals: those go to telemetry.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    body: Body,
    failure: Option<Failure>,
}

#[derive(Debug)]
enum Body {
    /// `["message_blank"]`
    Refused(&'static str),
    /// `{"error": …}`
    Failed { code: &'static str, message: String },
}

/// The body of every failure but a refused input.
#[derive(Debug, Serialize)]
struct Failed<'a> {
    error: &'a str,
    message: &'a str,
    trace_id: Option<String>,
}

impl ApiError {
    /// 422 with the one code that says which rule the input broke.
    #[must_use]
    pub fn unprocessable(code: &'static str) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, body: Body::Refused(code), failure: None }
    }

    /// 400: what came is not in the form that was asked for.
    #[must_use]
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 404.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// Any other answer that is the caller's doing.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, body: Body::Failed { code, message: message.into() }, failure: None }
    }

    /// 500: this service failed. `kind` is a word of few values for the type of `error`.
    #[must_use]
    pub fn internal(kind: &'static str, error: &dyn Error) -> Self {
        let message = "The service failed. Quote the trace id when you report it.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).because(Failure::here(kind, error))
    }

    /// 502: a callee gave no usable answer. `failure` says who failed.
    #[must_use]
    pub fn bad_gateway(message: impl Into<String>, failure: Failure) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "bad_gateway", message).because(failure)
    }

    /// 503: not able right now.
    #[must_use]
    pub fn service_unavailable(message: impl Into<String>, failure: Failure) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", message).because(failure)
    }

    /// 504: a callee did not answer in time.
    #[must_use]
    pub fn gateway_timeout(message: impl Into<String>, failure: Failure) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "gateway_timeout", message).because(failure)
    }

    fn because(self, failure: Failure) -> Self {
        Self { failure: Some(failure), ..self }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            Body::Refused(code) => write!(formatter, "refused: {code}"),
            Body::Failed { message, .. } => formatter.write_str(message),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut builder = HttpResponse::build(self.status);
        let mut response = match &self.body {
            Body::Refused(code) => builder.json([code]),
            Body::Failed { code, message } => {
                builder.json(Failed { error: code, message, trace_id: context::current_trace_id() })
            }
        };
        if let Some(failure) = &self.failure {
            response.extensions_mut().insert(failure.clone());
        }
        response
    }
}

/// The code of a failure that no handler made, by its status.
pub(crate) fn code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "bad_request",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::NOT_ACCEPTABLE => "not_acceptable",
        StatusCode::REQUEST_TIMEOUT => "request_timeout",
        StatusCode::PAYLOAD_TOO_LARGE => "payload_too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        status if status.is_server_error() => "internal",
        _ => "refused",
    }
}
