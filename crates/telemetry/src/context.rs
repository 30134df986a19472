//! The trace context of the work at hand, and how it is carried where HTTP headers do not go: into a table, a queue,
//! a file.

use http::{HeaderMap, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use serde::{Deserialize, Serialize};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::propagation::{self, BAGGAGE, TRACEPARENT, TRACESTATE};

/// The trace id of the current span, as 32 lower-case hexadecimal digits; `None` outside of any span.
#[must_use]
pub fn current_trace_id() -> Option<String> {
    let context = Context::current();
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| span.trace_id().to_string())
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
/// let span = tracing::info_span!("outbox.deliver");
/// stored.adopt(&span);
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
        propagation::inject_w3c(&Context::current(), &mut headers);
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self { traceparent: text(TRACEPARENT), tracestate: text(TRACESTATE), baggage: text(BAGGAGE) }
    }

    /// Makes the carried context the parent of `span`, which must not have been entered yet.
    ///
    /// The carrier is ours, so it is believed. A carrier that is empty or unreadable leaves the span as it is.
    pub fn adopt(&self, span: &tracing::Span) {
        let field = |name: &http::HeaderName| {
            let value = match name.as_str() {
                "traceparent" => &self.traceparent,
                "tracestate" => &self.tracestate,
                _ => &self.baggage,
            };
            value.as_ref().map(String::as_bytes).into_iter()
        };
        set_parent(span, propagation::extract_w3c(field));
    }
}

/// Sets the parent of a span that nobody has entered. The only ways in which that fails are a span that no layer wants
/// and a process without telemetry, and there is nothing to connect in either.
pub(crate) fn set_parent(span: &tracing::Span, context: Context) {
    let _ = span.set_parent(context);
}

/// All lines of a header, as [`propagation::extract`] wants them, from actix's header map.
pub(crate) fn from_request(headers: &actix_web::http::header::HeaderMap) -> Context {
    propagation::extract(|name| {
        headers.get_all(name.as_str()).map(actix_web::http::header::HeaderValue::as_bytes)
    })
}

/// Writes the context of `span` into the headers of a `reqwest` request.
pub(crate) fn into_request(span: &tracing::Span, headers: &mut HeaderMap<HeaderValue>) {
    propagation::inject(&span.context(), headers);
}
