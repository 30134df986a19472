//! Log events in memory, within a limit in bytes: the events that arrived first make room for those that come. Unlike spans
//! and reports they do not outlive the process.

mod groups;
mod page;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::Serialize;

use crate::ids::{SpanId, TraceId};
use crate::logs::{Facts, LogEvent, LogLevel, Place};
pub(crate) use groups::{Group, Groups, LogError, Stream};
pub(crate) use page::{EventPage, Range};

/// Memory that an event takes beside its text: its row, its names, its place in two indexes.
const EVENT_BYTES: u64 = 320;

/// An event on its way in: its time in milliseconds since 1970, and its text.
pub(crate) type NewEvent = (u64, String);

/// Which events a search is for. Conditions are joined by "and".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LogQuery {
    /// A part of the text, in any case.
    pub(crate) text: Option<String>,
    /// This level, or a worse one.
    pub(crate) level: Option<LogLevel>,
    pub(crate) service: Option<String>,
    pub(crate) trace_id: Option<TraceId>,
    pub(crate) span_id: Option<SpanId>,
    /// At or after, at or before this time in nanoseconds since 1970.
    pub(crate) since: Option<u64>,
    pub(crate) until: Option<u64>,
    /// Go on after this event of an earlier page.
    pub(crate) after: Option<Place>,
    pub(crate) limit: usize,
}

impl LogQuery {
    fn matches(&self, event: &LogEvent) -> bool {
        self.trace_id.is_none_or(|id| event.trace_id == Some(id))
            && self.span_id.is_none_or(|id| event.span_id == Some(id))
            && self.level.is_none_or(|level| event.level >= Some(level))
            && self.service.as_deref().is_none_or(|service| event.service.as_deref() == Some(service))
            && self.since.is_none_or(|since| event.time_unix_nano >= since)
            && self.until.is_none_or(|until| event.time_unix_nano <= until)
            && self.text.as_deref().is_none_or(|text| contains(&event.message, text))
    }
}

/// Whether `text` stands in `message`, in any case of ASCII.
fn contains(message: &str, text: &str) -> bool {
    let (message, text) = (message.as_bytes(), text.as_bytes());
    text.is_empty() || message.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text))
}

/// Counts since the start of the process (`…ed_log_events`), and of now (all others).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct LogStats {
    /// Events that can be queried.
    pub(crate) log_events: u64,
    /// Bytes that they take in memory.
    pub(crate) log_bytes: u64,
    /// The limit for `log_bytes`.
    pub(crate) max_log_bytes: u64,
    /// Events accepted.
    pub(crate) accepted_log_events: u64,
    /// Events dropped to keep to the limit.
    pub(crate) dropped_log_events: u64,
}

/// All log events.
#[derive(Debug)]
pub(crate) struct LogEvents {
    inner: RwLock<Inner>,
    max_bytes: u64,
}

#[derive(Debug, Default)]
struct Inner {
    groups: Groups,
    rows: BTreeMap<u64, Arc<LogEvent>>,
    by_time: BTreeSet<Place>,
    by_trace: BTreeSet<(TraceId, Place)>,
    services: HashSet<Arc<str>>,
    bytes: u64,
    next: u64,
    dropped: u64,
}

