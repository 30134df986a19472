//! What is recorded of a span, within the limits of the specification ("SDK", "Span Limits").

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::{Event, Link, SpanContext, SpanKind, Status};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanLimits};

/// Writes into the data of a span. Whatever goes beyond a limit is counted as dropped.
pub(crate) struct Recording<'a> {
    data: &'a mut SpanData,
    limits: &'a SpanLimits,
}

impl<'a> Recording<'a> {
    pub(crate) fn of(data: &'a mut SpanData, limits: &'a SpanLimits) -> Self {
        Self { data, limits }
    }

    pub(crate) fn name(&mut self, name: impl Into<Cow<'static, str>>) {
        self.data.name = name.into();
    }

    pub(crate) fn kind(&mut self, kind: SpanKind) {
        self.data.span_kind = kind;
    }

    /// Sets an attribute; a later value of a key replaces the earlier one, as the specification asks.
    pub(crate) fn set(&mut self, attribute: KeyValue) {
        let known = self.data.attributes.iter_mut().find(|known| known.key == attribute.key);
        match known {
            Some(known) => known.value = attribute.value,
            None => self.add(attribute),
        }
    }

    /// Adds an attribute whose key is known to be new.
    pub(crate) fn add(&mut self, attribute: KeyValue) {
        if self.data.attributes.len() < self.limits.max_attributes_per_span as usize {
            self.data.attributes.push(attribute);
        } else {
            self.data.dropped_attributes_count += 1;
        }
    }

    /// [`set`](Self::set), where there is a value.
    pub(crate) fn set_some(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(KeyValue::new(key, value));
        }
    }

    /// The final status wins by the order of the specification: `Ok`, then `Error`, then unset.
    pub(crate) fn status(&mut self, status: Status) {
        if status > self.data.status
            || matches!(status, Status::Error { .. } if self.data.status != Status::Ok)
        {
            self.data.status = status;
        }
    }

    pub(crate) fn event(&mut self, name: impl Into<Cow<'static, str>>, mut attributes: Vec<KeyValue>) {
        self.event_at(name.into(), SystemTime::now(), &mut attributes);
    }

    pub(crate) fn event_at(
        &mut self,
        name: Cow<'static, str>,
        time: SystemTime,
        attributes: &mut Vec<KeyValue>,
    ) {
        if self.data.events.events.len() >= self.limits.max_events_per_span as usize {
            self.data.events.dropped_count += 1;
            return;
        }
        let dropped = cut(attributes, self.limits.max_attributes_per_event);
        self.data.events.events.push(Event::new(name, time, std::mem::take(attributes), dropped));
    }

    /// Links to a span elsewhere; an invalid context is no span.
    pub(crate) fn link(&mut self, to: SpanContext, mut attributes: Vec<KeyValue>) {
        if !to.is_valid() {
            return;
        }
        if self.data.links.links.len() >= self.limits.max_links_per_span as usize {
            self.data.links.dropped_count += 1;
            return;
        }
        let dropped = cut(&mut attributes, self.limits.max_attributes_per_link);
        self.data.links.links.push(Link::new(to, attributes, dropped));
    }
}

/// Cuts what is beyond `limit`, and answers how much that was.
fn cut(attributes: &mut Vec<KeyValue>, limit: u32) -> u32 {
    let beyond = attributes.len().saturating_sub(limit as usize);
    attributes.truncate(limit as usize);
    u32::try_from(beyond).unwrap_or(u32::MAX)
}
