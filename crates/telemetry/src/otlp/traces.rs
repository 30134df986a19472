//! Spans as OTLP has them.

mod decode;
mod encode;
mod spool;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{Event, Link, SpanId, SpanKind, Status};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{self as proto, ResourceSpans, ScopeSpans, SpanFlags};
use opentelemetry_sdk::trace::SpanData;

pub(crate) use spool::spool;

use super::protobuf::Writer;
use super::{Signal, message};
use crate::redaction;

impl Signal for SpanData {
    const PLURAL: &'static str = "spans";
    const REFUSED: &'static str = "rejectedSpans";
    const METHOD: &'static str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    type Request = ExportTraceServiceRequest;
    type Response = ExportTraceServiceResponse;

    fn request(batch: &[Arc<Self>], resource: &Resource) -> Self::Request {
        let scope_spans = by_scope(batch).into_iter().map(|(scope, spans)| ScopeSpans {
            scope: Some(message::scope(scope)),
            spans: spans.into_iter().map(span).collect(),
            schema_url: scope.schema_url().unwrap_or_default().to_owned(),
        });
        let resource_spans = ResourceSpans {
            resource: Some(resource.clone()),
            scope_spans: scope_spans.collect(),
            schema_url: String::new(),
        };
        ExportTraceServiceRequest { resource_spans: vec![resource_spans] }
    }

    fn protobuf(batch: &[Arc<Self>], resource: &Resource, writer: &mut Writer) {
        encode::request(&by_scope(batch), resource, writer);
    }

    fn refused(response: Self::Response) -> (usize, String) {
        let partial = response.partial_success.unwrap_or_default();
        (usize::try_from(partial.rejected_spans).unwrap_or(0), partial.error_message)
    }
}

fn by_scope(batch: &[Arc<SpanData>]) -> Vec<(&InstrumentationScope, Vec<&SpanData>)> {
    // Nearly all spans have the same scope, so a list is searched faster than a map.
    let mut scopes: Vec<(&InstrumentationScope, Vec<&SpanData>)> = Vec::new();
    for span in batch {
        let scope = &span.instrumentation_scope;
        match scopes.iter_mut().find(|(known, _)| *known == scope) {
            Some((_, spans)) => spans.push(span),
            None => scopes.push((scope, vec![span])),
        }
    }
    scopes
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
    let message = match status {
        Status::Error { description } => redaction::text(description).into_owned(),
        _ => String::new(),
    };
    proto::Status { code: status_code(status) as i32, message }
}

fn status_code(status: &Status) -> StatusCode {
    match status {
        Status::Unset => StatusCode::Unset,
        Status::Ok => StatusCode::Ok,
        Status::Error { .. } => StatusCode::Error,
    }
}
