//! Stored bytes back into the model that the API and the pages show.

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1 as proto;
use prost::Message;

use crate::ids::{SpanId, TraceId};
use crate::model::{Attributes, Dropped, Event, Link, Origin, Span, Value};

/// Decodes a span that [`decode_protobuf`](super::decode_protobuf) has let in; `None` if its ids are not valid.
pub(crate) fn read_span(body: &[u8], origin: Arc<Origin>, duplicate_id: bool) -> Option<Span> {
    let span = proto::Span::decode(body).ok()?;
    let status = span.status.unwrap_or_default();
    Some(Span {
        span_id: SpanId::from_bytes(&span.span_id).ok()?,
        parent_span_id: SpanId::from_bytes(&span.parent_span_id).ok(),
        name: span.name,
        kind: u64::try_from(span.kind).unwrap_or(0).into(),
        start_unix_nano: span.start_time_unix_nano,
        end_unix_nano: span.end_time_unix_nano,
        status: u64::try_from(status.code).unwrap_or(0).into(),
        status_message: status.message,
        attributes: attributes(span.attributes),
        origin,
        events: span.events.into_iter().map(event).collect(),
        links: span.links.into_iter().map(link).collect(),
        dropped: Dropped {
            attributes: span.dropped_attributes_count,
            events: span.dropped_events_count,
            links: span.dropped_links_count,
        },
        trace_state: span.trace_state,
        flags: span.flags,
        duplicate_id,
    })
}

/// Decodes what spans have in common.
pub(crate) fn read_origin(service: &str, resource: &[u8], scope: &[u8]) -> Origin {
    let resource = Resource::decode(resource).unwrap_or_default();
    let scope = InstrumentationScope::decode(scope).unwrap_or_default();
    Origin {
        service: service.to_owned(),
        resource: attributes(resource.attributes),
        scope_name: scope.name,
        scope_version: scope.version,
        scope_attributes: attributes(scope.attributes),
    }
}

/// The text of the value in a `KeyValue`.
pub(super) fn value_text(pair: &[u8]) -> Option<String> {
    let pair = KeyValue::decode(pair).ok()?;
    Some(value(pair.value.unwrap_or_default()).to_string())
}

fn event(event: proto::span::Event) -> Event {
    Event { time_unix_nano: event.time_unix_nano, name: event.name, attributes: attributes(event.attributes) }
}

fn link(link: proto::span::Link) -> Link {
    Link {
        trace_id: TraceId::from_bytes(&link.trace_id).ok(),
        span_id: SpanId::from_bytes(&link.span_id).ok(),
        attributes: attributes(link.attributes),
        trace_state: link.trace_state,
    }
}

pub(super) fn attributes(pairs: Vec<KeyValue>) -> Attributes {
    pairs.into_iter().map(|pair| (pair.key, value(pair.value.unwrap_or_default()))).collect()
}

/// The recursion is as deep as what was let in: [`MAX_DEPTH`](super::limits::MAX_DEPTH).
pub(super) fn value(any: AnyValue) -> Value {
    match any.value {
        None | Some(any_value::Value::StringValueStrindex(_)) => Value::Empty,
        Some(any_value::Value::StringValue(text)) => Value::Text(text),
        Some(any_value::Value::BoolValue(value)) => Value::Bool(value),
        Some(any_value::Value::IntValue(value)) => Value::Int(value),
        Some(any_value::Value::DoubleValue(value)) => Value::Double(value),
        Some(any_value::Value::BytesValue(bytes)) => Value::Bytes(bytes),
        Some(any_value::Value::ArrayValue(array)) => {
            Value::Array(array.values.into_iter().map(value).collect())
        }
        Some(any_value::Value::KvlistValue(list)) => Value::Map(attributes(list.values)),
    }
}
