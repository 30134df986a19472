//! All traces in memory: by id, by start, by the segment of the log that they begin in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use super::entry::{Entry, Put, Row, Source};
use super::{Appended, ServiceSummary, TracePage, TraceQuery};
use crate::ids::{SpanId, TraceId};
use crate::log::SegmentNumber;
use crate::otlp::{self, Batch};

/// Field numbers of attributes in `Span` and in `Resource`.
const SPAN_ATTRIBUTES: u32 = 9;
const RESOURCE_ATTRIBUTES: u32 = 1;

/// The traces that can be queried.
#[derive(Debug, Default)]
pub(super) struct Index {
    traces: HashMap<TraceId, Entry>,
    by_start: BTreeSet<(u64, TraceId)>,
    /// Traces by the segment that holds their first span.
    by_segment: BTreeSet<(SegmentNumber, TraceId)>,
    /// Spans of each service.
    services: BTreeMap<Arc<str>, u64>,
    pub(super) spans: u64,
}

impl Index {
    pub(super) fn trace_count(&self) -> u64 {
        self.traces.len() as u64
    }

    pub(super) fn trace(&self, trace_id: TraceId) -> Option<&Entry> {
        self.traces.get(&trace_id)
    }

    /// The service of a span, if that has arrived.
    pub(super) fn service_of(&self, trace_id: TraceId, span_id: SpanId) -> Option<Arc<str>> {
        self.trace(trace_id)?.row(span_id).map(|row| row.source.service.clone())
    }

    pub(super) fn services(&self) -> Vec<ServiceSummary> {
        let summary =
            |(name, &span_count): (&Arc<str>, &u64)| ServiceSummary { name: name.to_string(), span_count };
        self.services.iter().map(summary).collect()
    }

    /// True if every span of the batch is known already, to the byte.
    pub(super) fn knows(&self, batch: &Batch) -> bool {
        let sources = self.sources(batch);
        batch.spans.iter().all(|span| {
            let row = Row::new(&span.facts, sources[span.group].clone(), span.body.clone());
            self.trace(span.facts.trace_id).is_some_and(|entry| entry.classify(&row) == Put::Repeated)
        })
    }

    /// Adds the spans of a batch that was written to `segment`.
    pub(super) fn insert(&mut self, batch: Batch, segment: SegmentNumber) -> Appended {
        let sources = self.sources(&batch);
        let mut appended = Appended::default();
        for span in batch.spans {
            let row = Row::new(&span.facts, sources[span.group].clone(), span.body);
            match self.put(span.facts.trace_id, row, segment) {
                Put::New => appended.spans += 1,
                Put::Repeated => appended.repeated += 1,
                Put::Rejected => appended.rejected += 1,
            }
        }
        appended
    }

    fn sources(&self, batch: &Batch) -> Vec<Arc<Source>> {
        let source = |group: &otlp::Group| {
            let known = self.services.get_key_value(group.service.as_str());
            let service = known.map_or_else(|| group.service.as_str().into(), |(name, _)| name.clone());
            Arc::new(Source { service, resource: group.resource.clone(), scope: group.scope.clone() })
        };
        batch.groups.iter().map(source).collect()
    }

    fn put(&mut self, trace_id: TraceId, row: Row, segment: SegmentNumber) -> Put {
        let entry = self.traces.entry(trace_id).or_insert_with(|| {
            self.by_segment.insert((segment, trace_id));
            Entry::new(segment)
        });
        let (before, service) = (entry.start_unix_nano, row.source.service.clone());
        let new = entry.rows.is_empty();
        let put = entry.put(row, segment);
        if put == Put::New {
            self.spans += 1;
            *self.services.entry(service).or_default() += 1;
            if new || entry.start_unix_nano != before {
                self.by_start.remove(&(before, trace_id));
                self.by_start.insert((entry.start_unix_nano, trace_id));
            }
        }
        put
    }

    /// The traces that begin in `segment`: those that go when it goes.
    pub(super) fn begun_in(&self, segment: SegmentNumber) -> Vec<TraceId> {
        let range = (segment, TraceId::LOWEST)..=(segment, TraceId::HIGHEST);
        self.by_segment.range(range).map(|(_, trace_id)| *trace_id).collect()
    }

    /// Removes traces; returns how many traces and spans there were.
    pub(super) fn remove(&mut self, traces: &[TraceId]) -> (u64, u64) {
        let (mut removed, mut spans) = (0, 0);
        for trace_id in traces {
            let Some(entry) = self.traces.remove(trace_id) else { continue };
            removed += 1;
            spans += entry.rows.len() as u64;
            self.by_start.remove(&(entry.start_unix_nano, *trace_id));
            self.by_segment.remove(&(entry.first_segment, *trace_id));
            for row in &entry.rows {
                self.forget_span_of(&row.source.service);
            }
        }
        self.spans -= spans;
        (removed, spans)
    }

    fn forget_span_of(&mut self, service: &Arc<str>) {
        if let Some(count) = self.services.get_mut(service) {
            *count -= 1;
            if *count == 0 {
                self.services.remove(service);
            }
        }
    }

    /// Newest first, by the start of the trace.
    pub(super) fn traces(&self, query: &TraceQuery) -> TracePage {
        let lowest = (query.since.unwrap_or(0), TraceId::LOWEST);
        let until = (query.until.unwrap_or(u64::MAX), TraceId::HIGHEST);
        let highest = query.after.map_or(Bound::Included(until), |after| {
            if after < until { Bound::Excluded(after) } else { Bound::Included(until) }
        });
        let mut page = TracePage::default();
        // A range that is upside down would be a panic.
        if matches!(highest, Bound::Included(end) | Bound::Excluded(end) if end <= lowest) {
            return page;
        }
        for (_, trace_id) in self.by_start.range((Bound::Included(lowest), highest)).rev() {
            let Some(entry) = self.trace(*trace_id).filter(|entry| matches(entry, query)) else { continue };
            if page.traces.len() == query.limit {
                page.more = true;
                break;
            }
            page.traces.push(entry.summary(*trace_id));
        }
        page
    }
}

/// Cheap conditions first; only what passes them has its spans looked at.
fn matches(entry: &Entry, query: &TraceQuery) -> bool {
    query.error.is_none_or(|error| error == (entry.errors > 0))
        && query.min_duration_nano.is_none_or(|least| entry.duration_nano() >= least)
        && query.max_duration_nano.is_none_or(|most| entry.duration_nano() <= most)
        && query.service.as_deref().is_none_or(|service| entry.has_service(service))
        && (query.name.is_none() && query.attributes.is_empty()
            || entry.rows.iter().any(|row| row_matches(row, query)))
}

fn row_matches(row: &Row, query: &TraceQuery) -> bool {
    query.service.as_deref().is_none_or(|service| &*row.source.service == service)
        && query.name.as_deref().is_none_or(|part| contains_ignoring_case(row.name(), part))
        && query.attributes.iter().all(|(key, value)| has_attribute(row, key, value))
}

fn contains_ignoring_case(text: &str, part: &str) -> bool {
    text.contains(part) || text.to_lowercase().contains(&part.to_lowercase())
}

fn has_attribute(row: &Row, key: &str, value: &str) -> bool {
    let own = otlp::attribute(&row.body, SPAN_ATTRIBUTES, key);
    own.or_else(|| otlp::attribute(&row.source.resource, RESOURCE_ATTRIBUTES, key)).as_deref() == Some(value)
}
