//! One event as data.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::SpanContext;
use opentelemetry::{KeyValue, Value};
use tracing::{Event, Level};

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
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut fields = fields.0;
        let message = fields.iter().position(|field| field.key.as_str() == "message");
        let message = message.map(|position| fields.remove(position).value.as_str().into_owned());
        let metadata = event.metadata();
        Self {
            time: SystemTime::now(),
            level: *metadata.level(),
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

    /// What it about takes in memory, in bytes.
    pub(crate) fn size(&self) -> usize {
        let fields: usize =
            self.fields.iter().map(|field| size_of_val(field) + text_size(&field.value)).sum();
        size_of::<Self>() + self.message.len() + fields
    }
}

/// Bytes that a value has besides its own size.
fn text_size(value: &Value) -> usize {
    match value {
        Value::Bool(_) | Value::I64(_) | Value::F64(_) => 0,
        Value::String(text) => text.as_str().len(),
        other => other.as_str().len(),
    }
}
