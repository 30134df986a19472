//! Between the messages of OTLP/JSON and those of protobuf, field by field, both ways.

use opentelemetry_proto::tonic::common::v1 as common;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::resource::v1 as resource;
use opentelemetry_proto::tonic::trace::v1 as trace;
use opentelemetry_proto::tonic::trace::v1::span as inner;

use super::scalars::{Base64, Double, Hex, List, Number};
use super::types::{
    AnyValue, ArrayValue, Event, KeyValue, KeyValueList, Link, Resource, Scope, Span, Status,
};

impl From<Resource> for resource::Resource {
    fn from(json: Resource) -> Self {
        Self {
            dropped_attributes_count: json.dropped_attributes_count.saturating_add(json.attributes.dropped),
            attributes: json.attributes.map(Into::into),
            ..Self::default()
        }
    }
}

impl From<resource::Resource> for Resource {
    fn from(proto: resource::Resource) -> Self {
        Self { attributes: list(proto.attributes), dropped_attributes_count: proto.dropped_attributes_count }
    }
}

impl From<Scope> for common::InstrumentationScope {
    fn from(json: Scope) -> Self {
        Self {
            name: json.name,
            version: json.version,
            dropped_attributes_count: json.dropped_attributes_count.saturating_add(json.attributes.dropped),
            attributes: json.attributes.map(Into::into),
        }
    }
}

impl From<common::InstrumentationScope> for Scope {
    fn from(proto: common::InstrumentationScope) -> Self {
        Self {
            name: proto.name,
            version: proto.version,
            attributes: list(proto.attributes),
            dropped_attributes_count: proto.dropped_attributes_count,
        }
    }
}

impl From<Span> for trace::Span {
    fn from(json: Span) -> Self {
        Self {
            trace_id: json.trace_id.0,
            span_id: json.span_id.0,
            trace_state: json.trace_state,
            parent_span_id: json.parent_span_id.0,
            flags: json.flags,
            name: json.name,
            kind: json.kind,
            start_time_unix_nano: json.start_time_unix_nano.0,
            end_time_unix_nano: json.end_time_unix_nano.0,
            dropped_attributes_count: json.dropped_attributes_count.saturating_add(json.attributes.dropped),
            attributes: json.attributes.map(Into::into),
            dropped_events_count: json.dropped_events_count.saturating_add(json.events.dropped),
            events: json.events.map(Into::into),
            dropped_links_count: json.dropped_links_count.saturating_add(json.links.dropped),
            links: json.links.map(Into::into),
            status: json.status.map(|status| trace::Status { message: status.message, code: status.code }),
        }
    }
}

impl From<trace::Span> for Span {
    fn from(proto: trace::Span) -> Self {
        Self {
            trace_id: Hex(proto.trace_id),
            span_id: Hex(proto.span_id),
            trace_state: proto.trace_state,
            parent_span_id: Hex(proto.parent_span_id),
            flags: proto.flags,
            name: proto.name,
            kind: proto.kind,
            start_time_unix_nano: Number(proto.start_time_unix_nano),
            end_time_unix_nano: Number(proto.end_time_unix_nano),
            attributes: list(proto.attributes),
            dropped_attributes_count: proto.dropped_attributes_count,
            events: list(proto.events),
            dropped_events_count: proto.dropped_events_count,
            links: list(proto.links),
            dropped_links_count: proto.dropped_links_count,
            status: proto.status.map(|status| Status { message: status.message, code: status.code }),
        }
    }
}

impl From<Event> for inner::Event {
    fn from(json: Event) -> Self {
        Self {
            time_unix_nano: json.time_unix_nano.0,
            name: json.name,
            dropped_attributes_count: json.dropped_attributes_count.saturating_add(json.attributes.dropped),
            attributes: json.attributes.map(Into::into),
        }
    }
}

impl From<inner::Event> for Event {
    fn from(proto: inner::Event) -> Self {
        Self {
            time_unix_nano: Number(proto.time_unix_nano),
            name: proto.name,
            attributes: list(proto.attributes),
            dropped_attributes_count: proto.dropped_attributes_count,
        }
    }
}

impl From<Link> for inner::Link {
    fn from(json: Link) -> Self {
        Self {
            trace_id: json.trace_id.0,
            span_id: json.span_id.0,
            trace_state: json.trace_state,
            dropped_attributes_count: json.dropped_attributes_count.saturating_add(json.attributes.dropped),
            attributes: json.attributes.map(Into::into),
            flags: json.flags,
        }
    }
}

impl From<inner::Link> for Link {
    fn from(proto: inner::Link) -> Self {
        Self {
            trace_id: Hex(proto.trace_id),
            span_id: Hex(proto.span_id),
            trace_state: proto.trace_state,
            attributes: list(proto.attributes),
            dropped_attributes_count: proto.dropped_attributes_count,
            flags: proto.flags,
        }
    }
}

impl From<KeyValue> for common::KeyValue {
    fn from(json: KeyValue) -> Self {
        Self { key: json.key, value: json.value.map(Into::into), ..Self::default() }
    }
}

impl From<common::KeyValue> for KeyValue {
    fn from(proto: common::KeyValue) -> Self {
        Self { key: proto.key, value: proto.value.map(Into::into) }
    }
}

impl From<AnyValue> for common::AnyValue {
    fn from(json: AnyValue) -> Self {
        let value = (json.string_value.map(Value::StringValue))
            .or(json.bool_value.map(Value::BoolValue))
            .or(json.int_value.map(|Number(value)| Value::IntValue(value)))
            .or(json.double_value.map(|Double(value)| Value::DoubleValue(value)))
            .or(json.bytes_value.map(|Base64(bytes)| Value::BytesValue(bytes)))
            .or(json
                .array_value
                .map(|array| Value::ArrayValue(common::ArrayValue { values: array.values.map(Into::into) })))
            .or(json.kvlist_value.map(|list| {
                Value::KvlistValue(common::KeyValueList { values: list.values.map(Into::into) })
            }));
        Self { value }
    }
}

impl From<common::AnyValue> for AnyValue {
    fn from(proto: common::AnyValue) -> Self {
        let mut json = Self::default();
        match proto.value {
            None | Some(Value::StringValueStrindex(_)) => {}
            Some(Value::StringValue(text)) => json.string_value = Some(text),
            Some(Value::BoolValue(value)) => json.bool_value = Some(value),
            Some(Value::IntValue(value)) => json.int_value = Some(Number(value)),
            Some(Value::DoubleValue(value)) => json.double_value = Some(Double(value)),
            Some(Value::BytesValue(bytes)) => json.bytes_value = Some(Base64(bytes)),
            Some(Value::ArrayValue(array)) => {
                json.array_value = Some(ArrayValue { values: list(array.values) });
            }
            Some(Value::KvlistValue(pairs)) => {
                json.kvlist_value = Some(KeyValueList { values: list(pairs.values) });
            }
        }
        json
    }
}

fn list<T: Into<U>, U, const MOST: usize>(items: Vec<T>) -> List<U, MOST> {
    items.into_iter().map(Into::into).collect()
}
