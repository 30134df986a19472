//! Whether a context survives the way through headers.

use http::{HeaderMap, HeaderValue};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};

use crate::propagation::{Propagator, Propagators};

/// Writes a context by `propagators` and reads it back.
pub(super) fn check(propagators: &[Propagator]) -> Result<(), String> {
    let (trace_id, span_id) =
        (TraceId::from(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c), SpanId::from(0x00f0_67aa_0ba9_02b7));
    let span = SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED, true, TraceState::NONE);
    let sent = Context::new().with_remote_span_context(span).with_baggage([KeyValue::new("doctor", "a b")]);

    let chosen: Propagators = propagators.iter().copied().collect();
    let mut headers = HeaderMap::new();
    chosen.inject(&sent, &mut headers);
    let read =
        chosen.extract(&|name: &http::HeaderName| headers.get_all(name).iter().map(HeaderValue::as_bytes));

    let carries_spans = propagators.iter().any(|propagator| *propagator != Propagator::Baggage);
    let ids = |context: &Context| {
        let span = context.span();
        let span = span.span_context();
        (span.trace_id(), span.span_id(), span.is_sampled())
    };
    if carries_spans && ids(&read) != ids(&sent) {
        return Err("the ids that are read back are not those that were written".to_owned());
    }
    let baggage = read.baggage().get("doctor").map(ToString::to_string);
    if propagators.contains(&Propagator::Baggage) && baggage.as_deref() != Some("a b") {
        return Err("the baggage that is read back is not what was written".to_owned());
    }
    Ok(())
}
