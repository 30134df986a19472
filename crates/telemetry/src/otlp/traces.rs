//! Spans as OTLP has them.

use opentelemetry::trace::{Event, Link, SpanId, SpanKind, Status};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{self as proto, ResourceSpans, ScopeSpans, SpanFlags};
use opentelemetry_sdk::trace::SpanData;

use super::{Signal, message};
use crate::redaction;

impl Signal for SpanData {
    const PLURAL: &'static str = "spans";
    const REFUSED: &'static str = "rejectedSpans";
    const METHOD: &'static str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    type Request = ExportTraceServiceRequest;
    type Response = ExportTraceServiceResponse;

    fn request<'b>(batch: impl Iterator<Item = &'b Self>, resource: &Resource) -> Self::Request {
        // Nearly all spans have the same scope, so a list is searched faster than a map.
        let mut scopes: Vec<(&opentelemetry::InstrumentationScope, Vec<proto::Span>)> = Vec::new();
        for data in batch {
            let scope = &data.instrumentation_scope;
            match scopes.iter_mut().find(|(known, _)| *known == scope) {
                Some((_, spans)) => spans.push(span(data)),
                None => scopes.push((scope, vec![span(data)])),
            }
        }
        let scope_spans = scopes.into_iter().map(|(scope, spans)| ScopeSpans {
            scope: Some(message::scope(scope)),
            spans,
            schema_url: scope.schema_url().unwrap_or_default().to_owned(),
        });
        let resource_spans = ResourceSpans {
            resource: Some(resource.clone()),
            scope_spans: scope_spans.collect(),
            schema_url: String::new(),
        };
        ExportTraceServiceRequest { resource_spans: vec![resource_spans] }
    }

    fn refused(response: Self::Response) -> (usize, String) {
        let partial = response.partial_success.unwrap_or_default();
        (usize::try_from(partial.rejected_spans).unwrap_or(0), partial.error_message)
    }
}

fn span(data: &SpanData) -> proto::Span {
    let ids = &data.span_context;
    proto::Span {
        trace_id: ids.trace_id().to_bytes().to_vec(),
        span_id: ids.span_id().to_bytes().to_vec(),
        trace_state: ids.trace_state().header(),
        parent_span_id: parent(data.parent_span_id),
        flags: flags(ids.trace_flags().to_u8(), data.parent_span_is_remote),
        name: redaction::text(&data.name).into_owned(),
        kind: kind(&data.span_kind) as i32,
        start_time_unix_nano: message::nanos(data.start_time),
        end_time_unix_nano: message::nanos(data.end_time),
        attributes: message::attributes(&data.attributes),
        dropped_attributes_count: data.dropped_attributes_count,
        events: data.events.events.iter().map(event).collect(),
        dropped_events_count: data.events.dropped_count,
        links: data.links.links.iter().map(link).collect(),
        dropped_links_count: data.links.dropped_count,
        status: Some(status(&data.status)),
    }
}

/// A root has no parent, and says so with an empty id.
fn parent(id: SpanId) -> Vec<u8> {
    if id == SpanId::INVALID { Vec::new() } else { id.to_bytes().to_vec() }
}

/// The W3C flags, and whether the parent (or the linked span) is of another process: trace.proto, `SpanFlags`.
fn flags(trace_flags: u8, is_remote: bool) -> u32 {
    let remote = if is_remote { SpanFlags::ContextIsRemoteMask as u32 } else { 0 };
    u32::from(trace_flags) | SpanFlags::ContextHasIsRemoteMask as u32 | remote
}

fn kind(kind: &SpanKind) -> proto::span::SpanKind {
    match kind {
        SpanKind::Server => proto::span::SpanKind::Server,
        SpanKind::Client => proto::span::SpanKind::Client,
        SpanKind::Producer => proto::span::SpanKind::Producer,
        SpanKind::Consumer => proto::span::SpanKind::Consumer,
        SpanKind::Internal => proto::span::SpanKind::Internal,
    }
}

fn event(event: &Event) -> proto::span::Event {
    proto::span::Event {
        time_unix_nano: message::nanos(event.timestamp),
        name: redaction::text(&event.name).into_owned(),
        attributes: message::attributes(&event.attributes),
        dropped_attributes_count: event.dropped_attributes_count,
    }
}

fn link(link: &Link) -> proto::span::Link {
    let ids = &link.span_context;
    proto::span::Link {
        trace_id: ids.trace_id().to_bytes().to_vec(),
        span_id: ids.span_id().to_bytes().to_vec(),
        trace_state: ids.trace_state().header(),
        attributes: message::attributes(&link.attributes),
        dropped_attributes_count: link.dropped_attributes_count,
        flags: flags(ids.trace_flags().to_u8(), ids.is_remote()),
    }
}

fn status(status: &Status) -> proto::Status {
    use proto::status::StatusCode;
    let (code, message) = match status {
        Status::Unset => (StatusCode::Unset, String::new()),
        Status::Ok => (StatusCode::Ok, String::new()),
        Status::Error { description } => (StatusCode::Error, redaction::text(description).into_owned()),
    };
    proto::Status { code: code as i32, message }
}
