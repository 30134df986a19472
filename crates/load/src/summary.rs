//! Counts and latencies of each scenario.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::outcome::Outcome;
use crate::scenario::Scenario;

/// The longest latency that is told apart from longer ones: the run's own limit of a request is far below.
const MAX_MICROS: u64 = 3_600_000_000;

/// Figures of one scenario, or of all together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub(crate) scenario: &'static str,
    pub(crate) requests: usize,
    pub(crate) errors: usize,
    /// `None` when no request was sent.
    pub(crate) latency: Option<Latency>,
}

/// Latencies in microseconds: percentiles to three digits, the longest exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_field_names, reason = "each carries its unit, here and in the JSON file")]
pub(crate) struct Latency {
    pub(crate) p50_us: u64,
    pub(crate) p95_us: u64,
    pub(crate) p99_us: u64,
    pub(crate) max_us: u64,
}

/// A row for each scenario that occurs, and one for all of them when there are several.
pub(crate) fn summaries(outcomes: &[Outcome]) -> Vec<Summary> {
    let mut by_scenario: BTreeMap<Scenario, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        by_scenario.entry(outcome.scenario).or_default().push(outcome);
    }
    let mut rows: Vec<_> =
        by_scenario.iter().map(|(scenario, outcomes)| Summary::of(scenario.name(), outcomes)).collect();
    if rows.len() > 1 {
        rows.push(Summary::of("all", &outcomes.iter().collect::<Vec<_>>()));
    }
    rows
}

impl Summary {
    fn of(scenario: &'static str, outcomes: &[&Outcome]) -> Self {
        let errors = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
        let latency = Latency::of(outcomes.iter().filter_map(|outcome| outcome.latency));
        Self { scenario, requests: outcomes.len(), errors, latency }
    }
}

impl Latency {
    fn of(latencies: impl Iterator<Item = Duration>) -> Option<Self> {
        let mut histogram = Histogram::<u64>::new_with_bounds(1, MAX_MICROS, 3)
            .expect("the bounds are constants that were tried");
        let mut max_us = 0;
        for latency in latencies {
            let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
            histogram.saturating_record(micros);
            max_us = max_us.max(micros);
        }
        let at = |quantile| histogram.value_at_quantile(quantile);
        (!histogram.is_empty()).then(|| Self { p50_us: at(0.50), p95_us: at(0.95), p99_us: at(0.99), max_us })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::CallError;
    use crate::outcome::Failure;

    fn outcome(scenario: Scenario, millis: u64, failure: Option<Failure>) -> Outcome {
        Outcome { scenario, latency: Some(Duration::from_millis(millis)), failure, trace: None }
    }

    #[test]
    fn percentiles_are_right_to_three_digits_and_the_longest_exactly() {
        let outcomes: Vec<_> = (1..=100).map(|millis| outcome(Scenario::Home, millis, None)).collect();

        let rows = summaries(&outcomes);

        assert_eq!(rows.len(), 1);
        let latency = rows[0].latency.unwrap();
        for (measured, exact) in
            [(latency.p50_us, 50_000_u64), (latency.p95_us, 95_000), (latency.p99_us, 99_000)]
        {
            assert!(measured.abs_diff(exact) * 1000 <= exact, "{measured} is not {exact}");
        }
        assert_eq!(latency.max_us, 100_000);
    }

    #[test]
    fn several_scenarios_have_a_row_each_and_one_together() {
        let timeout = Some(Failure::Call(CallError::Timeout));
        let outcomes = [
            outcome(Scenario::Reply, 1, None),
            outcome(Scenario::Home, 1, timeout),
            outcome(Scenario::Home, 1, None),
        ];

        let rows: Vec<_> =
            summaries(&outcomes).into_iter().map(|row| (row.scenario, row.requests, row.errors)).collect();

        assert_eq!(rows, [("home", 2, 1), ("reply", 1, 0), ("all", 3, 1)]);
    }

    #[test]
    fn requests_that_were_not_sent_are_errors_without_latency() {
        let outcomes = [Outcome::not_sent(Scenario::Home, 8)];

        let rows = summaries(&outcomes);

        assert_eq!((rows[0].errors, rows[0].latency), (1, None));
    }
}
