//! An empty export to each destination.

use std::fmt;
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;

use super::diagnosis;
use crate::Settings;
use crate::logs::LogRecord;
use crate::otlp::{self, Answer};
use crate::settings::Destination;

/// How long a destination is waited for; a person waits too.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a destination answered to an empty request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// `traces`, `logs` or `metrics`.
    pub signal: &'static str,
    /// The name of the destination.
    pub destination: &'static str,
    /// Where it is.
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

/// Asks all destinations at once, each on a thread of its own.
pub(super) fn all(settings: &Settings) -> Vec<Probe> {
    if settings.disabled {
        return Vec::new();
    }
    let metrics = settings.metrics.destination.as_ref();
    std::thread::scope(|scope| {
        let traces = settings.traces.destinations.iter();
        let traces =
            traces.map(|to| scope.spawn(|| probe("traces", to, otlp::probe::<SpanData>(to, PATIENCE))));
        let logs = settings.logs.destinations.iter();
        let logs = logs.map(|to| scope.spawn(|| probe("logs", to, otlp::probe::<LogRecord>(to, PATIENCE))));
        let metrics = metrics
            .into_iter()
            .map(|to| scope.spawn(|| probe("metrics", to, otlp::probe_metrics(to, PATIENCE))));
        let asked: Vec<_> = traces.chain(logs).chain(metrics).collect();
        asked.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

fn probe(signal: &'static str, to: &Destination, answer: Result<Answer, otlp::BuildError>) -> Probe {
    let verdict = match answer {
        Ok(answer) => diagnosis::of(signal, to, &answer),
        Err(error) => Err(error.to_string()),
    };
    Probe { signal, destination: to.name, endpoint: to.endpoint.clone(), verdict }
}
