//! An empty export to each destination.

use std::fmt;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;

use super::diagnosis::Asked;
use crate::Settings;
use crate::logs::LogRecord;
use crate::otlp::{self, Answer, BuildError};
use crate::reports;
use crate::settings::{Destination, RollbarDestination};

/// How long a destination is waited for; a person waits too.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What a destination answered to an empty request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// `traces`, `logs`, `metrics` or `reports`.
    pub signal: &'static str,
    /// The name of the destination.
    pub destination: &'static str,
    /// Where it is, without credentials.
    pub endpoint: String,
    /// What it answered, in plain words; `Err` when it does not take what would be sent.
    pub verdict: Result<String, String>,
}

impl Probe {
    /// Whether the destination takes what would be sent.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.verdict.is_ok()
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signal, destination, endpoint, verdict } = self;
        let (word, told) = match verdict {
            Ok(told) => ("ok   ", told),
            Err(told) => ("FAILS", told),
        };
        write!(out, "  {word}  {signal:<7} {destination:<10} {endpoint}\n         {told}")
    }
}

type Ask = fn(&Destination, Duration) -> Result<Answer, BuildError>;

/// Asks all destinations at once, each on a thread of its own.
pub(super) fn all(settings: &Settings) -> Vec<Probe> {
    if settings.disabled {
        return Vec::new();
    }
    let of = |signal: &'static str, ask: Ask| move |to| (Asked { settings, signal, to }, ask);
    let traces = settings.traces.destinations.iter().map(of("traces", otlp::probe::<SpanData>));
    let logs = settings.logs.destinations.iter().map(of("logs", otlp::probe::<LogRecord>));
    let metrics = settings.metrics.destination.iter().map(of("metrics", otlp::probe_metrics));
    std::thread::scope(|scope| {
        let reports = settings.reports.destinations.iter();
        let reports: Vec<_> =
            reports.map(|to| (to, scope.spawn(move || reports::probe(to, PATIENCE)))).collect();
        let all = traces.chain(logs).chain(metrics);
        let started = all
            .map(|(asked, ask)| (asked, scope.spawn(move || verdict(asked, ask(asked.to, asked.limit())))));
        // All are started before the first is waited for.
        let started: Vec<_> = started.collect();
        let probes = started.into_iter().map(|(asked, verdict)| probe(asked, verdict));
        probes.chain(reports.into_iter().map(|(to, verdict)| report_probe(to, verdict))).collect()
    })
}

fn report_probe(to: &RollbarDestination, verdict: ScopedJoinHandle<'_, Result<String, String>>) -> Probe {
    Probe {
        signal: "reports",
        destination: to.name,
        endpoint: to.endpoint.to_string(),
        verdict: joined(verdict),
    }
}

fn verdict(asked: Asked<'_>, answer: Result<Answer, BuildError>) -> Result<String, String> {
    asked.verdict(&answer.map_err(|error| error.to_string())?)
}

fn probe(asked: Asked<'_>, verdict: ScopedJoinHandle<'_, Result<String, String>>) -> Probe {
    let Asked { signal, to, .. } = asked;
    Probe { signal, destination: to.name, endpoint: to.shown_endpoint(), verdict: joined(verdict) }
}

/// A destination that could not be asked must not look like one that is well.
fn joined(verdict: ScopedJoinHandle<'_, Result<String, String>>) -> Result<String, String> {
    verdict.join().unwrap_or_else(|_| Err("asking it panicked; see above".to_owned()))
}
