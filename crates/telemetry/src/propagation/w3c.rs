//! `traceparent` and `tracestate` together.

use http::{HeaderMap, HeaderName};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::traceparent::{self, RandomTraceId};
use super::tracestate::State;
use super::{Parent, TRACEPARENT, TRACESTATE, write};

/// The caller's span. Without a valid `traceparent` there is none, and `tracestate` is not looked at.
pub(super) fn extract<'h, L, I>(lines: &L) -> Option<Context>
where
    L: Fn(&HeaderName) -> I,
    I: Iterator<Item = &'h [u8]>,
{
    let parent = parent(lines)?;
    let random = traceparent::has_random_id(&parent);
    let state = State::parse(lines(&TRACESTATE));
    let for_sdk = state.as_ref().map(State::for_sdk).unwrap_or_default();
    let span = SpanContext::new(parent.trace_id, parent.span_id, parent.flags, true, for_sdk);
    let mut context = Context::new().with_remote_span_context(span);
    if random {
        context = context.with_value(RandomTraceId);
    }
    Some(match state {
        Some(state) => context.with_value(state),
        None => context,
    })
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

pub(super) fn inject(context: &Context, span: &SpanContext, headers: &mut HeaderMap) {
    write(headers, TRACEPARENT, traceparent::format(span, context.get()));
    write(headers, TRACESTATE, context.get::<State>().map(|state| state.header().to_owned()));
}
