//! Work that may be given up before it ends.

use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use opentelemetry_semantic_conventions::attribute;
use tracing::Span;

/// `error.type` of work that was given up.
const CANCELLED: &str = "cancelled";

/// Marks a span as cancelled when it is dropped before [`done`](Self::done): the caller went away, or a `select!` took
/// another branch, and the future of the work was dropped with all that it held.
pub(crate) struct Pending {
    span: Span,
    is_done: bool,
}

impl Pending {
    pub(crate) fn new(span: Span) -> Self {
        Self { span, is_done: false }
    }

    pub(crate) fn done(&mut self) {
        self.is_done = true;
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.is_done {
            super::update(&self.span, |span| {
                span.set(KeyValue::new(attribute::ERROR_TYPE, CANCELLED));
                span.status(Status::error(""));
            });
        }
    }
}
