//! A panic in a handler, as an answer.

use std::any::Any;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use super::failure::Failure;
use crate::context;
use crate::reports::frames::{self, Stack};

/// A handler panicked. The answer is a 500 without the panic's text, which may hold anything.
#[derive(Debug, thiserror::Error)]
#[error("the handler panicked: {text}")]
pub struct Panicked {
    text: String,
    stack: Stack,
    trace_id: Option<String>,
}

impl Panicked {
    /// From what `catch_unwind` answers, inside of the request's span.
    pub(super) fn new(payload: &(dyn Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a value that is no text".to_owned());
        Self { text, stack: frames::take(), trace_id: context::current_trace_id() }
    }

    pub(super) fn failure(&self) -> Failure {
        Failure::panic(self, &self.text, self.stack.clone())
    }
}

impl ResponseError for Panicked {
    fn status_code(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::InternalServerError().json(serde_json::json!({
            "error": "internal",
            "message": "The service failed. Quote the trace id when you report it.",
            "trace_id": self.trace_id,
        }))
    }
}
