//! OTLP, the OpenTelemetry protocol: requests in, answers out, and stored spans back into both. Pure: no sockets.

mod check;
mod json;
pub mod limits;
mod logs;
mod read;
mod request;
mod response;
mod schema;
mod trim;

use bytes::Bytes;

use crate::ids::{SpanId, TraceId};
use crate::model::{Kind, StatusCode};
use crate::wire::{self, WireError};

pub(crate) use json::logs_from_json;
pub use json::{decode_json, encode_json};
pub(crate) use logs::decode_logs;
pub(crate) use read::{read_origin, read_span};
pub use request::decode_protobuf;
pub use response::{Encoding, Status, encode_response, encode_status};

/// The service of a resource that does not name one; the name is the one that the SDKs give.
pub const UNKNOWN_SERVICE: &str = "unknown_service";

/// What a request carries. Each has an address and a service of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
}

/// A request that is not OTLP: the sender gets 400 and must not repeat it.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not protobuf.
    #[error("not an OTLP request in protobuf")]
    Wire(#[from] WireError),
    /// A protobuf string that is not UTF-8.
    #[error("a text field is not UTF-8")]
    Utf8,
    /// An attribute value of arrays in arrays in arrays.
    #[error("values are nested deeper than {} levels", limits::MAX_DEPTH)]
    TooDeep,
    /// Not JSON, or not the JSON of OTLP.
    #[error("not an OTLP request in JSON: {0}")]
    Json(String),
}

/// A request that has been read: the spans that will be kept, and how many will not.
#[derive(Debug)]
pub struct Batch {
    /// The spans as `ExportTraceServiceRequest` in protobuf, ready for the log. All else refers into it.
    pub payload: Bytes,
    /// What spans have in common.
    pub groups: Vec<Group>,
    /// The spans, in the order of the request.
    pub spans: Vec<SpanRef>,
    /// What was left out.
    pub rejected: Rejection,
}

/// The resource and the instrumentation scope of a run of spans, as they lie in the payload.
#[derive(Debug, Clone)]
pub struct Group {
    /// `Resource` in protobuf.
    pub resource: Bytes,
    /// `InstrumentationScope` in protobuf.
    pub scope: Bytes,
    /// The resource's `service.name`.
    pub service: String,
}

impl Group {
    fn new(resource: Bytes, scope: Bytes) -> Self {
        let service = service_name(&resource);
        Self { resource, scope, service }
    }
}

/// One span within a [`Batch`].
#[derive(Debug, Clone)]
pub struct SpanRef {
    /// What lists and trees are made from.
    pub facts: SpanFacts,
    /// Index into [`Batch::groups`].
    pub group: usize,
    /// `Span` in protobuf.
    pub body: Bytes,
}

/// The fixed-size fields of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of OTLP")]
pub struct SpanFacts {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub parent_span_id: Option<SpanId>,
    pub start_unix_nano: u64,
    pub end_unix_nano: u64,
    pub kind: Kind,
    pub status: StatusCode,
}

/// The spans or log records of a request that could not be kept.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// How many.
    pub count: u64,
    /// Why the first one was rejected; empty if none was.
    pub reason: String,
}

impl Rejection {
    pub(crate) fn add(&mut self, reason: String) {
        self.add_all(1, reason);
    }

    pub(crate) fn add_all(&mut self, count: u64, reason: String) {
        self.count += count;
        if self.reason.is_empty() {
            self.reason = reason;
        }
    }
}

/// A payload without room to grow: it stays in memory as long as its spans do.
pub(crate) fn exact(mut bytes: Vec<u8>) -> Bytes {
    bytes.shrink_to_fit();
    Bytes::from(bytes)
}

/// The text of attribute `key` in a message whose attributes are field `number`, however it is typed.
pub(crate) fn attribute(message: &[u8], number: u32, key: &str) -> Option<String> {
    let last = wire::messages(message, number).filter(|pair| wire::text(pair, 1) == key).last()?;
    read::value_text(last)
}

fn service_name(resource: &[u8]) -> String {
    attribute(resource, 1, "service.name")
        .filter(|name| !name.is_empty())
        .unwrap_or(UNKNOWN_SERVICE.to_owned())
}

#[cfg(test)]
mod tests;
