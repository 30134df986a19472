//! What failed, as data.

use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use rollbar_rust::{Frame, Level, Uuid};
use tracing::{Event, Metadata};

use super::causes::Causes;
use super::frames::Stack;
use super::{Cause, RequestFacts, fingerprint, frames};
use crate::server::Failure;
use crate::spans::Fields;

/// One failure, read once where it happened; items are made of it on another thread.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    /// Names the occurrence, on the span and in Rollbar.
    pub(crate) uuid: Uuid,
    pub(crate) time: SystemTime,
    pub(crate) level: Level,
    /// The constant part of what is said.
    pub(crate) message: String,
    /// Errors, outermost first; none for a mere message.
    pub(crate) causes: Vec<Cause>,
    /// The stack, the most recent call last.
    pub(crate) frames: Vec<Frame>,
    pub(crate) fields: Vec<KeyValue>,
    /// Ids of the span that it happened in; invalid outside of any.
    pub(crate) span: SpanContext,
    pub(crate) request: Option<Arc<RequestFacts>>,
    /// Further occurrences that this one stands for.
    pub(crate) merged: u64,
}

impl Report {
    /// What an event tells, in the span of these ids.
    pub(super) fn of(event: &Event<'_>, span: SpanContext) -> Self {
        let (mut fields, mut causes) = (Fields::default(), Causes::default());
        event.record(&mut fields);
        event.record(&mut causes);
        let mut fields = fields.0;
        let message = take(&mut fields, "message").unwrap_or_default();
        let kind = take(&mut fields, "exception.type");
        let told = take(&mut fields, "exception.message");
        let mut causes = causes.0;
        // The type that the event names is better than the one that was found.
        match (causes.first_mut(), kind) {
            (Some(outermost), Some(kind)) => outermost.class = kind,
            (None, Some(class)) => causes.push(Cause { class, message: told.unwrap_or_default() }),
            _ => {}
        }
        let metadata = event.metadata();
        let level = super::level(*metadata.level());
        Self { message, causes, frames: vec![place(metadata)], fields, span, ..Self::now(level) }
    }

    /// What the middleware knows of a request that failed, in the span of that request.
    pub(super) fn failure(failure: &Failure, message: &str, level: Level, status: u16) -> Self {
        let fields = vec![KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status))];
        let (causes, frames) = (failure.details.causes.clone(), failure.details.stack.0.clone());
        Self { message: message.to_owned(), causes, frames, fields, ..Self::now(level) }
    }

    /// A panic that nobody catches.
    pub(super) fn panic(message: &str, text: &str, stack: Stack) -> Self {
        let causes = vec![Cause { class: "panic".to_owned(), message: text.to_owned() }];
        Self { message: message.to_owned(), causes, frames: stack.0, ..Self::now(Level::Critical) }
    }

    /// A message that is no failure.
    pub(super) fn message(level: Level, text: &str) -> Self {
        Self { message: text.to_owned(), ..Self::now(level) }
    }

    /// Nothing so far, in the span and the request of this moment.
    fn now(level: Level) -> Self {
        Self {
            uuid: Uuid::new_v4(),
            time: SystemTime::now(),
            level,
            message: String::new(),
            causes: Vec::new(),
            frames: Vec::new(),
            fields: Vec::new(),
            span: Context::map_current(|context| context.span().span_context().clone()),
            request: Context::map_current(RequestFacts::of),
            merged: 0,
        }
    }

    /// What it is grouped by.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint::of(self)
    }

    /// What it about takes in memory, in bytes.
    pub(crate) fn size(&self) -> usize {
        let fields: usize =
            self.fields.iter().map(|field| size_of_val(field) + field.value.as_str().len()).sum();
        let causes: usize = self
            .causes
            .iter()
            .map(|cause| size_of_val(cause) + cause.class.len() + cause.message.len())
            .sum();
        let frames: usize = self
            .frames
            .iter()
            .map(|frame| {
                size_of_val(frame) + frame.filename.len() + frame.method.as_ref().map_or(0, String::len)
            })
            .sum();
        size_of::<Self>() + self.message.len() + fields + causes + frames
    }
}

/// Takes a field out of its list, as text.
fn take(fields: &mut Vec<KeyValue>, name: &str) -> Option<String> {
    let position = fields.iter().position(|field| field.key.as_str() == name)?;
    Some(fields.remove(position).value.as_str().into_owned())
}

/// Where the event stands in the source.
fn place(metadata: &Metadata<'_>) -> Frame {
    let mut frame = Frame::new(metadata.file().unwrap_or(frames::UNKNOWN));
    (frame.lineno, frame.method) = (metadata.line(), metadata.module_path().map(str::to_owned));
    frame
}
