//! Work that may be given up before it ends.

use std::sync::Arc;

use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use tracing::Span;

use super::live::Live;

/// `error.type` of work that was given up.
const CANCELLED: &str = "cancelled";

/// Marks a span as cancelled when it is dropped before [`done`](Self::done): the caller went away, or a `select!` took
/// another branch, and the future of the work was dropped with all that it held.
pub(crate) struct Pending {
    /// `None` when nothing is recorded. It does not keep the span open.
    live: Option<Arc<Live>>,
    is_done: bool,
}

impl Pending {
    /// Work of the current span. Most spans are not sampled where many are made, and a look at the context tells that for
    /// less than the registry of `tracing` does.
    pub(crate) fn in_current_span() -> Self {
        let is_sampled = Context::map_current(|context| context.span().span_context().is_sampled());
        Self { live: is_sampled.then(|| super::live(&Span::current())).flatten(), is_done: false }
    }

    /// The same work, from here on.
    pub(crate) fn carry_on(&mut self) -> Self {
        self.done();
        Self { live: self.live.clone(), is_done: false }
    }

    /// What is recorded of the span.
    pub(crate) fn live(&self) -> Option<&Live> {
        self.live.as_deref()
    }

    pub(crate) fn done(&mut self) {
        self.is_done = true;
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(live) = self.live.as_ref().filter(|_| !self.is_done) {
            live.update(|span| {
                span.set(KeyValue::new(attribute::ERROR_TYPE, CANCELLED));
                span.status(Status::error(""));
            });
        }
    }
}
