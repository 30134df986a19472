//! Parts of the messages of all signals, read back as they were written: for the spool.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_proto::tonic::common::v1 as common;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;

pub(super) fn time(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

pub(super) fn attributes(all: Vec<common::KeyValue>) -> Vec<KeyValue> {
    let read = |pair: common::KeyValue| Some(KeyValue::new(pair.key, value(pair.value?.value?)));
    all.into_iter().filter_map(read).collect()
}

fn value(value: Proto) -> Value {
    match value {
        Proto::BoolValue(value) => value.into(),
        Proto::IntValue(value) => value.into(),
        Proto::DoubleValue(value) => value.into(),
        Proto::StringValue(text) => text.into(),
        Proto::ArrayValue(array) => Value::Array(elements(array.values)),
        // Nothing else is written.
        _ => String::new().into(),
    }
}

/// An array has elements of one type; an empty one has none that OTLP could tell.
fn elements(values: Vec<common::AnyValue>) -> Array {
    let values: Vec<Value> = values.into_iter().filter_map(|value| Some(self::value(value.value?))).collect();
    macro_rules! all {
        ($kind:ident) => {
            values
                .into_iter()
                .filter_map(|value| if let Value::$kind(value) = value { Some(value) } else { None })
        };
    }
    match values.first() {
        Some(Value::Bool(_)) => Array::Bool(all!(Bool).collect()),
        Some(Value::I64(_)) => Array::I64(all!(I64).collect()),
        Some(Value::F64(_)) => Array::F64(all!(F64).collect()),
        _ => Array::String(all!(String).collect()),
    }
}
