//! The OTLP messages as tables: what each field is, and how many of it are kept.
//!
//! One walk over these tables checks a request ([`check`](super::check)), another shortens what is beyond the limits
//! ([`trim`](super::trim)). Field `n` stands at index `n - 1`; see the protocol's [`trace.proto`][trace] and
//! [`logs.proto`][logs].
//!
//! [trace]: https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
//! [logs]: https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto

use super::limits::{MAX_ATTRIBUTES, MAX_ELEMENTS, MAX_EVENTS, MAX_LINKS};

/// What one field holds.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// Unknown to this table: carried along unread, as protobuf prescribes.
    Unknown,
    Varint,
    Fixed32,
    Fixed64,
    Bytes,
    Text,
    Message(&'static Message),
    /// A repeated message: at most `most` are kept, and the field `counted_in` grows by those that are not.
    Repeated {
        of: &'static Message,
        most: usize,
        counted_in: Option<u32>,
    },
}

/// The fields of one message.
pub(super) type Message = [Shape];

use Shape::{Bytes, Fixed32, Fixed64, Message as Nested, Repeated, Text, Unknown, Varint};

const fn attributes(counted_in: u32) -> Shape {
    Repeated { of: &KEY_VALUE, most: MAX_ATTRIBUTES, counted_in: Some(counted_in) }
}

pub(super) static RESOURCE: [Shape; 3] =
    [attributes(2), Varint, Repeated { of: &ENTITY_REF, most: MAX_ELEMENTS, counted_in: None }];

static ENTITY_REF: [Shape; 4] = [Text, Text, Text, Text];

pub(super) static SCOPE: [Shape; 4] = [Text, Text, attributes(4), Varint];

pub(super) static SPAN: [Shape; 16] = [
    Bytes,
    Bytes,
    Text,
    Bytes,
    Text,
    Varint,
    Fixed64,
    Fixed64,
    attributes(10),
    Varint,
    Repeated { of: &EVENT, most: MAX_EVENTS, counted_in: Some(12) },
    Varint,
    Repeated { of: &LINK, most: MAX_LINKS, counted_in: Some(14) },
    Varint,
    Nested(&STATUS),
    Fixed32,
];

static EVENT: [Shape; 4] = [Fixed64, Text, attributes(4), Varint];

static LINK: [Shape; 6] = [Bytes, Bytes, Text, attributes(5), Varint, Fixed32];

static STATUS: [Shape; 3] = [Unknown, Text, Varint];

pub(super) static LOG_RECORD: [Shape; 12] = [
    Fixed64,
    Varint,
    Text,
    Unknown,
    Nested(&ANY_VALUE),
    attributes(7),
    Varint,
    Fixed32,
    Bytes,
    Bytes,
    Fixed64,
    Text,
];

static KEY_VALUE: [Shape; 3] = [Text, Nested(&ANY_VALUE), Varint];

static ANY_VALUE: [Shape; 8] =
    [Text, Varint, Varint, Fixed64, Nested(&ARRAY_VALUE), Nested(&KEY_VALUE_LIST), Bytes, Varint];

static ARRAY_VALUE: [Shape; 1] = [Repeated { of: &ANY_VALUE, most: MAX_ELEMENTS, counted_in: None }];

static KEY_VALUE_LIST: [Shape; 1] = [Repeated { of: &KEY_VALUE, most: MAX_ELEMENTS, counted_in: None }];

/// What field `number` of `message` is.
pub(super) fn shape(message: &Message, number: u32) -> Shape {
    message.get(number as usize - 1).copied().unwrap_or(Unknown)
}
