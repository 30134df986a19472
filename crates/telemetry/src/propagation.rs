//! Trace context and baggage, in and out of HTTP headers: [W3C Trace Context][trace] and [W3C Baggage][baggage], and, where
//! `OTEL_PROPAGATORS` asks for them, the [formats](Propagator) that were there before.
//!
//! The middlewares of the two HTTP libraries are used without their own propagation. Theirs reads the first line of a
//! repeated header only and speaks another version of OpenTelemetry, which splits a trace in silence.
//!
//! [trace]: https://www.w3.org/TR/trace-context-2/
//! [baggage]: https://www.w3.org/TR/baggage/

mod b3;
mod baggage;
mod edge;
mod hex;
mod jaeger;
pub(crate) mod percent;
mod propagator;
pub(crate) mod traceparent;
mod tracestate;
mod trust;
mod w3c;
mod xray;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

pub use edge::BaggageRules;
pub(crate) use edge::Received;
pub(crate) use propagator::install;
pub use propagator::{ParsePropagatorError, Propagator, Propagators};
pub use trust::{ParseTrustError, TrustPolicy};

/// `traceparent`: ids and flags of the caller's span.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// `tracestate`: what other tracing systems carry along.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// `baggage`: key-value pairs that travel with the request.
pub const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// Reads the caller's context in the formats of this process, [`Propagators`]: the span of the first format that has a
/// valid one, and baggage, which stands on its own.
///
/// `lines` answers all values of a header, one for each of its lines, in order.
pub fn extract<'h, L, I>(lines: L) -> Context
where
    L: Fn(&HeaderName) -> I,
    I: Iterator<Item = &'h [u8]>,
{
    Propagators::installed().extract(&lines)
}

/// Writes `context` into `headers` in the formats of this process, in place of what any format left there. Nothing is
/// written for a part that is empty.
pub fn inject(context: &Context, headers: &mut HeaderMap) {
    Propagators::installed().inject(context, headers);
}

/// As [`extract`], always in the formats of W3C: for context that we stored ourselves.
pub(crate) fn extract_w3c<'h, L, I>(lines: L) -> Context
where
    L: Fn(&HeaderName) -> I,
    I: Iterator<Item = &'h [u8]>,
{
    Propagators::w3c().extract(&lines)
}

/// As [`inject`], always in the formats of W3C.
pub(crate) fn inject_w3c(context: &Context, headers: &mut HeaderMap) {
    Propagators::w3c().inject(context, headers);
}

/// Takes the context of every format out of `headers`, also of those that are not in use: a handler may have copied the
/// headers of its own request.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let stale: Vec<HeaderName> = headers.keys().filter(|name| is_context(name.as_str())).cloned().collect();
    for name in stale {
        headers.remove(name);
    }
}

fn is_context(name: &str) -> bool {
    let exact =
        ["traceparent", "tracestate", "baggage", "b3", "x-amzn-trace-id", "uber-trace-id", "jaeger-baggage"];
    // The old Jaeger clients had a header for each key of their baggage.
    exact.contains(&name) || name.starts_with("x-b3-") || name.starts_with("uberctx-")
}

/// The value of `traceresponse` for the span of `context`, in the form of `traceparent`; `None` outside of any span.
pub(crate) fn traceresponse(context: &Context) -> Option<[u8; traceparent::LENGTH]> {
    traceparent::format(context.span().span_context(), context.get())
}

/// A caller's span: ids that are not zero, and what it decided.
struct Parent {
    trace_id: TraceId,
    span_id: SpanId,
    flags: TraceFlags,
}

impl Parent {
    fn new(trace_id: TraceId, span_id: SpanId, flags: TraceFlags) -> Option<Self> {
        let valid = trace_id != TraceId::INVALID && span_id != SpanId::INVALID;
        valid.then_some(Self { trace_id, span_id, flags })
    }

    fn into_context(self) -> Context {
        let span = SpanContext::new(self.trace_id, self.span_id, self.flags, true, TraceState::NONE);
        Context::new().with_remote_span_context(span)
    }
}

/// The value of a header that has one line. Two of them contradict each other: neither can be believed.
fn single<'h, L, I>(lines: &L, name: &HeaderName) -> Option<&'h str>
where
    L: Fn(&HeaderName) -> I,
    I: Iterator<Item = &'h [u8]>,
{
    let mut values = lines(name);
    let value = std::str::from_utf8(trim(values.next()?)).ok()?;
    values.next().is_none().then_some(value)
}

/// `text` without the optional white space of HTTP around it: spaces and tabs, and no other.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

fn write(headers: &mut HeaderMap, name: HeaderName, value: Option<impl AsRef<[u8]>>) {
    let value = value.filter(|value| !value.as_ref().is_empty());
    if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value.as_ref()).ok()) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TraceContextExt;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn round(headers: &HeaderMap) -> HeaderMap {
        let context = extract(|name| headers.get_all(name).iter().map(HeaderValue::as_bytes));
        let mut out = HeaderMap::new();
        inject(&context, &mut out);
        out
    }

    #[test]
    fn what_comes_in_goes_out() {
        let incoming = headers(&[
            ("traceparent", PARENT),
            ("tracestate", "a=1,b=2"),
            ("baggage", "user=londo;priority=high"),
        ]);

        assert_eq!(round(&incoming), incoming);
    }

    #[test]
    fn all_lines_of_a_header_are_read() {
        let incoming = headers(&[
            ("traceparent", PARENT),
            ("tracestate", "a=1"),
            ("tracestate", "b=2, c=3"),
            ("baggage", "x=1"),
            ("baggage", "y=2"),
        ]);

        let out = round(&incoming);

        assert_eq!(out["tracestate"], "a=1,b=2,c=3");
        assert_eq!(out["baggage"], "x=1,y=2");
    }

    #[test]
    fn two_traceparents_are_none() {
        let out = round(&headers(&[("traceparent", PARENT), ("traceparent", PARENT)]));

        assert!(!out.contains_key("traceparent"));
    }

    #[test]
    fn a_bad_traceparent_takes_its_tracestate_along_but_not_the_baggage() {
        let incoming = headers(&[("traceparent", "00-0-0-01"), ("tracestate", "a=1"), ("baggage", "x=1")]);

        let out = round(&incoming);

        assert!(!out.contains_key("traceparent") && !out.contains_key("tracestate"));
        assert_eq!(out["baggage"], "x=1");
    }

    #[test]
    fn nothing_is_written_where_there_is_nothing() {
        let mut out = headers(&[("traceparent", PARENT), ("tracestate", "a=1")]);

        inject(&Context::new(), &mut out);

        assert!(out.is_empty(), "a stale header stayed: {out:?}");
    }

    #[test]
    fn the_random_flag_survives_a_trace_that_is_not_sampled() {
        for flags in ["02", "03"] {
            let context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
            let value: &'static str = format!("{context}-{flags}").leak();

            assert_eq!(round(&headers(&[("traceparent", value)]))["traceparent"], value);
        }
    }

    #[test]
    fn an_extracted_span_is_remote() {
        let incoming = headers(&[("traceparent", PARENT)]);

        let context = extract(|name| incoming.get_all(name).iter().map(HeaderValue::as_bytes));

        assert!(context.span().span_context().is_remote());
        assert!(context.span().span_context().is_sampled());
    }
}
