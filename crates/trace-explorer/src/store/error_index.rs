//! All error reports and deploys in memory, in the order of their arrival. The body of a report lies in its record, which
//! goes when the log's segment goes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;

use super::errors::{ErrorGroup, ErrorPage, ErrorQuery};
use crate::errors::{Deploy, Facts, GroupId, Occurrence};
use crate::ids::TraceId;
use crate::log::SegmentNumber;

/// Adds to a report what only the traces know. Called for whatever is told.
pub(super) type Complete<'a> = &'a dyn Fn(&Arc<Occurrence>) -> Arc<Occurrence>;

/// The reports that can be queried.
#[derive(Debug, Default)]
pub(super) struct ErrorIndex {
    rows: BTreeMap<u64, Row>,
    by_uuid: HashMap<Arc<str>, u64>,
    by_trace: BTreeSet<(TraceId, u64)>,
    next: u64,
    texts: Texts,
    deploys: BTreeMap<u64, (Deploy, SegmentNumber)>,
    last_deploy: u64,
}

#[derive(Debug)]
struct Row {
    occurrence: Arc<Occurrence>,
    segment: SegmentNumber,
    record: Bytes,
}

impl ErrorIndex {
    pub(super) fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    pub(super) fn knows(&self, uuid: &str) -> bool {
        self.by_uuid.contains_key(uuid)
    }

    /// Adds a report that was written to `segment`; false if its uuid is known.
    pub(super) fn insert(&mut self, facts: &Facts<'_>, record: Bytes, segment: SegmentNumber) -> bool {
        if self.knows(facts.uuid) {
            return false;
        }
        let occurrence = Arc::new(Occurrence {
            uuid: facts.uuid.into(),
            group_id: GroupId::of(&facts.fingerprint),
            fingerprint: self.texts.shared(&facts.fingerprint),
            title: self.texts.shared(&facts.title),
            level: facts.level,
            environment: self.texts.shared(facts.environment),
            service: facts.service.map(|service| self.texts.shared(service)),
            trace_id: facts.trace_id,
            span_id: facts.span_id,
            time_unix_nano: facts.time_unix_nano,
            occurrences: facts.occurrences,
        });
        let number = self.next;
        self.next += 1;
        self.by_uuid.insert(occurrence.uuid.clone(), number);
        if let Some(trace_id) = occurrence.trace_id {
            self.by_trace.insert((trace_id, number));
        }
        self.rows.insert(number, Row { occurrence, segment, record });
        true
    }

    /// Removes what lies in the segments up to `segment`; returns how many reports that were.
    pub(super) fn remove_until(&mut self, segment: SegmentNumber) -> u64 {
        let mut removed = 0;
        while let Some(first) = self.rows.first_entry().filter(|first| first.get().segment <= segment) {
            let (number, row) = first.remove_entry();
            removed += 1;
            self.by_uuid.remove(&row.occurrence.uuid);
            if let Some(trace_id) = row.occurrence.trace_id {
                self.by_trace.remove(&(trace_id, number));
            }
        }
        self.texts.forget_unused();
        self.deploys.retain(|_, (_, written)| *written > segment);
        removed
    }

    /// All reports as they are told, newest first.
    fn newest(&self, complete: Complete<'_>) -> impl Iterator<Item = Arc<Occurrence>> {
        self.rows.values().rev().map(move |row| complete(&row.occurrence))
    }

    pub(super) fn find(&self, uuid: &str) -> Option<(Arc<Occurrence>, Bytes)> {
        let row = self.rows.get(self.by_uuid.get(uuid)?)?;
        Some((row.occurrence.clone(), row.record.clone()))
    }

    pub(super) fn of_trace(&self, trace_id: TraceId) -> Vec<Arc<Occurrence>> {
        self.rows_of(trace_id, self.next).map(|row| row.occurrence.clone()).collect()
    }

    /// The reports of a trace that came before number `end`, oldest first.
    fn rows_of(&self, trace_id: TraceId, end: u64) -> impl DoubleEndedIterator<Item = &Row> {
        let numbers = self.by_trace.range((trace_id, 0)..(trace_id, end));
        numbers.filter_map(|(_, number)| self.rows.get(number))
    }

    /// Newest first.
    pub(super) fn page(&self, query: &ErrorQuery, complete: Complete<'_>) -> ErrorPage {
        let end = match &query.after {
            None => self.next,
            // After one that has gone there is nothing older either.
            Some(uuid) => self.by_uuid.get(uuid.as_str()).copied().unwrap_or(0),
        };
        // Those of one trace are known by number; all others have to be looked at.
        let rows: Box<dyn Iterator<Item = &Row>> = match query.trace_id {
            Some(trace_id) => Box::new(self.rows_of(trace_id, end).rev()),
            None => Box::new(self.rows.range(..end).rev().map(|(_, row)| row)),
        };
        let mut page = ErrorPage::default();
        for one in rows.map(|row| complete(&row.occurrence)).filter(|one| query.matches(one)) {
            if page.errors.len() == query.limit {
                page.more = true;
                break;
            }
            page.errors.push(one);
        }
        page
    }

    /// The groups, the one that was seen last first.
    pub(super) fn groups(&self, query: &ErrorQuery, complete: Complete<'_>) -> Vec<ErrorGroup> {
        let mut groups: HashMap<GroupId, ErrorGroup> = HashMap::new();
        for one in self.newest(complete).filter(|one| query.matches(one)) {
            groups.entry(one.group_id).or_insert_with(|| ErrorGroup::of(&one)).add(&one);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse((group.last_seen_unix_nano, group.id)));
        groups
    }

    /// The services and the environments that reports are of, sorted.
    pub(super) fn names(&self, complete: Complete<'_>) -> (BTreeSet<Arc<str>>, BTreeSet<Arc<str>>) {
        let (mut services, mut environments) = (BTreeSet::new(), BTreeSet::new());
        for one in self.newest(complete) {
            if let Some(service) = one.service.as_ref().filter(|name| !services.contains(*name)) {
                services.insert(service.clone());
            }
            if !environments.contains(&one.environment) {
                environments.insert(one.environment.clone());
            }
        }
        (services, environments)
    }

    pub(super) fn next_deploy(&self) -> u64 {
        self.last_deploy + 1
    }

    pub(super) fn deploy(&self, id: u64) -> Option<&Deploy> {
        self.deploys.get(&id).map(|(deploy, _)| deploy)
    }

    pub(super) fn put_deploy(&mut self, deploy: Deploy, segment: SegmentNumber) {
        self.last_deploy = self.last_deploy.max(deploy.id);
        self.deploys.insert(deploy.id, (deploy, segment));
    }

    /// Newest first.
    pub(super) fn deploys(&self) -> impl ExactSizeIterator<Item = &Deploy> {
        self.deploys.values().rev().map(|(deploy, _)| deploy)
    }
}

/// Texts that many reports have in common, each in memory once.
#[derive(Debug, Default)]
struct Texts(HashSet<Arc<str>>);

impl Texts {
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let text: Arc<str> = text.into();
        self.0.insert(text.clone());
        text
    }

    fn forget_unused(&mut self) {
        self.0.retain(|text| Arc::strong_count(text) > 1);
    }
}
