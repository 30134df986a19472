//! Trace context and baggage, in and out of HTTP headers: [W3C Trace Context][trace] and [W3C Baggage][baggage].
//!
//! The middlewares of the two HTTP libraries are used without their own propagation. Theirs reads the first line of a
//! repeated header only and speaks another version of OpenTelemetry, which splits a trace in silence.
//!
//! [trace]: https://www.w3.org/TR/trace-context-2/
//! [baggage]: https://www.w3.org/TR/baggage/

mod baggage;
pub(crate) mod percent;
pub(crate) mod traceparent;
mod tracestate;
mod trust;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use self::traceparent::{Parent, RandomTraceId};
use self::tracestate::State;

pub use trust::{ParseTrustError, TrustPolicy};

/// `traceparent`: ids and flags of the caller's span.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// `tracestate`: what other tracing systems carry along.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// `baggage`: key-value pairs that travel with the request.
pub const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// Reads the caller's context. Without a valid `traceparent` the span part is empty, and `tracestate` is not looked
/// at; baggage stands on its own.
///
/// `lines` answers all values of a header, one for each of its lines, in order.
pub fn extract<'h, L, I>(lines: L) -> Context
where
    L: Fn(&HeaderName) -> I,
    I: Iterator<Item = &'h [u8]>,
{
    let mut context = Context::new();
    if let Some(parent) = parent(&lines) {
        let state = State::parse(lines(&TRACESTATE));
        let for_sdk = state.as_ref().map(State::for_sdk).unwrap_or_default();
        let span = SpanContext::new(parent.trace_id, parent.span_id, parent.flags, true, for_sdk);
        context = context.with_remote_span_context(span);
        if parent.has_random_id() {
            context = context.with_value(RandomTraceId);
        }
        if let Some(state) = state {
            context = context.with_value(state);
        }
    }
    let baggage = baggage::parse(lines(&BAGGAGE));
    if baggage.is_empty() { context } else { context.with_baggage(baggage) }
}

/// The caller's span, when there is one `traceparent` and it is valid.
fn parent<'h, L, I>(lines: &L) -> Option<Parent>
where
    L: Fn(&HeaderName) -> I,
    I: Iterator<Item = &'h [u8]>,
{
    let mut parents = lines(&TRACEPARENT);
    let parent = traceparent::parse(parents.next()?)?;
    // Two of them contradict each other: neither can be believed.
    parents.next().is_none().then_some(parent)
}

/// Writes `context` into `headers`, in place of what they hold. Nothing is written for a part that is empty.
pub fn inject(context: &Context, headers: &mut HeaderMap) {
    let span = context.span();
    write(headers, TRACEPARENT, traceparent::format(span.span_context(), context.get()));
    let state = context.get::<State>().map(|state| state.header().to_owned());
    write(headers, TRACESTATE, state.filter(|_| span.span_context().is_valid()));
    write(headers, BAGGAGE, Some(baggage::format(context.baggage())));
}

fn write(headers: &mut HeaderMap, name: HeaderName, value: Option<String>) {
    headers.remove(&name);
    let value = value.filter(|value| !value.is_empty());
    if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
        headers.insert(name, value);
    }
}

/// The value of `traceresponse` for the span of `context`, in the form of `traceparent`; `None` outside of any span.
pub(crate) fn traceresponse(context: &Context) -> Option<String> {
    traceparent::format(context.span().span_context(), context.get())
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
        let mut members: Vec<_> = out["baggage"].to_str().unwrap().split(',').collect();
        members.sort_unstable();
        assert_eq!(members, ["x=1", "y=2"]);
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
