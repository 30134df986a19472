//! What the index keeps of one trace: a row per span, and the sums that a list needs.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;

use crate::ids::{SpanId, TraceId};
use crate::log::SegmentNumber;
use crate::model::StatusCode;
use crate::otlp::SpanFacts;
use crate::store::TraceSummary;
use crate::wire;

/// Field number of `Span.name`.
const NAME: u32 = 5;

/// Different spans of one id that are kept; more are a sign of a broken sender.
const MAX_SAME_ID: usize = 8;

/// From this many spans on, ids are looked up in a map.
const MAP_FROM: usize = 64;

/// The resource and the scope that spans of a batch share. The bytes lie in the batch.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) service: Arc<str>,
    pub(super) resource: Bytes,
    pub(super) scope: Bytes,
}

/// One span. The body lies in its batch, which goes when the log's segment goes.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) span_id: SpanId,
    pub(super) parent_span_id: Option<SpanId>,
    pub(super) start_unix_nano: u64,
    pub(super) end_unix_nano: u64,
    pub(super) error: bool,
    pub(super) duplicate_id: bool,
    pub(super) source: Arc<Source>,
    pub(super) body: Bytes,
}

impl Row {
    pub(super) fn new(facts: &SpanFacts, source: Arc<Source>, body: Bytes) -> Self {
        Self {
            span_id: facts.span_id,
            parent_span_id: facts.parent_span_id,
            start_unix_nano: facts.start_unix_nano,
            end_unix_nano: facts.end_unix_nano,
            error: facts.status == StatusCode::Error,
            duplicate_id: false,
            source,
            body,
        }
    }

    pub(super) fn name(&self) -> &str {
        wire::text(&self.body, NAME)
    }

    fn same_as(&self, other: &Self) -> bool {
        self.body == other.body
            && self.source.resource == other.source.resource
            && self.source.scope == other.source.scope
    }
}

/// What became of a span that was put into its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    New,
    /// Known already, to the byte.
    Repeated,
    /// Too many different spans of that id.
    Rejected,
}

/// One trace.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) rows: Vec<Row>,
    /// Rows by id, once there are many.
    by_id: HashMap<SpanId, u32>,
    pub(super) start_unix_nano: u64,
    end_unix_nano: u64,
    pub(super) errors: usize,
    /// Sorted by name.
    services: Vec<Arc<str>>,
    /// The earliest row without a parent.
    root: Option<u32>,
    /// The segments of its first and its last span.
    pub(super) first_segment: SegmentNumber,
    pub(super) last_segment: SegmentNumber,
}

impl Entry {
    pub(super) fn new(segment: SegmentNumber) -> Self {
        Self {
            rows: Vec::new(),
            by_id: HashMap::new(),
            start_unix_nano: u64::MAX,
            end_unix_nano: 0,
            errors: 0,
            services: Vec::new(),
            root: None,
            first_segment: segment,
            last_segment: segment,
        }
    }

    /// What [`put`](Self::put) would do, without doing it.
    pub(super) fn classify(&self, row: &Row) -> Put {
        let Some(first) = self.position(row.span_id) else { return Put::New };
        if !self.rows[first].duplicate_id {
            return if self.rows[first].same_as(row) { Put::Repeated } else { Put::New };
        }
        let mut same_id = 0;
        for known in self.rows[first..].iter().filter(|known| known.span_id == row.span_id) {
            if known.same_as(row) {
                return Put::Repeated;
            }
            same_id += 1;
        }
        if same_id < MAX_SAME_ID { Put::New } else { Put::Rejected }
    }

    /// Adds a span, unless it is known already.
    pub(super) fn put(&mut self, mut row: Row, segment: SegmentNumber) -> Put {
        let put = self.classify(&row);
        if put != Put::New {
            return put;
        }
        if let Some(first) = self.position(row.span_id) {
            row.duplicate_id = true;
            self.rows[first].duplicate_id = true;
        }
        self.start_unix_nano = self.start_unix_nano.min(row.start_unix_nano);
        self.end_unix_nano = self.end_unix_nano.max(row.end_unix_nano).max(row.start_unix_nano);
        self.errors += usize::from(row.error);
        self.last_segment = segment;
        if let Err(index) = self.services.binary_search(&row.source.service) {
            self.services.insert(index, row.source.service.clone());
        }
        // A trace has fewer than 2^32 spans: each has a row of more than one byte in memory.
        let index = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let earlier = |root: u32| self.rows[root as usize].start_unix_nano > row.start_unix_nano;
        if row.parent_span_id.is_none() && self.root.is_none_or(earlier) {
            self.root = Some(index);
        }
        self.rows.push(row);
        self.index_ids();
        put
    }

    /// The span of that id, the first one if several have it.
    pub(super) fn row(&self, id: SpanId) -> Option<&Row> {
        self.rows.get(self.position(id)?)
    }

    fn position(&self, id: SpanId) -> Option<usize> {
        if self.rows.len() < MAP_FROM {
            return self.rows.iter().position(|row| row.span_id == id);
        }
        self.by_id.get(&id).map(|&index| index as usize)
    }

    fn index_ids(&mut self) {
        if self.rows.len() < MAP_FROM {
            return;
        }
        for index in self.by_id_len()..self.rows.len() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            self.by_id.entry(self.rows[index as usize].span_id).or_insert(index);
        }
    }

    /// How many rows are in the map already: all but the one that was just added, or none.
    fn by_id_len(&self) -> usize {
        if self.by_id.is_empty() { 0 } else { self.rows.len() - 1 }
    }

    pub(super) fn duration_nano(&self) -> u64 {
        self.end_unix_nano.saturating_sub(self.start_unix_nano)
    }

    pub(super) fn has_service(&self, name: &str) -> bool {
        self.services.iter().any(|service| &**service == name)
    }

    /// The earliest span without a parent; without one, the earliest whose parent has not arrived; else the earliest.
    fn root(&self) -> Option<&Row> {
        if let Some(root) = self.root {
            return self.rows.get(root as usize);
        }
        let ids: HashSet<SpanId> = self.rows.iter().map(|row| row.span_id).collect();
        let orphan = |row: &&Row| row.parent_span_id.is_some_and(|parent| !ids.contains(&parent));
        let earliest = |row: &&Row| row.start_unix_nano;
        self.rows.iter().filter(orphan).min_by_key(earliest).or_else(|| self.rows.iter().min_by_key(earliest))
    }

    pub(super) fn summary(&self, trace_id: TraceId) -> TraceSummary {
        let root = self.root();
        TraceSummary {
            trace_id,
            root_service: root.map(|row| row.source.service.to_string()).unwrap_or_default(),
            root_name: root.map(|row| row.name().to_owned()).unwrap_or_default(),
            root_error: root.is_some_and(|row| row.error),
            start_unix_nano: self.start_unix_nano,
            duration_nano: self.duration_nano(),
            span_count: self.rows.len(),
            error_count: self.errors,
            services: self.services.iter().map(ToString::to_string).collect(),
        }
    }
}
