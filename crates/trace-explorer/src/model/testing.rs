//! Traces in a line each, for tests of what is made from them.

use std::sync::Arc;

use super::{Dropped, Kind, Origin, Span, StatusCode, Trace};
use crate::ids::{SpanId, TraceId};

pub(crate) fn id(number: u64) -> SpanId {
    SpanId::from_bytes(&number.to_be_bytes()).unwrap()
}

/// A span of service `a`, named after its id; times are in milliseconds, parent 0 is none.
pub(crate) fn span(number: u64, parent: u64, start: u64, duration: u64) -> Span {
    Span {
        span_id: id(number),
        parent_span_id: (parent > 0).then(|| id(parent)),
        name: format!("span {number}"),
        kind: Kind::Internal,
        start_unix_nano: start * 1_000_000,
        end_unix_nano: (start + duration) * 1_000_000,
        status: StatusCode::Unset,
        status_message: String::new(),
        attributes: Vec::new(),
        origin: Arc::new(Origin { service: "a".to_owned(), ..Origin::default() }),
        events: Vec::new(),
        links: Vec::new(),
        dropped: Dropped::default(),
        trace_state: String::new(),
        flags: 0,
        duplicate_id: false,
    }
}

pub(crate) fn trace(spans: Vec<Span>) -> Trace {
    Trace { trace_id: TraceId::from_bytes(&[1; 16]).unwrap(), spans }
}
