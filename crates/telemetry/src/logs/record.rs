//! One event as data.

use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanContext;
use tracing::{Event, Metadata};

use crate::settings::LogLimits;
use crate::spans::{Fields, cut};

/// What a `tracing` event says, read once; log lines and log records of any form are made of it.
#[derive(Debug, Clone)]
pub(crate) struct LogRecord {
    pub(crate) time: SystemTime,
    /// Level, target and place in the source.
    pub(crate) metadata: &'static Metadata<'static>,
    pub(crate) message: String,
    /// Fields but the message, in the order of the macro.
    pub(crate) fields: Vec<KeyValue>,
    /// Fields beyond the limit.
    pub(crate) dropped_fields: u32,
    /// Ids of the span that it happened in; invalid outside of any.
    pub(crate) span: SpanContext,
}

impl LogRecord {
    pub(crate) fn of(event: &Event<'_>, span: SpanContext, limits: &LogLimits) -> Self {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut fields = fields.0;
        let message = fields.iter().position(|field| field.key.as_str() == "message");
        let message = message.map(|position| fields.remove(position).value.as_str().into_owned());
        let dropped_fields = cut(&mut fields, limits.attributes, limits.value_chars);
        let (time, metadata) = (SystemTime::now(), event.metadata());
        Self { time, metadata, message: message.unwrap_or_default(), fields, dropped_fields, span }
    }

    /// What it about takes in memory, in bytes.
    pub(crate) fn size(&self) -> usize {
        let fields: usize =
            self.fields.iter().map(|field| field.value.as_str().len() + size_of_val(field)).sum();
        size_of::<Self>() + self.message.len() + fields
    }
}
