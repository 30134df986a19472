//! What is asked of error reports, and what comes back.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use crate::errors::{GroupId, Level, Occurrence};
use crate::ids::{SpanId, TraceId};

/// Traces that a group tells.
const TRACES: usize = 5;

/// Which reports are asked for. Conditions are joined by "and".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorQuery {
    pub(crate) trace_id: Option<TraceId>,
    pub(crate) span_id: Option<SpanId>,
    pub(crate) service: Option<String>,
    pub(crate) environment: Option<String>,
    /// This level, or a worse one.
    pub(crate) level: Option<Level>,
    pub(crate) fingerprint: Option<String>,
    pub(crate) group: Option<GroupId>,
    /// Go on after this report of an earlier page: its uuid.
    pub(crate) after: Option<String>,
    pub(crate) limit: usize,
}

impl ErrorQuery {
    pub(super) fn matches(&self, one: &Occurrence) -> bool {
        self.trace_id.is_none_or(|id| one.trace_id == Some(id))
            && self.span_id.is_none_or(|id| one.span_id == Some(id))
            && self.group.is_none_or(|group| one.group_id == group)
            && self.level.is_none_or(|level| one.level >= level)
            && self.fingerprint.as_deref().is_none_or(|fingerprint| *one.fingerprint == *fingerprint)
            && self.environment.as_deref().is_none_or(|environment| *one.environment == *environment)
            && self.service.as_deref().is_none_or(|service| one.service.as_deref() == Some(service))
    }
}

/// One page of reports.
#[derive(Debug, Clone, Default)]
pub(crate) struct ErrorPage {
    /// Newest first.
    pub(crate) errors: Vec<Arc<Occurrence>>,
    /// There are more after the last one.
    pub(crate) more: bool,
}

/// Reports that are one error.
#[derive(Debug, Clone)]
pub(crate) struct ErrorGroup {
    pub(crate) id: GroupId,
    /// Those of the report that came last.
    pub(crate) title: Arc<str>,
    pub(crate) level: Level,
    pub(crate) fingerprint: Arc<str>,
    /// Failures: the sum of what each report stands for.
    pub(crate) occurrences: u64,
    pub(crate) reports: u64,
    pub(crate) first_seen_unix_nano: u64,
    pub(crate) last_seen_unix_nano: u64,
    pub(crate) services: BTreeSet<Arc<str>>,
    pub(crate) environments: BTreeSet<Arc<str>>,
    /// Of the latest reports, newest first.
    pub(crate) traces: Vec<TraceId>,
}

impl ErrorGroup {
    pub(super) fn of(latest: &Occurrence) -> Self {
        Self {
            id: latest.group_id,
            title: latest.title.clone(),
            level: latest.level,
            fingerprint: latest.fingerprint.clone(),
            occurrences: 0,
            reports: 0,
            first_seen_unix_nano: u64::MAX,
            last_seen_unix_nano: 0,
            services: BTreeSet::new(),
            environments: BTreeSet::new(),
            traces: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, one: &Occurrence) {
        self.occurrences = self.occurrences.saturating_add(one.occurrences);
        self.reports += 1;
        self.first_seen_unix_nano = self.first_seen_unix_nano.min(one.time_unix_nano);
        self.last_seen_unix_nano = self.last_seen_unix_nano.max(one.time_unix_nano);
        if let Some(service) = &one.service
            && !self.services.contains(service)
        {
            self.services.insert(service.clone());
        }
        if !self.environments.contains(&one.environment) {
            self.environments.insert(one.environment.clone());
        }
        if let Some(trace_id) = one.trace_id
            && self.traces.len() < TRACES
            && !self.traces.contains(&trace_id)
        {
            self.traces.push(trace_id);
        }
    }
}

/// Counts since the start of the process (`…ed_errors`), and of now (all others).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ErrorStats {
    /// Reports that can be queried.
    pub(crate) errors: u64,
    /// Reports accepted, those of the replay not counted.
    pub(crate) accepted_errors: u64,
    /// Reports whose uuid was known already.
    pub(crate) repeated_errors: u64,
    /// Reports dropped to keep to the limit.
    pub(crate) dropped_errors: u64,
    /// Deploys that can be queried.
    pub(crate) deploys: u64,
}
