//! Parts that the messages of all signals have in common.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::common::v1::{self as common, AnyValue, ArrayValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::{names, redaction};

/// The resource of all messages, made once.
pub(crate) fn resource(resource: &opentelemetry_sdk::Resource) -> Resource {
    let attributes = resource.iter().map(|(key, value)| attribute(key.as_str(), value)).collect();
    Resource { attributes, ..Resource::default() }
}

pub(super) fn scope(scope: &InstrumentationScope) -> common::InstrumentationScope {
    common::InstrumentationScope {
        name: scope.name().to_owned(),
        version: scope.version().unwrap_or_default().to_owned(),
        attributes: scope.attributes().map(|pair| attribute(pair.key.as_str(), &pair.value)).collect(),
        ..Default::default()
    }
}

pub(super) fn attributes(attributes: &[KeyValue]) -> Vec<common::KeyValue> {
    attributes.iter().map(|pair| attribute(pair.key.as_str(), &pair.value)).collect()
}

/// An attribute as it may leave.
fn attribute(key: &str, value: &Value) -> common::KeyValue {
    let value = match value {
        _ if names::is_secret(key) => Proto::StringValue(redaction::REDACTED.to_owned()),
        Value::Bool(value) => Proto::BoolValue(*value),
        Value::I64(value) => Proto::IntValue(*value),
        Value::F64(value) => Proto::DoubleValue(*value),
        Value::String(value) => Proto::StringValue(redaction::text(value.as_str()).into_owned()),
        Value::Array(array) => Proto::ArrayValue(ArrayValue { values: elements(array) }),
        other => Proto::StringValue(redaction::text(&other.as_str()).into_owned()),
    };
    common::KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
}

fn elements(array: &Array) -> Vec<AnyValue> {
    fn all<T>(values: &[T], one: impl Fn(&T) -> Proto) -> Vec<AnyValue> {
        values.iter().map(|value| AnyValue { value: Some(one(value)) }).collect()
    }
    match array {
        Array::Bool(values) => all(values, |value| Proto::BoolValue(*value)),
        Array::I64(values) => all(values, |value| Proto::IntValue(*value)),
        Array::F64(values) => all(values, |value| Proto::DoubleValue(*value)),
        Array::String(values) => {
            all(values, |value| Proto::StringValue(redaction::text(value.as_str()).into_owned()))
        }
        _ => Vec::new(),
    }
}

/// Nanoseconds since 1970; a time before that is 0, which OTLP reads as unknown.
pub(super) fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
