//! A trace as the API and the pages show it: plain data, decoded, with nothing of the protocol left.

mod value;

use std::sync::Arc;

use crate::ids::{SpanId, TraceId};
pub(crate) use value::serialize_attributes;

/// What part a span plays in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of OpenTelemetry")]
pub enum Kind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

impl Kind {
    /// The lower-case name, as the query API writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }
}

impl From<u64> for Kind {
    /// OTLP's number; unspecified and unknown ones are internal, as the protocol advises.
    fn from(number: u64) -> Self {
        match number {
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => Self::Internal,
        }
    }
}

/// Whether the work of a span failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of OpenTelemetry")]
pub enum StatusCode {
    Unset,
    Ok,
    Error,
}

impl StatusCode {
    /// The lower-case name, as the query API writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

impl From<u64> for StatusCode {
    fn from(number: u64) -> Self {
        match number {
            1 => Self::Ok,
            2 => Self::Error,
            _ => Self::Unset,
        }
    }
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the names are those of OpenTelemetry")]
pub enum Value {
    Empty,
    Text(String),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(Vec<u8>),
    Array(Vec<Value>),
    Map(Attributes),
}

/// Keys and values in the order in which they were sent.
pub type Attributes = Vec<(String, Value)>;

/// All the spans of one trace that have arrived, in the order of their arrival.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The id that the spans share.
    pub trace_id: TraceId,
    /// Never empty.
    pub spans: Vec<Span>,
}

/// One span.
#[derive(Debug, Clone)]
pub struct Span {
    /// Unique within the trace, unless [`duplicate_id`](Self::duplicate_id) says otherwise.
    pub span_id: SpanId,
    /// The span that caused this one; it need not have arrived.
    pub parent_span_id: Option<SpanId>,
    /// What the work is called.
    pub name: String,
    /// What part the span plays in a call.
    pub kind: Kind,
    /// Nanoseconds since 1970.
    pub start_unix_nano: u64,
    /// Nanoseconds since 1970; may lie before the start if the sender's clock was set back.
    pub end_unix_nano: u64,
    /// Whether it failed.
    pub status: StatusCode,
    /// What the sender says about the failure; empty if nothing.
    pub status_message: String,
    /// The span's own attributes.
    pub attributes: Attributes,
    /// What the span shares with others of the same process.
    pub origin: Arc<Origin>,
    /// Points in time within the span.
    pub events: Vec<Event>,
    /// Other spans that it refers to, of this trace or another.
    pub links: Vec<Link>,
    /// Attributes, events and links that the sender, or this store's limits, left out.
    pub dropped: Dropped,
    /// W3C `tracestate`.
    pub trace_state: String,
    /// W3C trace flags, and the two bits that OTLP adds.
    pub flags: u32,
    /// Another, different span of this trace has the same id.
    pub duplicate_id: bool,
}

impl Span {
    /// Nanoseconds from start to end; zero if it ends before it starts.
    #[must_use]
    pub fn duration_nano(&self) -> u64 {
        self.end_unix_nano.saturating_sub(self.start_unix_nano)
    }

    /// The name of the service that recorded the span.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.origin.service
    }
}

/// Where spans come from: the process and the library that recorded them.
#[derive(Debug, Default)]
pub struct Origin {
    /// The resource's `service.name`.
    pub service: String,
    /// The resource.
    pub resource: Attributes,
    /// Name of the instrumentation scope.
    pub scope_name: String,
    /// Version of the instrumentation scope.
    pub scope_version: String,
    /// Attributes of the instrumentation scope.
    pub scope_attributes: Attributes,
}

/// A point in time within a span.
#[derive(Debug, Clone)]
pub struct Event {
    /// Nanoseconds since 1970.
    pub time_unix_nano: u64,
    /// What happened; `exception` for an exception.
    pub name: String,
    /// Its own attributes.
    pub attributes: Attributes,
}

/// A reference to another span.
#[derive(Debug, Clone)]
pub struct Link {
    /// `None` if the sender's is not a valid id.
    pub trace_id: Option<TraceId>,
    /// `None` if the sender's is not a valid id.
    pub span_id: Option<SpanId>,
    /// Its own attributes.
    pub attributes: Attributes,
    /// W3C `tracestate` of the other span.
    pub trace_state: String,
}

/// How many attributes, events and links are missing from a span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Dropped {
    pub attributes: u32,
    pub events: u32,
    pub links: u32,
}

#[cfg(test)]
pub(crate) mod testing;
