//! The shapes of the JSON answers. They are a promise to tests, scripts and people, so they are spelled out here
//! and not derived from the model.

use serde::{Serialize, Serializer};

use super::errors::ErrorView;
use super::logs::LogView;
use crate::ids::{SpanId, TraceId};
use crate::model::{Attributes, Event, Link, Span, Trace, serialize_attributes};
use crate::receiver::Received;
use crate::store::errors::ErrorStats;
use crate::store::log_events::LogStats;
use crate::store::{Stats, TraceSummary};

/// One page of a search.
#[derive(Serialize)]
pub(super) struct TraceList {
    pub(super) traces: Vec<TraceSummary>,
    /// What `after` must be to get the next page; null on the last one.
    pub(super) next: Option<String>,
}

/// A trace with all that belongs to it.
#[derive(Serialize)]
pub(super) struct TraceView<'a> {
    trace_id: TraceId,
    spans: Vec<SpanView<'a>>,
    /// Log lines of the trace, in the order of time.
    logs: Vec<LogView>,
    /// Error reports of the trace, in the order of their arrival.
    errors: Vec<ErrorView>,
}

impl<'a> TraceView<'a> {
    /// Spans by start, so that the answer does not depend on the order of arrival.
    pub(super) fn of(trace: &'a Trace, logs: Vec<LogView>, errors: Vec<ErrorView>) -> Self {
        let mut spans: Vec<_> = trace.spans.iter().map(SpanView::of).collect();
        spans.sort_by_key(|span| (span.start_unix_nano, span.span_id));
        Self { trace_id: trace.trace_id, spans, logs, errors }
    }
}

#[derive(Serialize)]
struct SpanView<'a> {
    span_id: SpanId,
    parent_span_id: Option<SpanId>,
    service: &'a str,
    name: &'a str,
    kind: &'static str,
    start_unix_nano: u64,
    duration_nano: u64,
    status: StatusView<'a>,
    #[serde(serialize_with = "attributes")]
    attributes: &'a Attributes,
    #[serde(serialize_with = "attributes")]
    resource: &'a Attributes,
    scope: ScopeView<'a>,
    events: Vec<EventView<'a>>,
    links: Vec<LinkView<'a>>,
    trace_state: &'a str,
    dropped_attributes_count: u32,
    dropped_events_count: u32,
    dropped_links_count: u32,
    /// Another, different span of the trace has the same id.
    duplicate_id: bool,
}

impl<'a> SpanView<'a> {
    fn of(span: &'a Span) -> Self {
        Self {
            span_id: span.span_id,
            parent_span_id: span.parent_span_id,
            service: span.service(),
            name: &span.name,
            kind: span.kind.as_str(),
            start_unix_nano: span.start_unix_nano,
            duration_nano: span.duration_nano(),
            status: StatusView { code: span.status.as_str(), message: &span.status_message },
            attributes: &span.attributes,
            resource: &span.origin.resource,
            scope: ScopeView { name: &span.origin.scope_name, version: &span.origin.scope_version },
            events: span.events.iter().map(EventView::of).collect(),
            links: span.links.iter().map(LinkView::of).collect(),
            trace_state: &span.trace_state,
            dropped_attributes_count: span.dropped.attributes,
            dropped_events_count: span.dropped.events,
            dropped_links_count: span.dropped.links,
            duplicate_id: span.duplicate_id,
        }
    }
}

#[derive(Serialize)]
struct StatusView<'a> {
    code: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct ScopeView<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct EventView<'a> {
    time_unix_nano: u64,
    name: &'a str,
    #[serde(serialize_with = "attributes")]
    attributes: &'a Attributes,
}

impl<'a> EventView<'a> {
    fn of(event: &'a Event) -> Self {
        Self { time_unix_nano: event.time_unix_nano, name: &event.name, attributes: &event.attributes }
    }
}

#[derive(Serialize)]
struct LinkView<'a> {
    trace_id: Option<TraceId>,
    span_id: Option<SpanId>,
    trace_state: &'a str,
    #[serde(serialize_with = "attributes")]
    attributes: &'a Attributes,
}

impl<'a> LinkView<'a> {
    fn of(link: &'a Link) -> Self {
        Self {
            trace_id: link.trace_id,
            span_id: link.span_id,
            trace_state: &link.trace_state,
            attributes: &link.attributes,
        }
    }
}

/// What the store holds, what the receiver has refused, and since when.
#[derive(Serialize)]
pub(super) struct StatsView {
    #[serde(flatten)]
    pub(super) stats: Stats,
    #[serde(flatten)]
    pub(super) errors: ErrorStats,
    #[serde(flatten)]
    pub(super) logs: LogStats,
    #[serde(flatten)]
    pub(super) received: Received,
    pub(super) uptime_seconds: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn attributes<S: Serializer>(pairs: &&Attributes, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_attributes(pairs, serializer)
}
