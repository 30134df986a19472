//! `activities doctor`: what is configured, what is wrong with it, and what each destination answers right now.

use std::io::{self, Write};
use std::process::ExitCode;

use telemetry::ServiceInfo;
use telemetry::propagation::TrustPolicy;

use crate::env::SettingsError;

/// Prints what `service` would do with its environment. `settings` is whom it believes, or what its own settings are wrong
/// about: telemetry is looked at all the same. The exit code is 1 when something configured cannot work.
#[must_use]
pub fn run(service: ServiceInfo, settings: Result<TrustPolicy, SettingsError>) -> ExitCode {
    let mut telemetry = telemetry::Settings::from_env();
    let mistakes = match settings {
        Ok(trust) => {
            telemetry.trust = Some(trust);
            Vec::new()
        }
        Err(error) => error.mistakes,
    };
    let report = telemetry::doctor::run(service, &telemetry).with_mistakes(mistakes);
    // Who reads may have seen enough, as `head` does; the exit code says the rest.
    let _ = write!(io::stdout().lock(), "{report}");
    if report.is_healthy() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
