//! `ExportTraceServiceRequest` in protobuf: checked, brought within the limits, and indexed in place.

use bytes::Bytes;

use super::check::check;
use super::limits::MAX_SPAN_BYTES;
use super::schema::{Message, RESOURCE, SCOPE, SPAN};
use super::trim::trim;
use super::{Batch, DecodeError, Group, Rejection, SpanFacts, SpanRef, exact};
use crate::ids::{IdError, SpanId, TraceId};
use crate::wire::{Fields, Wire, WireError, put};

/// Field numbers of the three envelopes: request, `ResourceSpans`, `ScopeSpans`.
const RESOURCE_SPANS: u32 = 1;
const RESOURCE_FIELD: u32 = 1;
const SCOPE_SPANS: u32 = 2;
const SCHEMA_URL: u32 = 3;
const SCOPE_FIELD: u32 = 1;
const SPANS: u32 = 2;

/// Reads a request. Spans that cannot be kept are left out and counted in [`Batch::rejected`]; a request that is not
/// OTLP at all is an error.
pub fn decode_protobuf(body: Bytes) -> Result<Batch, DecodeError> {
    let mut reader = Reader::default();
    reader.request(&body)?;
    if reader.clean {
        return Ok(reader.into_batch(body, Rejection::default()));
    }
    // Something is left out or shortened: write the request anew, and index what was written.
    let mut rejected = Rejection::default();
    let payload = exact(rewrite(&body, &mut rejected)?);
    let mut reader = Reader::default();
    reader.request(&payload)?;
    Ok(reader.into_batch(payload, rejected))
}

struct Reader {
    /// Everything seen so far can be kept as it is.
    clean: bool,
    groups: Vec<Group>,
    spans: Vec<SpanRef>,
}

impl Default for Reader {
    fn default() -> Self {
        Self { clean: true, groups: Vec::new(), spans: Vec::new() }
    }
}

impl Reader {
    fn into_batch(self, payload: Bytes, rejected: Rejection) -> Batch {
        Batch { payload, groups: self.groups, spans: self.spans, rejected }
    }

    fn request(&mut self, body: &Bytes) -> Result<(), DecodeError> {
        each(body, RESOURCE_SPANS, |resource_spans| {
            let resource = single(resource_spans, RESOURCE_FIELD)?;
            self.clean &= check(&RESOURCE, resource)?;
            schema_url(resource_spans)?;
            each(resource_spans, SCOPE_SPANS, |scope_spans| {
                let scope = single(scope_spans, SCOPE_FIELD)?;
                self.clean &= check(&SCOPE, scope)?;
                schema_url(scope_spans)?;
                self.scope(body, resource, scope, scope_spans)
            })
        })
    }

    fn scope(
        &mut self,
        body: &Bytes,
        resource: &[u8],
        scope: &[u8],
        spans: &[u8],
    ) -> Result<(), DecodeError> {
        let mut group = None;
        each(spans, SPANS, |span| {
            self.clean &= check(&SPAN, span)?;
            match facts(span) {
                Ok(facts) => {
                    // A group is made by its first span, so that empty envelopes take no memory.
                    let group = *group.get_or_insert_with(|| {
                        self.groups.push(Group::new(body.slice_ref(resource), body.slice_ref(scope)));
                        self.groups.len() - 1
                    });
                    self.clean &= span.len() <= MAX_SPAN_BYTES;
                    self.spans.push(SpanRef { facts, group, body: body.slice_ref(span) });
                }
                Err(_) => self.clean = false,
            }
            Ok(())
        })
    }
}

/// The same request without the spans that cannot be kept, and the rest within the limits.
fn rewrite(body: &[u8], rejected: &mut Rejection) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::new();
    each(body, RESOURCE_SPANS, |resource_spans| {
        let mut kept = trimmed_field(&RESOURCE, RESOURCE_FIELD, single(resource_spans, RESOURCE_FIELD)?);
        let envelope = kept.len();
        each(resource_spans, SCOPE_SPANS, |scope_spans| rewrite_scope(scope_spans, &mut kept, rejected))?;
        if kept.len() > envelope {
            put(&mut out, RESOURCE_SPANS, Wire::Len(&kept));
        }
        Ok(())
    })?;
    Ok(out)
}

