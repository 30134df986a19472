//! Spans out of protobuf, as [`encode`](super::encode) wrote them: for the spool.

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1 as common;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{self as proto, SpanFlags};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use prost::Message;

use crate::otlp::read::{attributes, time};

/// The one span of a request; `None` for bytes that are none.
pub(super) fn span(bytes: &[u8]) -> Option<SpanData> {
    let request = ExportTraceServiceRequest::decode(bytes).ok()?;
    let mut of_scope = request.resource_spans.into_iter().next()?.scope_spans.into_iter().next()?;
    let span = of_scope.spans.pop()?;
    let (mut events, mut links) = (SpanEvents::default(), SpanLinks::default());
    events.dropped_count = span.dropped_events_count;
    events.events = span.events.into_iter().map(event).collect();
    links.dropped_count = span.dropped_links_count;
    links.links = span.links.into_iter().map(link).collect::<Option<_>>()?;
    Some(SpanData {
        span_context: context(&span.trace_id, &span.span_id, &span.trace_state, span.flags, false)?,
        parent_span_id: parent(&span.parent_span_id)?,
        parent_span_is_remote: is_remote(span.flags),
        span_kind: kind(span.kind),
        name: span.name.into(),
        start_time: time(span.start_time_unix_nano),
        end_time: time(span.end_time_unix_nano),
        attributes: attributes(span.attributes),
        dropped_attributes_count: span.dropped_attributes_count,
        events,
        links,
        status: status(span.status.unwrap_or_default()),
        instrumentation_scope: scope(of_scope.scope.unwrap_or_default(), of_scope.schema_url),
    })
}

fn scope(scope: common::InstrumentationScope, schema_url: String) -> InstrumentationScope {
    let mut builder = InstrumentationScope::builder(scope.name).with_attributes(attributes(scope.attributes));
    if !scope.version.is_empty() {
        builder = builder.with_version(scope.version);
    }
    if !schema_url.is_empty() {
        builder = builder.with_schema_url(schema_url);
    }
    builder.build()
}

fn context(trace: &[u8], span: &[u8], state: &str, flags: u32, is_remote: bool) -> Option<SpanContext> {
    let trace = TraceId::from_bytes(trace.try_into().ok()?);
    let span = SpanId::from_bytes(span.try_into().ok()?);
    let flags = u8::try_from(flags & SpanFlags::TraceFlagsMask as u32).ok()?;
    let state: TraceState = state.parse().unwrap_or_default();
    Some(SpanContext::new(trace, span, TraceFlags::new(flags), is_remote, state))
}

/// A root has none.
fn parent(id: &[u8]) -> Option<SpanId> {
    if id.is_empty() { Some(SpanId::INVALID) } else { Some(SpanId::from_bytes(id.try_into().ok()?)) }
}

fn is_remote(flags: u32) -> bool {
    flags & SpanFlags::ContextIsRemoteMask as u32 != 0
}

fn kind(kind: i32) -> SpanKind {
    match proto::span::SpanKind::try_from(kind) {
        Ok(proto::span::SpanKind::Server) => SpanKind::Server,
        Ok(proto::span::SpanKind::Client) => SpanKind::Client,
        Ok(proto::span::SpanKind::Producer) => SpanKind::Producer,
        Ok(proto::span::SpanKind::Consumer) => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

fn status(status: proto::Status) -> Status {
    match StatusCode::try_from(status.code) {
        Ok(StatusCode::Ok) => Status::Ok,
        Ok(StatusCode::Error) => Status::error(status.message),
        _ => Status::Unset,
    }
}

fn event(event: proto::span::Event) -> Event {
    let dropped = event.dropped_attributes_count;
    Event::new(event.name, time(event.time_unix_nano), attributes(event.attributes), dropped)
}

fn link(link: proto::span::Link) -> Option<Link> {
    let is_remote = is_remote(link.flags);
    let context = context(&link.trace_id, &link.span_id, &link.trace_state, link.flags, is_remote)?;
    Some(Link::new(context, attributes(link.attributes), link.dropped_attributes_count))
}
