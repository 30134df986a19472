//! An empty export to each destination.

use std::fmt;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::diagnosis::Asked;
use crate::Settings;
use crate::logs::LogRecord;
use crate::otlp::{self, Answer, BuildError};
use crate::reports;
use crate::settings::{CloudWatchDestination, Destination};

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
pub(super) fn all(settings: &Settings, resource: &Resource) -> Vec<Probe> {
    if settings.disabled {
        return Vec::new();
    }
    let of = |signal: &'static str, ask: Ask| move |to| (Asked { settings, signal, to }, ask);
    let traces = settings.traces.destinations.iter().map(of("traces", otlp::probe::<SpanData>));
    let logs = settings.logs.destinations.iter().map(of("logs", otlp::probe::<LogRecord>));
    let metrics = settings.metrics.destination.iter().map(of("metrics", otlp::probe_metrics));
    std::thread::scope(|scope| {
        let otlp = traces.chain(logs).chain(metrics);
        let otlp = otlp.map(|(asked, ask)| Asking {
            signal: asked.signal,
            destination: asked.to.name,
            endpoint: asked.to.shown_endpoint(),
            verdict: scope.spawn(move || verdict(asked, ask(asked.to, asked.limit()))),
        });
        let cloudwatch = settings.logs.cloudwatch.iter().map(|to| Asking {
            signal: "logs",
            destination: to.name,
            endpoint: to.shown_endpoint(),
            verdict: scope.spawn(move || cloudwatch(to, resource)),
        });
        let reports = settings.reports.destinations.iter().map(|to| Asking {
            signal: "reports",
            destination: to.name,
            endpoint: to.endpoint.to_string(),
            verdict: scope.spawn(move || reports::probe(to, PATIENCE)),
        });
        // All are started before the first is waited for.
        let asked: Vec<_> = otlp.chain(cloudwatch).chain(reports).collect();
        asked.into_iter().map(Asking::probe).collect()
    })
}

#[cfg(feature = "cloudwatch")]
fn cloudwatch(to: &CloudWatchDestination, resource: &Resource) -> Result<String, String> {
    crate::logs::cloudwatch::probe(to, resource, PATIENCE)
}

#[cfg(not(feature = "cloudwatch"))]
fn cloudwatch(_: &CloudWatchDestination, _: &Resource) -> Result<String, String> {
    Err("this program was built without the feature `cloudwatch`, so nothing is sent there".to_owned())
}

/// A destination that is being asked.
struct Asking<'scope> {
    signal: &'static str,
    destination: &'static str,
    endpoint: String,
    verdict: ScopedJoinHandle<'scope, Result<String, String>>,
}

impl Asking<'_> {
    /// A destination that could not be asked must not look like one that is well.
    fn probe(self) -> Probe {
        let Self { signal, destination, endpoint, verdict } = self;
        let verdict = verdict.join().unwrap_or_else(|_| Err("asking it panicked; see above".to_owned()));
        Probe { signal, destination, endpoint, verdict }
    }
}

fn verdict(asked: Asked<'_>, answer: Result<Answer, BuildError>) -> Result<String, String> {
    asked.verdict(&answer.map_err(|error| error.to_string())?)
}
