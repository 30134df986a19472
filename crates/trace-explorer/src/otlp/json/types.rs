//! The messages of OTLP/JSON: lower camel case, unknown fields ignored, everything optional.
//!
//! Not those of `opentelemetry-proto`: its JSON refuses `"arrayValue": {}` and doubles that are written as text, and
//! it has no limit on how many structs a body can make.

use serde::{Deserialize, Serialize};

use super::scalars::{Base64, Double, Hex, List, Number, or_default};
use crate::otlp::limits::{MAX_ATTRIBUTES, MAX_ELEMENTS, MAX_EVENTS, MAX_LINKS};

/// Declares a message, each of whose fields may be missing or null, and is left out when it is empty.
macro_rules! message {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[allow(clippy::struct_field_names, reason = "the names are those of OTLP")]
        #[serde(default, rename_all = "camelCase")]
        pub(super) struct $name {
            $(
                #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
                pub(super) $field: $type,
            )*
        }
    };
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

type Attributes = List<KeyValue, MAX_ATTRIBUTES>;

message! {
    Resource { attributes: Attributes, dropped_attributes_count: u32, }
}

message! {
    Scope { name: String, version: String, attributes: Attributes, dropped_attributes_count: u32, }
}

message! {
    Span {
        trace_id: Hex,
        span_id: Hex,
        trace_state: String,
        parent_span_id: Hex,
        flags: u32,
        name: String,
        kind: i32,
        start_time_unix_nano: Number<u64>,
        end_time_unix_nano: Number<u64>,
        attributes: Attributes,
        dropped_attributes_count: u32,
        events: List<Event, MAX_EVENTS>,
        dropped_events_count: u32,
        links: List<Link, MAX_LINKS>,
        dropped_links_count: u32,
        status: Option<Status>,
    }
}

message! {
    LogRecord {
        time_unix_nano: Number<u64>,
        observed_time_unix_nano: Number<u64>,
        severity_number: i32,
        severity_text: String,
        body: Option<AnyValue>,
        attributes: Attributes,
        dropped_attributes_count: u32,
        flags: u32,
        trace_id: Hex,
        span_id: Hex,
        event_name: String,
    }
}

message! {
    Event { time_unix_nano: Number<u64>, name: String, attributes: Attributes, dropped_attributes_count: u32, }
}

message! {
    Link {
        trace_id: Hex,
        span_id: Hex,
        trace_state: String,
        attributes: Attributes,
        dropped_attributes_count: u32,
        flags: u32,
    }
}

message! {
    Status { message: String, code: i32, }
}

message! {
    KeyValue { key: String, value: Option<AnyValue>, }
}

message! {
    /// At most one field is set; if a sender sets several, the first of these counts.
    AnyValue {
        string_value: Option<String>,
        bool_value: Option<bool>,
        int_value: Option<Number<i64>>,
        double_value: Option<Double>,
        array_value: Option<ArrayValue>,
        kvlist_value: Option<KeyValueList>,
        bytes_value: Option<Base64>,
    }
}

message! {
    ArrayValue { values: List<AnyValue, MAX_ELEMENTS>, }
}

message! {
    KeyValueList { values: List<KeyValue, MAX_ELEMENTS>, }
}
