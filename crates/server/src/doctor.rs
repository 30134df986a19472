//! `activities doctor`: what is configured, what is wrong with it, and what each destination answers right now.

use std::error::Error;
use std::process::ExitCode;

use telemetry::ServiceInfo;

/// Prints what `service` would do with its environment. `mistake` is what the service's own settings are wrong about,
/// if they are; telemetry is looked at all the same. The exit code is 1 when something configured cannot work.
#[must_use]
pub fn run(service: ServiceInfo, mistake: Option<&dyn Error>) -> ExitCode {
    let report = telemetry::doctor::run(service, &telemetry::Settings::from_env());
    print!("{report}");
    if let Some(mistake) = mistake {
        println!("\nThe service would not start:\n{mistake}");
    }
    if report.is_healthy() && mistake.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
