//! Spans as protobuf, without the messages in between: most of what a span costs behind the request is this.
//!
//! It writes the same bytes as the generated types would, which the tests hold it to. The numbers of the fields are those of
//! `trace.proto` and `common.proto`.

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, Status};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;

use super::{flags, kind, status_code};
use crate::otlp::message::nanos;
use crate::otlp::protobuf::Writer;
use crate::{background, names, redaction};

/// Spans that are written without a pause: some 100 µs.
const PIECE: usize = 32;

/// `ExportTraceServiceRequest`.
pub(super) fn request(
    scopes: &[(&InstrumentationScope, Vec<&SpanData>)],
    resource: &Resource,
    writer: &mut Writer,
) {
    writer.message(1, |writer| {
        for (scope, spans) in scopes.iter().rev() {
            writer.message(2, |writer| {
                writer.bytes(3, scope.schema_url().unwrap_or_default().as_bytes());
                for piece in spans.rchunks(PIECE) {
                    for span in piece.iter().rev() {
                        writer.message(2, |writer| self::span(span, writer));
                    }
                    background::pause();
                }
                writer.message(1, |writer| self::scope(scope, writer));
            });
        }
        writer.message(1, |writer| writer.raw(&resource.encode_to_vec()));
    });
}

fn scope(scope: &InstrumentationScope, writer: &mut Writer) {
    let attributes: Vec<&KeyValue> = scope.attributes().collect();
    for pair in attributes.into_iter().rev() {
        attribute(3, pair, writer);
    }
    writer.bytes(2, scope.version().unwrap_or_default().as_bytes());
    writer.bytes(1, scope.name().as_bytes());
}

fn span(data: &SpanData, writer: &mut Writer) {
    let ids = &data.span_context;
    writer.fixed32(16, flags(ids.trace_flags().to_u8(), data.parent_span_is_remote));
    writer.message(15, |writer| status(&data.status, writer));
    writer.number(14, data.links.dropped_count.into());
    for link in data.links.links.iter().rev() {
        writer.message(13, |writer| self::link(link, writer));
    }
    writer.number(12, data.events.dropped_count.into());
    for event in data.events.events.iter().rev() {
        writer.message(11, |writer| self::event(event, writer));
    }
    writer.number(10, data.dropped_attributes_count.into());
    attributes(9, &data.attributes, writer);
    writer.fixed64(8, nanos(data.end_time));
    writer.fixed64(7, nanos(data.start_time));
    writer.number(6, kind(&data.span_kind) as u64);
    writer.bytes(5, redaction::text(&data.name).as_bytes());
    if data.parent_span_id != SpanId::INVALID {
        writer.bytes(4, &data.parent_span_id.to_bytes());
    }
    self::ids(ids, writer);
}

/// The first three fields of a span and of a link.
fn ids(ids: &SpanContext, writer: &mut Writer) {
    writer.bytes(3, ids.trace_state().header().as_bytes());
    writer.bytes(2, &ids.span_id().to_bytes());
    writer.bytes(1, &ids.trace_id().to_bytes());
}

fn event(event: &Event, writer: &mut Writer) {
    writer.number(4, event.dropped_attributes_count.into());
    attributes(3, &event.attributes, writer);
    writer.bytes(2, redaction::text(&event.name).as_bytes());
    writer.fixed64(1, nanos(event.timestamp));
}

fn link(link: &Link, writer: &mut Writer) {
    let context = &link.span_context;
    writer.fixed32(6, flags(context.trace_flags().to_u8(), context.is_remote()));
    writer.number(5, link.dropped_attributes_count.into());
    attributes(4, &link.attributes, writer);
    ids(context, writer);
}

fn status(status: &Status, writer: &mut Writer) {
    writer.number(3, status_code(status) as u64);
    if let Status::Error { description } = status {
        writer.bytes(2, redaction::text(description).as_bytes());
    }
}

fn attributes(field: u32, attributes: &[KeyValue], writer: &mut Writer) {
    for pair in attributes.iter().rev() {
        attribute(field, pair, writer);
    }
}

/// An attribute as it may leave.
fn attribute(field: u32, pair: &KeyValue, writer: &mut Writer) {
    let key = pair.key.as_str();
    writer.message(field, |writer| {
        writer.message(2, |writer| {
            if names::is_secret(key) {
                text(redaction::REDACTED, writer);
            } else {
                value(&pair.value, writer);
            }
        });
        writer.bytes(1, key.as_bytes());
    });
}

fn value(value: &Value, writer: &mut Writer) {
    match value {
        Value::Bool(value) => bool(*value, writer),
        Value::I64(value) => int(*value, writer),
        Value::F64(value) => double(*value, writer),
        Value::String(value) => text(&redaction::text(value.as_str()), writer),
        Value::Array(array) => writer.message(5, |writer| elements(array, writer)),
        other => text(&redaction::text(&other.as_str()), writer),
    }
}

fn elements(array: &Array, writer: &mut Writer) {
    fn all<T>(values: &[T], writer: &mut Writer, one: impl Fn(&T, &mut Writer)) {
        for value in values.iter().rev() {
            writer.message(1, |writer| one(value, writer));
        }
    }
    match array {
        Array::Bool(values) => all(values, writer, |value, writer| bool(*value, writer)),
        Array::I64(values) => all(values, writer, |value, writer| int(*value, writer)),
        Array::F64(values) => all(values, writer, |value, writer| double(*value, writer)),
        Array::String(values) => {
            all(values, writer, |value, writer| text(&redaction::text(value.as_str()), writer));
        }
        _ => {}
    }
}

// Members of the `oneof` of `AnyValue`: they stand there whatever their value.

fn text(value: &str, writer: &mut Writer) {
    writer.some_bytes(1, value.as_bytes());
}

fn bool(value: bool, writer: &mut Writer) {
    writer.some_number(2, value.into());
}

fn int(value: i64, writer: &mut Writer) {
    writer.some_number(3, value.cast_unsigned());
}

fn double(value: f64, writer: &mut Writer) {
    writer.some_double(4, value);
}
