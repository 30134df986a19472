//! The first implementation of [`Store`]: an index in memory over the payloads of an append-only log on disk.
//!
//! A span lies in memory as it lies in the log, as protobuf within the payload of its request, plus a row in the
//! index. It is decoded when somebody looks at it. When room is needed the oldest segment of the log goes, and with it
//! every trace that has a span in it; a note in the log says which of those have spans in later segments too, so that
//! a replay does not bring back half a trace.

mod errors;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::entry::Row;
use super::index::Index;
use super::{Appended, ServiceSummary, Stats, Store, StoreError, TracePage, TraceQuery};
use crate::ids::TraceId;
use crate::log::{Kind, Log, OpenError, Record, SegmentNumber};
use crate::model::{Origin, Trace};
use crate::otlp::{self, Batch};
use crate::wire::{Wire, put};

/// The limit is spread over so many segments: about this part of it is dropped at once.
const SEGMENTS: u64 = 32;

/// A segment is replayed in one read, so it must not be huge; and not so small that files outnumber traces.
const SEGMENT_BYTES: (u64, u64) = (64 * 1024, 8 * 1024 * 1024);

/// Spans in memory and in a log in `path`, up to a limit in bytes.
pub struct LogStore {
    /// Taken before the index, by whoever changes something.
    log: Mutex<Log>,
    index: RwLock<Index>,
    max_bytes: u64,
    counters: Counters,
    errors: errors::Errors,
}

#[derive(Debug, Default)]
struct Counters {
    accepted_spans: AtomicU64,
    repeated_spans: AtomicU64,
    dropped_spans: AtomicU64,
    dropped_traces: AtomicU64,
}

impl LogStore {
    /// Opens or creates the store in directory `path` and replays what it holds.
    ///
    /// `warn` is told, in one sentence each, what was damaged and skipped.
    pub fn open(path: &Path, max_bytes: u64, mut warn: impl FnMut(String)) -> Result<Self, OpenError> {
        let segment_bytes = (max_bytes / SEGMENTS).clamp(SEGMENT_BYTES.0, SEGMENT_BYTES.1);
        let mut index = Index::default();
        let errors = errors::Errors::default();
        let mut unreadable = 0;
        let replay = |segment: SegmentNumber, record| match record {
            Record::Dropped(traces) => drop(index.remove(&traces)),
            Record::Spans(payload) => match otlp::decode_protobuf(payload) {
                Ok(batch) => drop(index.insert(batch, segment)),
                Err(_) => unreadable += 1,
            },
            Record::Item(record) => unreadable += u64::from(!errors.replay_item(record, segment)),
            Record::Deploy(record) => unreadable += u64::from(!errors.replay_deploy(&record, segment)),
        };
        let log = Log::open(path, segment_bytes, replay, &mut warn)?;
        if unreadable > 0 {
            warn(format!("{}: skipped {unreadable} records that cannot be read", path.display()));
        }
        let store = Self {
            log: Mutex::new(log),
            index: RwLock::new(index),
            max_bytes,
            counters: Counters::default(),
            errors,
        };
        // The limit may be lower than last time.
        if let Err(StoreError(error)) = store.make_room(&mut store.log(), 0) {
            warn(format!("{}: cannot drop the oldest traces: {error}", path.display()));
        }
        Ok(store)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the oldest segments until `more` bytes fit below the limit.
    fn make_room(&self, log: &mut Log, more: u64) -> Result<(), StoreError> {
        while log.bytes() > 0 && log.bytes() + self.errors.index_bytes() + more > self.max_bytes {
            let segment = log.oldest()?;
            let going = self.read().begun_in(segment);
            let split: Vec<TraceId> = {
                let index = self.read();
                let later =
                    |id: &&TraceId| index.trace(**id).is_some_and(|entry| entry.last_segment > segment);
                going.iter().filter(later).copied().collect()
            };
            if !split.is_empty() {
                // On disk before the segment goes: after a crash in between, the rest of these traces is void.
                log.append_dropped(&split)?;
                log.sync()?;
            }
            log.delete_oldest()?;
            self.errors.remove_until(segment);
            let (traces, spans) = self.write().remove(&going);
            self.counters.dropped_traces.fetch_add(traces, Ordering::Relaxed);
            self.counters.dropped_spans.fetch_add(spans, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Store for LogStore {
    fn append(&self, batch: Batch) -> Result<Appended, StoreError> {
        if batch.spans.is_empty() {
            return Ok(Appended::default());
        }
        let mut log = self.log();
        let appended = if self.read().knows(&batch) {
            Appended { repeated: batch.spans.len() as u64, ..Appended::default() }
        } else {
            self.make_room(&mut log, Log::record_bytes(&batch.payload))?;
            let segment = log.append(Kind::Spans, &batch.payload)?;
            self.write().insert(batch, segment)
        };
        self.counters.accepted_spans.fetch_add(appended.spans, Ordering::Relaxed);
        self.counters.repeated_spans.fetch_add(appended.repeated, Ordering::Relaxed);
        Ok(appended)
    }

    fn sync(&self) -> Result<(), StoreError> {
        Ok(self.log().sync()?)
    }

    fn traces(&self, query: &TraceQuery) -> TracePage {
        self.read().traces(query)
    }

    fn trace(&self, trace_id: TraceId) -> Option<Trace> {
        // Rows are cheap to clone; decoding them must not hold the lock.
        let rows = self.read().trace(trace_id)?.rows.clone();
        let mut spans = Vec::with_capacity(rows.len());
        let mut last: Option<(&Row, Arc<Origin>)> = None;
        for row in &rows {
            let origin = match &last {
                Some((known, origin)) if Arc::ptr_eq(&known.source, &row.source) => origin.clone(),
                _ => {
                    let source = &row.source;
                    Arc::new(otlp::read_origin(&source.service, &source.resource, &source.scope))
                }
            };
            spans.extend(otlp::read_span(&row.body, origin.clone(), row.duplicate_id));
            last = Some((row, origin));
        }
        (!spans.is_empty()).then_some(Trace { trace_id, spans })
    }

    fn export(&self, trace_id: TraceId) -> Option<Vec<u8>> {
        let rows = self.read().trace(trace_id)?.rows.clone();
        let mut request = Vec::new();
        for group in rows.chunk_by(|a, b| Arc::ptr_eq(&a.source, &b.source)) {
            let mut scope_spans = Vec::new();
            put(&mut scope_spans, 1, Wire::Len(&group[0].source.scope));
            for row in group {
                put(&mut scope_spans, 2, Wire::Len(&row.body));
            }
            let mut resource_spans = Vec::new();
            put(&mut resource_spans, 1, Wire::Len(&group[0].source.resource));
            put(&mut resource_spans, 2, Wire::Len(&scope_spans));
            put(&mut request, 1, Wire::Len(&resource_spans));
        }
        Some(request)
    }

    fn services(&self) -> Vec<ServiceSummary> {
        self.read().services()
    }

    fn stats(&self) -> Stats {
        let bytes = self.log().bytes();
        let index = self.read();
        Stats {
            spans: index.spans,
            traces: index.trace_count(),
            bytes,
            max_bytes: self.max_bytes,
            accepted_spans: self.counters.accepted_spans.load(Ordering::Relaxed),
            repeated_spans: self.counters.repeated_spans.load(Ordering::Relaxed),
            dropped_spans: self.counters.dropped_spans.load(Ordering::Relaxed),
            dropped_traces: self.counters.dropped_traces.load(Ordering::Relaxed),
        }
    }
}
