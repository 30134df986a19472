//! The trace context of the work at hand, and how it is carried where HTTP headers do not go: into a table, a queue,
//! a file.

use actix_web::http::header as actix;
use http::HeaderMap;
use opentelemetry::baggage::{BaggageExt, BaggageMetadata, KeyValueMetadata};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue, Value};
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

/// Sets an attribute of the current span, in place of an earlier value of the same key. Outside of any span, and in one
/// that is not sampled, nothing happens.
///
/// ```
/// # async fn pay() {
/// telemetry::context::set_attribute("order.items", 3);
/// telemetry::context::set_attribute("order.currency", "EUR");
/// # }
/// ```
pub fn set_attribute(key: &'static str, value: impl Into<Value>) {
    // A copy, because nothing foreign may run while the thread's own is borrowed.
    Context::current().span().set_attribute(KeyValue::new(key, value));
}

/// The value of a key of the baggage that travels with the current work: W3C Baggage, decoded.
#[must_use]
pub fn baggage(key: &str) -> Option<String> {
    Context::map_current(|context| context.baggage().get(key).map(ToString::to_string))
}

/// Runs `make` with `pairs` added to the baggage: a span that it makes, everything below that span and every call that
/// is made there carry them, to hosts that may have them.
///
/// Baggage is sent in the clear with each request; it is no place for secrets.
///
/// ```
/// use tracing::Instrument;
///
/// # async fn handler() {
/// let span = telemetry::context::with_baggage([("tenant", "acme")], || tracing::info_span!("order"));
/// async { assert_eq!(telemetry::context::baggage("tenant").as_deref(), Some("acme")) }.instrument(span).await;
/// # }
/// ```
pub fn with_baggage<R>(
    pairs: impl IntoIterator<Item = (&'static str, impl Into<String>)>,
    make: impl FnOnce() -> R,
) -> R {
    let context = Context::current();
    let known = context
        .baggage()
        .iter()
        .map(|(key, (value, metadata))| KeyValueMetadata::new(key.clone(), value.clone(), metadata.clone()));
    let added = pairs
        .into_iter()
        .map(|(key, value)| KeyValueMetadata::new(key, value.into(), BaggageMetadata::default()));
    let all: Vec<KeyValueMetadata> = known.chain(added).collect();
    let _attached = context.with_baggage(all).attach();
    make()
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
        propagation::inject_w3c(&Context::current(), &mut headers);
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
        let _attached = propagation::extract_w3c(field).attach();
        make()
    }
}

/// The headers that each request is asked for, as names of the version of `http` that actix has. It would parse a name that
/// is given as a text, each time.
static W3C: [actix::HeaderName; 3] = [
    actix::HeaderName::from_static("traceparent"),
    actix::HeaderName::from_static("tracestate"),
    actix::HeaderName::from_static("baggage"),
];

/// All lines of a header, as [`propagation::extract`] wants them, from actix's header map.
pub(crate) fn from_request(headers: &actix::HeaderMap) -> Context {
    propagation::extract(|name| {
        let known = W3C.iter().find(|known| known.as_str() == name.as_str());
        let lines = known.map_or_else(|| headers.get_all(name.as_str()), |known| headers.get_all(known));
        lines.map(actix::HeaderValue::as_bytes)
    })
}

/// Whether a caller names its span by the header of W3C.
pub(crate) fn has_traceparent(headers: &actix::HeaderMap) -> bool {
    headers.contains_key(&W3C[0])
}
