//! Everything that a run found out; the content of the JSON file.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::args::Args;
use crate::check::Verdict;
use crate::outcome::Outcome;
use crate::summary::{Summary, summaries};

/// All figures of a run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figures {
    pub(crate) url: String,
    pub(crate) explorer: String,
    pub(crate) scenario: &'static str,
    pub(crate) rate: f64,
    pub(crate) duration_seconds: f64,
    pub(crate) summaries: Vec<Summary>,
    /// Why requests failed, the most frequent reason first.
    pub(crate) errors: Vec<ErrorCount>,
    pub(crate) traces: Traces,
    pub(crate) slowest: Option<Slowest>,
    /// Every request was answered as it should be, and every trace is complete.
    pub(crate) passed: bool,
}

/// Failed requests of one scenario that failed for the same reason.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ErrorCount {
    pub(crate) scenario: &'static str,
    pub(crate) reason: String,
    pub(crate) requests: usize,
}

/// What became of the traces.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Traces {
    pub(crate) made: usize,
    pub(crate) complete: usize,
    pub(crate) incomplete: Vec<IncompleteTrace>,
}

/// A trace that is not all there.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct IncompleteTrace {
    pub(crate) scenario: &'static str,
    pub(crate) trace_id: Option<String>,
    /// Its page.
    pub(crate) url: Option<String>,
    pub(crate) lacks: Vec<String>,
}

/// The slowest request whose trace is known.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Slowest {
    pub(crate) scenario: &'static str,
    pub(crate) trace_id: String,
    pub(crate) latency_us: u64,
    /// Its page.
    pub(crate) url: String,
}

impl Figures {
    pub(crate) fn new(args: &Args, outcomes: &[Outcome], verdict: Verdict) -> Self {
        let errors = errors(outcomes);
        let passed = !outcomes.is_empty()
            && errors.is_empty()
            && verdict.incomplete.is_empty()
            && verdict.traces == outcomes.len();
        Self {
            url: args.url.to_string(),
            explorer: args.explorer.to_string(),
            scenario: args.scenario.name(),
            rate: args.rate,
            duration_seconds: args.duration.as_secs_f64(),
            summaries: summaries(outcomes),
            errors,
            traces: Traces::new(args, verdict),
            slowest: slowest(args, outcomes),
            passed,
        }
    }

    /// Writes them as JSON.
    pub(crate) fn write(&self, file: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *file, self)?;
        file.write_all(b"\n")
    }
}

impl Traces {
    fn new(args: &Args, verdict: Verdict) -> Self {
        let complete = verdict.traces - verdict.incomplete.len();
        let incomplete = verdict.incomplete.into_iter().map(|trace| IncompleteTrace {
            scenario: trace.scenario.name(),
            url: trace.trace_id.as_deref().map(|trace_id| args.link_to(trace_id)),
            trace_id: trace.trace_id,
            lacks: trace.lacks,
        });
        Self { made: verdict.traces, complete, incomplete: incomplete.collect() }
    }
}

fn errors(outcomes: &[Outcome]) -> Vec<ErrorCount> {
    let mut counts: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for outcome in outcomes {
        if let Some(failure) = &outcome.failure {
            *counts.entry((outcome.scenario.name(), failure.to_string())).or_default() += 1;
        }
    }
    let mut errors: Vec<_> = counts
        .into_iter()
        .map(|((scenario, reason), requests)| ErrorCount { scenario, reason, requests })
        .collect();
    errors.sort_by_key(|error| std::cmp::Reverse(error.requests));
    errors
}

fn slowest(args: &Args, outcomes: &[Outcome]) -> Option<Slowest> {
    let traced = outcomes.iter().filter_map(|outcome| match (&outcome.trace, outcome.latency) {
        (Some(Ok(trace)), Some(latency)) => Some((outcome.scenario, trace, latency)),
        _ => None,
    });
    let (scenario, trace, latency) = traced.max_by_key(|(_, _, latency)| *latency)?;
    Some(Slowest {
        scenario: scenario.name(),
        trace_id: trace.trace_id.clone(),
        latency_us: u64::try_from(latency.as_micros()).unwrap_or(u64::MAX),
        url: args.link_to(&trace.trace_id),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn a_run_without_requests_has_not_passed() {
        let args = Args::try_parse_from(["load"]).unwrap();

        let figures = Figures::new(&args, &[], Verdict { traces: 0, incomplete: Vec::new() });

        assert!(!figures.passed);
    }
}
