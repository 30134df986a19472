//! Error reports and deploys in the same log as the spans, within the same limit.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;

use super::LogStore;
use crate::errors::{Deploy, DeployUpdate, Item, Occurrence};
use crate::ids::TraceId;
use crate::log::{Kind, Log, SegmentNumber};
use crate::store::StoreError;
use crate::store::error_index::ErrorIndex;
use crate::store::errors::{ErrorGroup, ErrorPage, ErrorQuery, ErrorStats};
use crate::store::index::Index;

/// Memory that the index takes for a report, measured. It counts within the limit of the log: a report may be much smaller
/// than this, and many of those would take a multiple of the limit.
const INDEX_BYTES: u64 = 512;

/// What the store knows of reports.
#[derive(Debug, Default)]
pub(super) struct Errors {
    /// Taken after the log by whoever changes something, and after the spans by whoever reads both.
    index: RwLock<ErrorIndex>,
    accepted: AtomicU64,
    repeated: AtomicU64,
    dropped: AtomicU64,
}

impl Errors {
    fn read(&self) -> RwLockReadGuard<'_, ErrorIndex> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, ErrorIndex> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the limit in bytes has to hold besides the log.
    pub(super) fn index_bytes(&self) -> u64 {
        self.read().len() * INDEX_BYTES
    }

    /// Takes a report from the log; false if it is none.
    pub(super) fn replay_item(&self, record: Bytes, segment: SegmentNumber) -> bool {
        let Some(item) = Item::of_record(&record) else { return false };
        self.write().insert(&item.facts(), record, segment);
        true
    }

    /// Takes a deploy from the log; false if it is none.
    pub(super) fn replay_deploy(&self, record: &[u8], segment: SegmentNumber) -> bool {
        let Some(deploy) = Deploy::of_record(record) else { return false };
        self.write().put_deploy(deploy, segment);
        true
    }

    /// Forgets what lay in a segment that is gone.
    pub(super) fn remove_until(&self, segment: SegmentNumber) {
        let removed = self.write().remove_until(segment);
        self.dropped.fetch_add(removed, Ordering::Relaxed);
    }
}

impl LogStore {
    /// Keeps a report. When this returns, it is in the log and can be queried. One whose uuid is known is not kept again.
    pub(crate) fn append_error(&self, item: &Item) -> Result<(), StoreError> {
        let mut log = self.log();
        if self.errors.read().knows(item.uuid()) {
            self.errors.repeated.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let record = item.to_record();
        self.make_room(&mut log, Log::record_bytes(&record))?;
        let segment = log.append(Kind::Item, &record)?;
        self.errors.write().insert(&item.facts(), record, segment);
        self.errors.accepted.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Keeps a deploy and says its id.
    pub(crate) fn append_deploy(&self, mut deploy: Deploy) -> Result<u64, StoreError> {
        let mut log = self.log();
        deploy.id = self.errors.read().next_deploy();
        self.write_deploy(&mut log, deploy)
    }

    /// Changes a deploy; `None` if there is none of that id.
    pub(crate) fn update_deploy(&self, id: u64, update: DeployUpdate) -> Result<Option<u64>, StoreError> {
        let mut log = self.log();
        let Some(mut deploy) = self.errors.read().deploy(id).cloned() else { return Ok(None) };
        deploy.status = update.status.unwrap_or(deploy.status);
        deploy.comment = update.comment.or(deploy.comment);
        self.write_deploy(&mut log, deploy).map(Some)
    }

    fn write_deploy(&self, log: &mut Log, deploy: Deploy) -> Result<u64, StoreError> {
        let (id, record) = (deploy.id, deploy.to_record());
        self.make_room(log, Log::record_bytes(&record))?;
        let segment = log.append(Kind::Deploy, &record)?;
        self.errors.write().put_deploy(deploy, segment);
        Ok(id)
    }

    /// The reports that match, newest first.
    pub(crate) fn errors(&self, query: &ErrorQuery) -> ErrorPage {
        let spans = self.read();
        self.errors.read().page(query, &|one| with_service(&spans, one))
    }

    /// The reports that match, by what they have in common, the latest first.
    pub(crate) fn error_groups(&self, query: &ErrorQuery) -> Vec<ErrorGroup> {
        let spans = self.read();
        self.errors.read().groups(query, &|one| with_service(&spans, one))
    }

    /// One report, whole.
    pub(crate) fn error(&self, uuid: &str) -> Option<(Arc<Occurrence>, Item)> {
        // Decoding must not hold the lock.
        let (occurrence, record) = self.errors.read().find(uuid)?;
        let occurrence = with_service(&self.read(), &occurrence);
        Some((occurrence, Item::of_record(&record)?))
    }

    /// The reports of a trace in the order of their arrival.
    pub(crate) fn errors_of(&self, trace_id: TraceId) -> Vec<Arc<Occurrence>> {
        self.errors.read().of_trace(trace_id)
    }

    /// Whether a span of the trace is here.
    pub(crate) fn has_trace(&self, trace_id: TraceId) -> bool {
        self.read().trace(trace_id).is_some()
    }

    /// The services and the environments that reports name, sorted.
    pub(crate) fn error_names(&self) -> (BTreeSet<Arc<str>>, BTreeSet<Arc<str>>) {
        let spans = self.read();
        self.errors.read().names(&|one| with_service(&spans, one))
    }

    /// The deploys, newest first, `limit` at most.
    pub(crate) fn deploys(&self, limit: usize) -> Vec<Deploy> {
        self.errors.read().deploys().take(limit).cloned().collect()
    }

    pub(crate) fn error_stats(&self) -> ErrorStats {
        let index = self.errors.read();
        ErrorStats {
            errors: index.len(),
            accepted_errors: self.errors.accepted.load(Ordering::Relaxed),
            repeated_errors: self.errors.repeated.load(Ordering::Relaxed),
            dropped_errors: self.errors.dropped.load(Ordering::Relaxed),
            deploys: index.deploys().len() as u64,
        }
    }
}

/// A report that does not say its service is of its span's.
fn with_service(spans: &Index, one: &Arc<Occurrence>) -> Arc<Occurrence> {
    let (None, Some(trace_id), Some(span_id)) = (&one.service, one.trace_id, one.span_id) else {
        return one.clone();
    };
    match spans.service_of(trace_id, span_id) {
        service @ Some(_) => Arc::new(Occurrence { service, ..Occurrence::clone(one) }),
        None => one.clone(),
    }
}
