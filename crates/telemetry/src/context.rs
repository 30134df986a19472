//! The trace context of the work at hand, and how it is carried where HTTP headers do not go: into a table, a queue,
//! a file.

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use serde::{Deserialize, Serialize};

use crate::propagation::{self, BAGGAGE, TRACEPARENT, TRACESTATE};

/// The trace id of the current span, as 32 lower-case hexadecimal digits; `None` outside of any span.
#[must_use]
pub fn current_trace_id() -> Option<String> {
    Context::map_current(|context| {
        let span = context.span();
        let span = span.span_context();
        span.is_valid().then(|| span.trace_id().to_string())
    })
}

/// A trace context as text, in the three W3C headers' own form.
///
/// Store it beside a piece of work that is done later; the spans of that work then belong to the trace that asked for
/// it.
///
/// ```
/// use telemetry::context::Carrier;
///
/// let stored = Carrier::current();
/// // … another process, tomorrow:
/// let span = stored.scope(|| tracing::info_span!("outbox.deliver"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// `traceparent`, at most 55 characters.
    pub traceparent: Option<String>,
    /// `tracestate`.
    pub tracestate: Option<String>,
    /// `baggage`, at most 8192 characters.
    pub baggage: Option<String>,
}

impl Carrier {
    /// The context of the current span; empty outside of any span.
    #[must_use]
    pub fn current() -> Self {
        let mut headers = HeaderMap::new();
        propagation::inject(&Context::current(), &mut headers);
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self { traceparent: text(TRACEPARENT), tracestate: text(TRACESTATE), baggage: text(BAGGAGE) }
    }

    /// Runs `make` inside of the carried context: a span that it makes is a child of the span that was stored.
    ///
    /// The carrier is ours, so it is believed. Out of a carrier that is empty or unreadable comes a trace of its own.
    pub fn scope<R>(&self, make: impl FnOnce() -> R) -> R {
        let field = |name: &http::HeaderName| {
            let value = match name.as_str() {
                "traceparent" => &self.traceparent,
                "tracestate" => &self.tracestate,
                _ => &self.baggage,
            };
            value.as_ref().map(String::as_bytes).into_iter()
        };
        let _attached = propagation::extract(field).attach();
        make()
    }
}

/// All lines of a header, as [`propagation::extract`] wants them, from actix's header map.
pub(crate) fn from_request(headers: &actix_web::http::header::HeaderMap) -> Context {
    propagation::extract(|name| {
        headers.get_all(name.as_str()).map(actix_web::http::header::HeaderValue::as_bytes)
    })
}
