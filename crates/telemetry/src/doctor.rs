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
mod probe;
mod round_trip;
#[cfg(test)]
mod tests;

use std::fmt;

pub use effective::Row;
pub use probe::Probe;

use crate::{ServiceInfo, Settings};

/// What [`run`] found. Its `Display` is for a terminal; secrets stand in it as `***`.
#[derive(Debug, Clone)]
pub struct Report {
    service: ServiceInfo,
    /// What holds, and which variable says so.
    pub settings: Vec<Row>,
    /// A sentence for each variable that is wrong or looks wrong.
    pub problems: Vec<String>,
    /// Whether a context that is written is read back as it was; `Err` says what was lost.
    pub round_trip: Result<(), String>,
    /// What each destination answered to an empty request.
    pub probes: Vec<Probe>,
    is_misconfigured: bool,
}

/// Looks at `settings`, and asks every destination. All are asked at once, for 5 s at most.
#[must_use]
pub fn run(service: ServiceInfo, settings: &Settings) -> Report {
    let (filter_problem, hints) =
        (crate::logs::filter(settings.logs.filter.as_deref()).1, settings.warnings());
    let is_misconfigured =
        filter_problem.is_some() || settings.readings.iter().any(|reading| reading.problem.is_some());
    Report {
        service,
        settings: effective::rows(service, settings),
        problems: hints.into_iter().chain(filter_problem).collect(),
        round_trip: round_trip::check(&settings.propagators),
        probes: probe::all(settings),
        is_misconfigured,
    }
}

impl Report {
    /// Whether everything that is configured can work.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        !self.is_misconfigured && self.round_trip.is_ok() && self.probes.iter().all(Probe::is_good)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ServiceInfo { name, version } = self.service;
        writeln!(out, "{name} {version}\n\nSettings")?;
        for Row { what, value, source } in &self.settings {
            writeln!(out, "  {what:<18} {value:<48} {source}")?;
        }
        if !self.problems.is_empty() {
            writeln!(out, "\nVariables that are wrong, or look wrong")?;
            self.problems.iter().try_for_each(|problem| writeln!(out, "  {problem}"))?;
        }
        writeln!(out, "\nContext")?;
        match &self.round_trip {
            Ok(()) => writeln!(out, "  ok     what is written into headers is read back as it was")?,
            Err(lost) => writeln!(out, "  FAILS  {lost}")?,
        }
        writeln!(out, "\nDestinations")?;
        if self.probes.is_empty() {
            writeln!(
                out,
                "  none: lines go to stdout, and nothing is sent. EXPLORER_URL=http://127.0.0.1:4318 is a start"
            )?;
        }
        self.probes.iter().try_for_each(|probe| writeln!(out, "{probe}"))?;
        let verdict = if self.is_healthy() {
            "All that is configured works."
        } else {
            "Not all that is configured works."
        };
        writeln!(out, "\n{verdict}")
    }
}