impl LogEvents {
    pub(crate) fn new(max_bytes: u64) -> Self {
        Self { inner: RwLock::default(), max_bytes }
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `look` sees of groups and streams.
    pub(crate) fn groups<T>(&self, look: impl FnOnce(&Groups) -> T) -> T {
        look(&self.read().groups)
    }

    /// What `change` makes of groups and streams.
    pub(crate) fn change_groups<T>(&self, change: impl FnOnce(&mut Groups) -> T) -> T {
        change(&mut self.write().groups)
    }

    /// Keeps events of a stream. It is made if it is missing and `make` says so.
    pub(crate) fn append(
        &self,
        (group, stream): (&str, &str),
        events: impl IntoIterator<Item = NewEvent>,
        now_ms: u64,
        make: bool,
    ) -> Result<(), LogError> {
        // What can be read without the lock is read before it is taken.
        let read = |(time, message): NewEvent| (Facts::of(&message, time), time, message.into_boxed_str());
        let events: Vec<_> = events.into_iter().map(read).collect();
        let mut inner = self.write();
        if make {
            inner.groups.ensure(group, stream, now_ms)?;
        }
        let names = inner.groups.put(group, stream, events.iter().map(|(_, time, _)| *time), now_ms)?;
        for (facts, timestamp_ms, message) in events {
            inner.insert(&names, facts, (timestamp_ms, now_ms), message);
            inner.make_room(self.max_bytes);
        }
        Ok(())
    }

    /// The events of a range that `wanted` picks, the earliest first.
    pub(crate) fn range(&self, range: Range, wanted: impl Fn(&LogEvent) -> bool) -> EventPage {
        let rows = self.read().rows_between(range);
        page::take(rows, range, wanted)
    }

    /// The same, the latest first.
    pub(crate) fn range_backwards(&self, range: Range, wanted: impl Fn(&LogEvent) -> bool) -> EventPage {
        let mut rows = self.read().rows_between(range);
        rows.reverse();
        page::take(rows, range, wanted)
    }

    /// The events that match, newest first.
    pub(crate) fn search(&self, query: &LogQuery) -> EventPage {
        let range = Range {
            from: (query.since.unwrap_or(0), 0),
            before: query.after.unwrap_or((u64::MAX, u64::MAX)),
            limit: query.limit,
            max_bytes: usize::MAX,
        };
        let Some(trace_id) = query.trace_id else {
            return self.range_backwards(range, |event| query.matches(event));
        };
        let mut rows = self.of_trace(trace_id);
        rows.retain(|event| range.contains(event.place()));
        rows.reverse();
        page::take(rows, range, |event| query.matches(event))
    }

    /// The events of a trace, the earliest first.
    pub(crate) fn of_trace(&self, trace_id: TraceId) -> Vec<Arc<LogEvent>> {
        let inner = self.read();
        let places = inner.by_trace.range((trace_id, (0, 0))..=(trace_id, (u64::MAX, u64::MAX)));
        places.filter_map(|(_, (_, number))| inner.rows.get(number).cloned()).collect()
    }

    /// The services that events name, sorted.
    pub(crate) fn services(&self) -> BTreeSet<Arc<str>> {
        self.read().services.iter().cloned().collect()
    }

    pub(crate) fn stats(&self) -> LogStats {
        let inner = self.read();
        LogStats {
            log_events: inner.rows.len() as u64,
            log_bytes: inner.bytes,
            max_log_bytes: self.max_bytes,
            accepted_log_events: inner.next,
            dropped_log_events: inner.dropped,
        }
    }
}

impl Inner {
    fn insert(
        &mut self,
        (group, stream): &(Arc<str>, Arc<str>),
        facts: Facts,
        (timestamp_ms, ingested_ms): (u64, u64),
        message: Box<str>,
    ) {
        let service = facts.service.map(|service| self.service(&service));
        let event = LogEvent {
            number: self.next,
            group: group.clone(),
            stream: stream.clone(),
            timestamp_ms,
            ingested_ms,
            time_unix_nano: facts.time_unix_nano,
            level: facts.level,
            service,
            trace_id: facts.trace_id,
            span_id: facts.span_id,
            message,
        };
        self.next += 1;
        self.bytes += bytes_of(&event);
        self.by_time.insert(event.place());
        if let Some(trace_id) = event.trace_id {
            self.by_trace.insert((trace_id, event.place()));
        }
        self.rows.insert(event.number, Arc::new(event));
    }

    fn service(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.services.get(name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        self.services.insert(name.clone());
        name
    }

    fn make_room(&mut self, max_bytes: u64) {
        while self.bytes > max_bytes {
            let Some((_, event)) = self.rows.pop_first() else { return };
            self.bytes -= bytes_of(&event);
            self.dropped += 1;
            self.by_time.remove(&event.place());
            if let Some(trace_id) = event.trace_id {
                self.by_trace.remove(&(trace_id, event.place()));
            }
            // One of the set, one of this event: nobody else has it, unless it is being looked at.
            if let Some(service) = event.service.as_ref().filter(|service| Arc::strong_count(service) <= 2) {
                self.services.remove(service);
            }
        }
    }

    /// Rows are cheap to clone; reading them must not hold the lock.
    fn rows_between(&self, range: Range) -> Vec<Arc<LogEvent>> {
        if range.from >= range.before {
            return Vec::new();
        }
        let places = self.by_time.range(range.from..range.before);
        places.filter_map(|(_, number)| self.rows.get(number).cloned()).collect()
    }
}

fn bytes_of(event: &LogEvent) -> u64 {
    let service = event.service.as_ref().map_or(0, |service| service.len());
    (event.message.len() + service) as u64 + EVENT_BYTES
}

#[cfg(test)]
mod tests;
