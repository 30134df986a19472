//! A span between its begin and its end, shared by `tracing`'s handle and OpenTelemetry's.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span, SpanContext, Status};
use opentelemetry_sdk::trace::SpanData;

use super::recording::Recording;
use super::tracer::Tracer;

/// A sampled span that may still change.
pub(crate) struct Live {
    /// `None` once it has ended.
    data: Mutex<Option<SpanData>>,
    tracer: Arc<Tracer>,
}

impl Live {
    pub(super) fn new(data: SpanData, tracer: Arc<Tracer>) -> Self {
        Self { data: Mutex::new(Some(data)), tracer }
    }

    /// Changes what is recorded. `change` must not begin, end or log anything: it runs under the span's lock.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Recording<'_>)) {
        let mut data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(data) = data.as_mut() {
            change(&mut Recording::of(data, &self.tracer.limits));
        }
    }

    /// [`update`](Self::update), unless the span is being changed at this moment: for a panic hook, which may run in the
    /// middle of that.
    pub(crate) fn try_update(&self, change: impl FnOnce(&mut Recording<'_>)) {
        if let Some(data) = self.data.try_lock().ok().as_deref_mut().and_then(Option::as_mut) {
            change(&mut Recording::of(data, &self.tracer.limits));
        }
    }

    /// Ends the span, once; it changes no more.
    pub(crate) fn end(&self, at: SystemTime) {
        let data = self.data.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut data) = data {
            // The clock may have been set back meanwhile.
            data.end_time = at.max(data.start_time);
            self.tracer.end(data);
        }
    }

    fn is_recording(&self) -> bool {
        self.data.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// The span as the OpenTelemetry API sees it, so that `Context::current().span()` of any library writes into the same
/// data. It does not end the span when it is dropped: contexts outlive spans.
pub(super) struct Handle {
    ids: SpanContext,
    live: Arc<Live>,
}

impl Handle {
    pub(super) fn new(ids: SpanContext, live: Arc<Live>) -> Self {
        Self { ids, live }
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Handle").field("ids", &self.ids).finish_non_exhaustive()
    }
}

impl Span for Handle {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, mut attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        self.live.update(|span| span.event_at(name.into(), timestamp, &mut attributes));
    }

    fn span_context(&self) -> &SpanContext {
        &self.ids
    }

    fn is_recording(&self) -> bool {
        self.live.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.live.update(|span| span.set(attribute));
    }

    fn set_status(&mut self, status: Status) {
        self.live.update(|span| span.status(status));
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.live.update(|span| span.name(name));
    }

    fn add_link(&mut self, to: SpanContext, attributes: Vec<KeyValue>) {
        self.live.update(|span| span.link(to, attributes));
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.live.end(timestamp);
    }
}
