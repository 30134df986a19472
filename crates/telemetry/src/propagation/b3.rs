//! [B3](https://github.com/openzipkin/b3-propagation), Zipkin's headers, in one line or in several.
//!
//! The crate that OpenTelemetry publishes for it marks an open sampling decision by the bit that level 2 of W3C Trace
//! Context gave to random trace ids, so that a trace which came in by one and goes out by the other loses its decision.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId};

use super::{Parent, hex, single, write};

const SINGLE: HeaderName = HeaderName::from_static("b3");
const TRACE_ID: HeaderName = HeaderName::from_static("x-b3-traceid");
const SPAN_ID: HeaderName = HeaderName::from_static("x-b3-spanid");
const SAMPLED: HeaderName = HeaderName::from_static("x-b3-sampled");
const FLAGS: HeaderName = HeaderName::from_static("x-b3-flags");

/// Says that the caller asked for this trace to be recorded whatever the samplers think. It travels in the context beside
/// the span, because the flags of W3C have no bit for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Debug;

/// The caller's span, from the one line, else from the several: OpenTelemetry asks for both, whichever is written.
pub(super) fn extract<'h, L, I>(lines: &L) -> Option<Context>
where
    L: Fn(&HeaderName) -> I,
    I: Iterator<Item = &'h [u8]>,
{
    let (parent, debug) = match single(lines, &SINGLE) {
        Some(value) => from_single(value).or_else(|| from_multiple(lines))?,
        None => from_multiple(lines)?,
    };
    let context = parent.into_context();
    Some(if debug { context.with_value(Debug) } else { context })
}

/// `trace id-span id[-sampling[-parent span id]]`. A line with a decision and no ids has no span to hang on to.
fn from_single(value: &str) -> Option<(Parent, bool)> {
    let mut fields = value.split('-');
    let (trace_id, span_id) = (trace_id(fields.next()?)?, span_id(fields.next()?)?);
    let (sampled, debug) = match fields.next() {
        None | Some("1") => (true, false),
        Some("0") => (false, false),
        Some("d") => (true, true),
        Some(_) => return None,
    };
    if let Some(grandparent) = fields.next() {
        self::span_id(grandparent)?;
    }
    let ends = fields.next().is_none();
    ends.then(|| Parent::new(trace_id, span_id, flags(sampled)).map(|parent| (parent, debug)))?
}

fn from_multiple<'h, L, I>(lines: &L) -> Option<(Parent, bool)>
where
    L: Fn(&HeaderName) -> I,
    I: Iterator<Item = &'h [u8]>,
{
    let (trace_id, span_id) = (trace_id(single(lines, &TRACE_ID)?)?, span_id(single(lines, &SPAN_ID)?)?);
    let debug = single(lines, &FLAGS) == Some("1");
    let is_open = lines(&SAMPLED).next().is_none();
    let sampled = match single(lines, &SAMPLED) {
        _ if debug || is_open => true,
        // Before there was a specification some wrote words.
        Some("1" | "true") => true,
        Some("0" | "false") => false,
        _ => return None,
    };
    Parent::new(trace_id, span_id, flags(sampled)).map(|parent| (parent, debug))
}

/// 32 digits, or 16 for the half that old tracers make.
fn trace_id(digits: &str) -> Option<TraceId> {
    match digits.len() {
        16 => hex::number(digits).map(TraceId::from),
        _ => hex::bytes(digits.as_bytes()).map(TraceId::from_bytes),
    }
}

fn span_id(digits: &str) -> Option<SpanId> {
    hex::bytes(digits.as_bytes()).map(SpanId::from_bytes)
}

/// A caller that left the decision open left it to us, and we do not lose its trace.
fn flags(sampled: bool) -> TraceFlags {
    if sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED }
}

pub(super) fn inject_single(context: &Context, span: &SpanContext, headers: &mut HeaderMap) {
    let decision = match (context.get::<Debug>(), span.is_sampled()) {
        (Some(_), _) => "d",
        (None, true) => "1",
        (None, false) => "0",
    };
    write(headers, SINGLE, Some(format!("{}-{}-{decision}", span.trace_id(), span.span_id())));
}

pub(super) fn inject_multiple(context: &Context, span: &SpanContext, headers: &mut HeaderMap) {
    write(headers, TRACE_ID, Some(span.trace_id().to_string()));
    write(headers, SPAN_ID, Some(span.span_id().to_string()));
    // The flag implies the decision, and the specification wants only one of them.
    if context.get::<Debug>().is_some() {
        headers.insert(FLAGS, HeaderValue::from_static("1"));
    } else {
        headers.insert(SAMPLED, HeaderValue::from_static(if span.is_sampled() { "1" } else { "0" }));
    }
}