fn rewrite_scope(scope_spans: &[u8], out: &mut Vec<u8>, rejected: &mut Rejection) -> Result<(), DecodeError> {
    let mut kept = trimmed_field(&SCOPE, SCOPE_FIELD, single(scope_spans, SCOPE_FIELD)?);
    let envelope = kept.len();
    each(scope_spans, SPANS, |span| {
        if let Err(reason) = facts(span) {
            rejected.add(reason);
            return Ok(());
        }
        let start = kept.len();
        kept.extend_from_slice(&trimmed_field(&SPAN, SPANS, span));
        if kept.len() - start > MAX_SPAN_BYTES {
            kept.truncate(start);
            rejected.add(format!("a span is larger than {MAX_SPAN_BYTES} bytes"));
        }
        Ok(())
    })?;
    if kept.len() > envelope {
        put(out, SCOPE_SPANS, Wire::Len(&kept));
    }
    Ok(())
}

fn trimmed_field(message: &'static Message, number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut inner = Vec::with_capacity(bytes.len());
    trim(message, bytes, &mut inner);
    let mut field = Vec::with_capacity(inner.len() + 8);
    put(&mut field, number, Wire::Len(&inner));
    field
}

/// What the index needs of a span; the error is why it cannot be kept.
fn facts(span: &[u8]) -> Result<SpanFacts, String> {
    let (mut trace_id, mut span_id, mut parent): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
    let (mut start_unix_nano, mut end_unix_nano, mut kind, mut status) = (0, 0, 0, 0);
    for (number, value) in Fields::of(span).flatten() {
        match (number, value) {
            (1, Wire::Len(bytes)) => trace_id = bytes,
            (2, Wire::Len(bytes)) => span_id = bytes,
            (4, Wire::Len(bytes)) => parent = bytes,
            (6, Wire::Varint(number)) => kind = number,
            (7, Wire::Fixed64(nanos)) => start_unix_nano = nanos,
            (8, Wire::Fixed64(nanos)) => end_unix_nano = nanos,
            (15, Wire::Len(message)) => status = status_code(message).unwrap_or(status),
            _ => {}
        }
    }
    let describe = |field: &'static str| move |error: IdError| format!("a span's {field} is {error}");
    Ok(SpanFacts {
        trace_id: TraceId::from_bytes(trace_id).map_err(describe("trace_id"))?,
        span_id: SpanId::from_bytes(span_id).map_err(describe("span_id"))?,
        parent_span_id: match SpanId::from_bytes(parent) {
            Ok(id) => Some(id),
            Err(IdError::Zero) => None,
            Err(_) if parent.is_empty() => None,
            Err(error) => return Err(describe("parent_span_id")(error)),
        },
        start_unix_nano,
        end_unix_nano,
        kind: kind.into(),
        status: status.into(),
    })
}

fn status_code(status: &[u8]) -> Option<u64> {
    let codes = Fields::of(status).flatten().filter_map(|(number, value)| match (number, value) {
        (3, Wire::Varint(code)) => Some(code),
        _ => None,
    });
    codes.last()
}

/// Calls `f` with each message in the repeated field `number`.
pub(super) fn each<'a>(
    message: &'a [u8],
    number: u32,
    mut f: impl FnMut(&'a [u8]) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    for field in Fields::of(message) {
        match field? {
            (n, Wire::Len(bytes)) if n == number => f(bytes)?,
            (n, _) if n == number => return Err(WireError::WireType.into()),
            _ => {}
        }
    }
    Ok(())
}

/// The field of both envelopes that is not looked at otherwise; what is kept must be readable by any reader.
pub(super) fn schema_url(message: &[u8]) -> Result<(), DecodeError> {
    each(message, SCHEMA_URL, |url| std::str::from_utf8(url).map(drop).map_err(|_| DecodeError::Utf8))
}

/// The message in the singular field `number`: the last one; empty if there is none.
pub(super) fn single(message: &[u8], number: u32) -> Result<&[u8], DecodeError> {
    let mut last: &[u8] = &message[..0];
    each(message, number, |bytes| {
        last = bytes;
        Ok(())
    })?;
    Ok(last)
}
