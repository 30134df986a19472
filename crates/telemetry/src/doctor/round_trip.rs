//! Whether a context survives the way through headers.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};

use crate::propagation::{self, Propagator, Propagators};

/// What became of a context that was written into headers and read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundTrip {
    /// The propagator by its name, or several.
    pub propagators: String,
    /// The headers that were written.
    pub headers: Vec<String>,
    /// What did not come back as it was.
    pub lost: Option<&'static str>,
}

impl fmt::Display for RoundTrip {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { propagators, headers, lost } = self;
        match lost {
            None => write!(out, "  ok     {propagators:<20} {}", headers.join(", ")),
            Some(lost) => write!(out, "  FAILS  {propagators:<20} {lost}"),
        }
    }
}

/// Each propagator by itself, because the first of several that finds a context hides the others; and all together,
/// because they share headers.
pub(super) fn all(propagators: &[Propagator]) -> Vec<RoundTrip> {
    let each = propagators.iter().map(std::slice::from_ref);
    each.chain((propagators.len() > 1).then_some(propagators)).map(through_headers).collect()
}

fn through_headers(propagators: &[Propagator]) -> RoundTrip {
    let sent = sample();
    let chosen: Propagators = propagators.iter().copied().collect();
    let mut headers = HeaderMap::new();
    chosen.inject(&sent, &mut headers);
    let read = chosen.extract(&|name: &HeaderName| headers.get_all(name).iter().map(HeaderValue::as_bytes));

    let names: Vec<&str> = propagators.iter().map(|propagator| propagator.name()).collect();
    let mut headers: Vec<String> = headers.keys().map(ToString::to_string).collect();
    headers.sort();
    RoundTrip { propagators: names.join(","), headers, lost: lost(propagators, &sent, &read) }
}

/// A caller's context as it comes in: only there does a tracestate begin.
fn sample() -> Context {
    const PARENT: &[u8] = b"00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
    let lines = |name: &HeaderName| {
        let line = match name.as_str() {
            "traceparent" => Some(PARENT),
            "tracestate" => Some(&b"doctor=1"[..]),
            _ => None,
        };
        line.into_iter()
    };
    propagation::extract_w3c(lines).with_baggage([KeyValue::new("doctor", "a b")])
}

/// The first thing that is not in `read` as it was in `sent`, of those that `propagators` can carry.
fn lost(propagators: &[Propagator], sent: &Context, read: &Context) -> Option<&'static str> {
    let ids = |context: &Context| {
        let span = context.span();
        let span = span.span_context();
        (span.trace_id(), span.span_id(), span.is_sampled())
    };
    let state = |context: &Context| context.span().span_context().trace_state().header();
    let baggage = |context: &Context| context.baggage().get("doctor").map(ToString::to_string);
    let carries = |what| propagators.contains(&what);
    if propagators.iter().any(|propagator| *propagator != Propagator::Baggage) && ids(read) != ids(sent) {
        Some("the ids that are read back are not those that were written")
    } else if propagators.first() == Some(&Propagator::TraceContext) && state(read) != state(sent) {
        Some("the tracestate that is read back is not what was written")
    } else if carries(Propagator::Baggage) && baggage(read) != baggage(sent) {
        Some("the baggage that is read back is not what was written")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, TraceFlags, TraceState};

    use super::*;

    const ALL: [Propagator; 6] = [
        Propagator::TraceContext,
        Propagator::Baggage,
        Propagator::B3,
        Propagator::B3Multi,
        Propagator::XRay,
        Propagator::Jaeger,
    ];

    #[test]
    fn every_propagator_brings_back_what_it_carries() {
        let trips = all(&ALL);

        assert_eq!(trips.len(), 7, "each, and all together");
        for trip in &trips {
            assert!(trip.lost.is_none() && !trip.headers.is_empty(), "{trip:?}");
        }
        assert_eq!(trips[0].headers, ["traceparent", "tracestate"]);
        assert!(all(&[]).is_empty());
    }

    #[test]
    fn what_is_lost_is_told() {
        let nothing = Context::new();
        for propagator in ALL {
            assert!(lost(&[propagator], &sample(), &nothing).is_some(), "{propagator}");
        }
        let stateless = {
            let span = sample().span().span_context().clone();
            let (trace, id) = (span.trace_id(), span.span_id());
            let bare = SpanContext::new(trace, id, TraceFlags::SAMPLED, true, TraceState::NONE);
            Context::new().with_remote_span_context(bare)
        };
        assert!(lost(&[Propagator::TraceContext], &sample(), &stateless).unwrap().contains("tracestate"));
        assert_eq!(lost(&[Propagator::B3], &sample(), &stateless), None, "B3 has no place for it");
    }
}
