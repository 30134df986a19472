//! What is recorded of a span, within the limits of the specification ("SDK", "Span Limits").

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::{Event, Link, SpanContext, SpanKind, Status};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

use super::limits::{Limits, cut, cut_value};

/// Writes into the data of a span. Whatever goes beyond a limit is counted as dropped.
pub(crate) struct Recording<'a> {
    data: &'a mut SpanData,
    limits: &'a Limits,
}

impl<'a> Recording<'a> {
    pub(crate) fn of(data: &'a mut SpanData, limits: &'a Limits) -> Self {
        Self { data, limits }
    }

    pub(crate) fn name(&mut self, name: impl Into<Cow<'static, str>>) {
        self.data.name = name.into();
    }

    pub(crate) fn kind(&mut self, kind: SpanKind) {
        self.data.span_kind = kind;
    }

    /// Sets an attribute; a later value of a key replaces the earlier one, as the specification asks.
    pub(crate) fn set(&mut self, mut attribute: KeyValue) {
        let known = self.data.attributes.iter_mut().find(|known| known.key == attribute.key);
        match known {
            Some(known) => {
                cut_value(&mut attribute.value, self.limits.value_chars);
                known.value = attribute.value;
            }
            None => self.add(attribute),
        }
    }

    /// Adds an attribute whose key is known to be new.
    pub(crate) fn add(&mut self, mut attribute: KeyValue) {
        if self.data.attributes.len() < self.limits.counts.max_attributes_per_span as usize {
            cut_value(&mut attribute.value, self.limits.value_chars);
            self.data.attributes.push(attribute);
        } else {
            self.data.dropped_attributes_count += 1;
        }
    }

    /// [`add`](Self::add), where there is a value.
    pub(crate) fn add_some(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.add(KeyValue::new(key, value));
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
        if self.data.events.events.len() >= self.limits.counts.max_events_per_span as usize {
            self.data.events.dropped_count += 1;
            return;
        }
        let dropped = cut(attributes, self.limits.counts.max_attributes_per_event, self.limits.value_chars);
        self.data.events.events.push(Event::new(name, time, std::mem::take(attributes), dropped));
    }

    /// Links to a span elsewhere; an invalid context is no span.
    pub(crate) fn link(&mut self, to: SpanContext, mut attributes: Vec<KeyValue>) {
        if !to.is_valid() {
            return;
        }
        if self.data.links.links.len() >= self.limits.counts.max_links_per_span as usize {
            self.data.links.dropped_count += 1;
            return;
        }
        let dropped =
            cut(&mut attributes, self.limits.counts.max_attributes_per_link, self.limits.value_chars);
        self.data.links.links.push(Link::new(to, attributes, dropped));
    }
}
