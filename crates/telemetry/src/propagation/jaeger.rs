//! [`uber-trace-id`][format], the header of the old Jaeger clients. Their baggage, a header a key, is not read: W3C Baggage
//! is there for that.
//!
//! [format]: https://www.jaegertracing.io/docs/1.76/client-libraries/#trace-span-identity

use http::{HeaderMap, HeaderName};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId};

use super::b3::Debug;
use super::{Parent, hex, percent, single, write};

const HEADER: HeaderName = HeaderName::from_static("uber-trace-id");
const SAMPLED: u128 = 0b01;
const DEBUG: u128 = 0b10;

pub(super) fn extract<'h, L, I>(lines: &L) -> Option<Context>
where
    L: Fn(&HeaderName) -> I,
    I: Iterator<Item = &'h [u8]>,
{
    // Some clients encode the colons.
    let (parent, debug) = parse(&percent::decode(single(lines, &HEADER)?)?)?;
    let context = parent.into_context();
    Some(if debug { context.with_value(Debug) } else { context })
}

/// `trace id:span id:parent span id:flags`, each without its leading zeros if the client likes; the third is a relic, and
/// nobody reads it.
fn parse(value: &str) -> Option<(Parent, bool)> {
    let mut fields = value.split(':');
    let trace_id = TraceId::from(hex::number(fields.next()?)?);
    let span_id = SpanId::from(u64::try_from(hex::number(fields.next()?)?).ok()?);
    let _grandparent = hex::number(fields.next()?)?;
    let flags = hex::number(fields.next()?).filter(|flags| *flags <= 0xff)?;
    if fields.next().is_some() {
        return None;
    }
    let debug = flags & DEBUG != 0;
    let sampled = debug || flags & SAMPLED != 0;
    let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    Parent::new(trace_id, span_id, flags).map(|parent| (parent, debug))
}

pub(super) fn inject(context: &Context, span: &SpanContext, headers: &mut HeaderMap) {
    let flags = match (context.get::<Debug>(), span.is_sampled()) {
        (Some(_), _) => SAMPLED | DEBUG,
        (None, true) => SAMPLED,
        (None, false) => 0,
    };
    write(headers, HEADER, Some(format!("{}:{}:0:{flags:x}", span.trace_id(), span.span_id())));
}
