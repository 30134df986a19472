//! One event as data.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::SpanContext;
use opentelemetry::{KeyValue, Value};
use tracing::{Event, Level, Metadata};

use crate::settings::LogLimits;
use crate::spans::{Fields, cut};

/// What an event says, read once; log lines and log records of any form are made of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LogRecord {
    pub(crate) time: SystemTime,
    pub(crate) level: Level,
    /// Which part of the program says it.
    pub(crate) target: Cow<'static, str>,
    pub(crate) message: Cow<'static, str>,
    /// Fields but the message, in the order of the macro.
    pub(crate) fields: Vec<KeyValue>,
    /// Fields beyond the limit.
    pub(crate) dropped_fields: u32,
    /// Ids of the span that it happened in; invalid outside of any.
    pub(crate) span: SpanContext,
}

impl LogRecord {
    /// What a `tracing` event says, in the span `span`.
    pub(super) fn of(event: &Event<'_>, span: SpanContext) -> Self {
        // Room for as many as there can be and no more: records wait in queues.
        let mut fields = Fields(Vec::with_capacity(event.metadata().fields().len()));
        event.record(&mut fields);
        let mut fields = fields.0;
        let message = fields.iter().position(|field| field.key.as_str() == "message");
        let message = message.map(|position| fields.remove(position).value.as_str().into_owned());
        let metadata = event.metadata();
        Self {
            time: SystemTime::now(),
            level: level(metadata),
            target: Cow::Borrowed(metadata.target()),
            message: message.unwrap_or_default().into(),
            fields,
            dropped_fields: 0,
            span,
        }
    }

    /// The same, with as much of the fields as `limits` allow.
    pub(super) fn within(mut self, limits: &LogLimits) -> Self {
        self.dropped_fields += cut(&mut self.fields, limits.attributes, limits.value_chars);
        self
    }

    /// The same, with texts of at most about so many bytes; those that were longer say so.
    #[cfg(feature = "cloudwatch")]
    pub(super) fn with_texts_of(&self, bytes: usize) -> Self {
        let fields = self.fields.iter().map(|field| match &field.value {
            Value::Bool(_) | Value::I64(_) | Value::F64(_) => field.clone(),
            value => KeyValue::new(field.key.clone(), shortened(&value.as_str(), bytes)),
        });
        Self { message: shortened(&self.message, bytes).into(), fields: fields.collect(), ..self.clone() }
    }

    /// What it about takes in memory, in bytes.
    pub(crate) fn size(&self) -> usize {
        let texts: usize = self.fields.iter().map(|field| text_size(&field.value)).sum();
        let fields = self.fields.capacity() * size_of::<KeyValue>();
        size_of::<Self>() + ALLOCATIONS + self.message.len() + fields + texts
    }
}

/// What an allocator adds to the parts of a record, and a queue to the whole, in bytes.
const ALLOCATIONS: usize = 128;

/// How bad it is. What actix's HTTP calls an error is a caller that speaks no HTTP: nobody here failed.
fn level(metadata: &Metadata<'_>) -> Level {
    match *metadata.level() {
        Level::ERROR if is_of_caller(metadata) => Level::WARN,
        level => level,
    }
}

/// Whether an event is about what a caller did wrong on the connection.
pub(crate) fn is_of_caller(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("actix_http::")
}

#[cfg(feature = "cloudwatch")]
fn shortened(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    format!("{}… [cut: it had {} bytes]", &text[..text.floor_char_boundary(bytes)], text.len())
}

/// Bytes that a value has besides its own size.
fn text_size(value: &Value) -> usize {
    match value {
        Value::Bool(_) | Value::I64(_) | Value::F64(_) => 0,
        Value::String(text) => text.as_str().len(),
        other => other.as_str().len(),
    }
}
