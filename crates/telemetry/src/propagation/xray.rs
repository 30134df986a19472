//! [`X-Amzn-Trace-Id`][format], the header of AWS X-Ray.
//!
//! [format]: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader

use http::{HeaderMap, HeaderName};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId};

use super::{Parent, hex, single, write};

const HEADER: HeaderName = HeaderName::from_static("x-amzn-trace-id");

pub(super) fn extract<'h, L, I>(lines: &L) -> Option<Context>
where
    L: Fn(&HeaderName) -> I,
    I: Iterator<Item = &'h [u8]>,
{
    parse(single(lines, &HEADER)?).map(Parent::into_context)
}

/// `Root=1-<8 digits>-<24 digits>;Parent=<16 digits>;Sampled=1`, in any order, among fields of others.
fn parse(value: &str) -> Option<Parent> {
    let (mut root, mut parent, mut sampled) = (None, None, None);
    for field in value.split(';').map(str::trim).filter(|field| !field.is_empty()) {
        let (key, value) = field.split_once('=')?;
        let slot = match key {
            "Root" => &mut root,
            "Parent" => &mut parent,
            "Sampled" => &mut sampled,
            _ => continue,
        };
        if slot.replace(value).is_some() {
            return None;
        }
    }
    let flags = match sampled {
        // `?` asks the callee for a decision, as no field does; we do not lose its trace.
        Some("1" | "?") | None => TraceFlags::SAMPLED,
        Some("0") => TraceFlags::NOT_SAMPLED,
        Some(_) => return None,
    };
    let span_id = SpanId::from_bytes(hex::bytes(parent?.as_bytes())?);
    Parent::new(trace_id(root?)?, span_id, flags)
}

/// A version, the time as 8 digits, and 24 digits more.
fn trace_id(root: &str) -> Option<TraceId> {
    let (time, unique) = root.strip_prefix("1-")?.split_once('-')?;
    let mut id = [0; 16];
    id[..4].copy_from_slice(&hex::bytes::<4>(time.as_bytes())?);
    id[4..].copy_from_slice(&hex::bytes::<12>(unique.as_bytes())?);
    Some(TraceId::from_bytes(id))
}

pub(super) fn inject(span: &SpanContext, headers: &mut HeaderMap) {
    let id = span.trace_id().to_string();
    let (time, unique) = id.split_at(8);
    let sampled = u8::from(span.is_sampled());
    write(
        headers,
        HEADER,
        Some(format!("Root=1-{time}-{unique};Parent={};Sampled={sampled}", span.span_id())),
    );
}
