//! What is configured, what is ignored and why, and what each destination answers right now: for a person who wonders
//! why nothing arrives.
//!
//! ```no_run
//! let settings = telemetry::Settings::from_env();
//! let report = telemetry::doctor::run(telemetry::service_info!(), &settings);
//! print!("{report}");
//! std::process::exit(i32::from(!report.is_healthy()));
//! ```

mod diagnosis;
mod effective;
mod honeycomb;
mod probe;
mod round_trip;
mod said;
mod source;
#[cfg(test)]
mod tests;

use std::fmt;

pub use effective::Row;
pub use probe::Probe;
pub use round_trip::RoundTrip;

use crate::settings::Reading;
use crate::{ServiceInfo, Settings, resource};

/// What [`run`] found. Its `Display` is for a terminal; secrets stand in it as `***`.
#[derive(Debug, Clone)]
pub struct Report {
    service: ServiceInfo,
    /// What holds, and which variable says so.
    pub settings: Vec<Row>,
    /// A sentence for each variable that is wrong or looks wrong.
    pub problems: Vec<String>,
    /// A sentence for each variable that is set and does nothing.
    pub idle: Vec<String>,
    /// Whether a context that is written is read back as it was.
    pub round_trips: Vec<RoundTrip>,
    /// What each destination answered to an empty request.
    pub probes: Vec<Probe>,
    /// Why the service would not start, if it would not.
    pub mistakes: Vec<String>,
    is_misconfigured: bool,
    is_disabled: bool,
}

/// Looks at `settings`, and asks every destination. All are asked at once, for 5 s at most.
#[must_use]
pub fn run(service: ServiceInfo, settings: &Settings) -> Report {
    let filter_problem = filter_problem(settings);
    let is_wrong = settings.readings.iter().any(|reading| reading.problem.is_some());
    Report {
        service,
        settings: effective::rows(service, settings),
        is_misconfigured: filter_problem.is_some() || is_wrong,
        problems: settings.warnings().into_iter().chain(filter_problem).chain(keys(settings)).collect(),
        idle: settings.readings.iter().filter(|reading| reading.is_idle()).map(idle).collect(),
        round_trips: round_trip::all(&settings.propagators),
        probes: probe::all(settings, &resource::of(service, &settings.resource)),
        mistakes: Vec::new(),
        is_disabled: settings.disabled,
    }
}

fn filter_problem(settings: &Settings) -> Option<String> {
    crate::logs::filter(settings.logs.filter.as_deref()).1
}

fn idle(reading: &Reading) -> String {
    let reason = reading.hint.as_deref().unwrap_or("it is not asked for");
    format!("{}={}: {reason}", reading.variable, reading.value)
}

/// What looks wrong with Honeycomb's keys.
fn keys(settings: &Settings) -> impl Iterator<Item = String> {
    let destinations = settings.traces.destinations.iter().filter(|to| honeycomb::is(to));
    destinations.filter_map(|to| Some(format!("{}: {}", to.name, honeycomb::hint(to)?)))
}

impl Report {
    /// Adds what else keeps the service from starting.
    #[must_use]
    pub fn with_mistakes(mut self, mistakes: Vec<String>) -> Self {
        self.mistakes = mistakes;
        self
    }

    /// Whether everything that is configured can work.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        let comes_back = self.round_trips.iter().all(|trip| trip.lost.is_none());
        !self.is_misconfigured
            && self.mistakes.is_empty()
            && comes_back
            && self.probes.iter().all(Probe::is_good)
    }

    fn table(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = |row: &Row| 2 * (row.depth + 1);
        let left = self.settings.iter().map(|row| indent(row) + row.what.len()).max().unwrap_or(0);
        let middle = self.settings.iter().map(|row| row.value.chars().count()).max().unwrap_or(0);
        // A value that is longer than a line's half pushes its own source aside only.
        let middle = middle.min(48);
        for row in &self.settings {
            let (indent, Row { what, value, source, .. }) = (indent(row), row);
            writeln!(out, "{:indent$}{what:<width$}  {value:<middle$}  {source}", "", width = left - indent)?;
        }
        Ok(())
    }

    fn destinations(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "\nDestinations")?;
        if self.is_disabled {
            return writeln!(out, "  none is asked: OTEL_SDK_DISABLED=true, so nothing is sent");
        }
        if self.probes.is_empty() {
            writeln!(out, "  none: lines go to stdout, and nothing is sent over the network")?;
            writeln!(
                out,
                "  EXPLORER_URL=http://127.0.0.1:4318 sends traces to an explorer on this machine"
            )?;
        }
        self.probes.iter().try_for_each(|probe| writeln!(out, "{probe}"))
    }
}

/// A heading and lines below it, or nothing.
fn section(out: &mut fmt::Formatter<'_>, heading: &str, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{heading}")?;
    lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ServiceInfo { name, version, .. } = self.service;
        writeln!(out, "{name} {version}\n\nSettings")?;
        self.table(out)?;
        section(out, "The service would not start", &self.mistakes)?;
        section(out, "Variables that are wrong, or look wrong", &self.problems)?;
        section(out, "Variables that do nothing", &self.idle)?;
        writeln!(out, "\nContext")?;
        if self.round_trips.is_empty() {
            writeln!(out, "  none is read or written")?;
        }
        self.round_trips.iter().try_for_each(|trip| writeln!(out, "{trip}"))?;
        self.destinations(out)?;
        let verdict = if self.is_healthy() {
            "All that is configured works."
        } else {
            "Not all that is configured works."
        };
        writeln!(out, "\n{verdict}")
    }
}
