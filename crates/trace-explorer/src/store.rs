//! The seam between what is received and what is shown: a [`Store`] takes batches in and answers queries.

mod entry;
mod error_index;
pub(crate) mod errors;
mod index;
pub(crate) mod log_events;
mod log_store;

use std::io;

use serde::Serialize;

use crate::ids::TraceId;
use crate::model::Trace;
use crate::otlp::Batch;
pub use log_store::LogStore;

/// Keeps spans and finds traces. Methods may block for a moment (disk, locks) and may be called from any thread.
pub trait Store: Send + Sync {
    /// Keeps the spans of `batch`. When this returns, they are in the log and can be queried. After an error none of
    /// them is kept.
    fn append(&self, batch: Batch) -> Result<Appended, StoreError>;

    /// Makes what was appended outlive a power cut.
    fn sync(&self) -> Result<(), StoreError>;

    /// The traces that match, newest first.
    fn traces(&self, query: &TraceQuery) -> TracePage;

    /// All spans of a trace.
    fn trace(&self, trace_id: TraceId) -> Option<Trace>;

    /// A trace as it was received: `ExportTraceServiceRequest` in protobuf.
    fn export(&self, trace_id: TraceId) -> Option<Vec<u8>>;

    /// All services of which there is a span, by name.
    fn services(&self) -> Vec<ServiceSummary>;

    /// What the store holds and what it has let go.
    fn stats(&self) -> Stats;
}

/// A batch that cannot be kept now; the sender should try again later.
#[derive(Debug, thiserror::Error)]
#[error("the disk refuses writes: {0}")]
pub struct StoreError(#[from] pub io::Error);

/// What became of the spans of a batch.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Kept.
    pub spans: u64,
    /// Known already, to the byte: an export that was sent again.
    pub repeated: u64,
    /// Left out, because too many different spans claim one id.
    pub rejected: u64,
}

/// Which traces are asked for. Conditions are joined by "and".
///
/// `service`, `name` and `attributes` must hold for one and the same span.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceQuery {
    /// The span's service, exactly.
    pub service: Option<String>,
    /// A part of the span's name, in any case.
    pub name: Option<String>,
    /// Keys and values, as text, among the attributes of the span or of its resource.
    pub attributes: Vec<(String, String)>,
    /// `true`: the trace has a span with status error. `false`: it has none.
    pub error: Option<bool>,
    /// The least duration of the trace in nanoseconds.
    pub min_duration_nano: Option<u64>,
    /// The greatest duration of the trace in nanoseconds.
    pub max_duration_nano: Option<u64>,
    /// The trace starts at or after this time, in nanoseconds since 1970.
    pub since: Option<u64>,
    /// The trace starts at or before this time, in nanoseconds since 1970.
    pub until: Option<u64>,
    /// Go on after this trace of an earlier page: its start and its id.
    pub after: Option<(u64, TraceId)>,
    /// At most so many.
    pub limit: usize,
}

impl Default for TraceQuery {
    fn default() -> Self {
        Self {
            service: None,
            name: None,
            attributes: Vec::new(),
            error: None,
            min_duration_nano: None,
            max_duration_nano: None,
            since: None,
            until: None,
            after: None,
            limit: 50,
        }
    }
}

/// One page of a trace list.
#[derive(Debug, Clone, Default)]
pub struct TracePage {
    /// Newest first.
    pub traces: Vec<TraceSummary>,
    /// There are more after the last one.
    pub more: bool,
}

/// One line of a trace list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TraceSummary {
    /// The id that the spans share.
    pub trace_id: TraceId,
    /// The service of the root: of the earliest span without a parent, or else of the earliest whose parent is missing.
    pub root_service: String,
    /// The name of the root.
    pub root_name: String,
    /// The root's own status is error.
    pub root_error: bool,
    /// Start of the earliest span, nanoseconds since 1970.
    pub start_unix_nano: u64,
    /// From the start of the earliest span to the end of the last.
    pub duration_nano: u64,
    /// Spans that have arrived.
    pub span_count: usize,
    /// Spans with status error.
    pub error_count: usize,
    /// Names of the services, sorted.
    pub services: Vec<String>,
}

/// A service of which there is a span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceSummary {
    /// `service.name`
    pub name: String,
    /// Spans of it in the store.
    pub span_count: u64,
}

/// Counts since the start of the process (`…ed`), and of now (all others).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Spans that can be queried.
    pub spans: u64,
    /// Traces that can be queried.
    pub traces: u64,
    /// Bytes of the log on disk.
    pub bytes: u64,
    /// The limit for `bytes`.
    pub max_bytes: u64,
    /// Spans accepted, those of the replay not counted.
    pub accepted_spans: u64,
    /// Spans that were known already, to the byte.
    pub repeated_spans: u64,
    /// Spans dropped to keep to the limit.
    pub dropped_spans: u64,
    /// Traces dropped to keep to the limit.
    pub dropped_traces: u64,
}
