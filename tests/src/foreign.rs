//! A service in another language: Python, with Flask and the OpenTelemetry SDK.

use std::process::Command;

use crate::process::Process;

/// Starts `tests/python/foreign.py`, which sends its spans to `explorer`. `None`, said loudly, where
/// `CRUDDUR_TEST_PYTHON` names no interpreter that has the packages of `tests/python/requirements.txt`.
#[must_use]
pub fn start(explorer: &str) -> Option<Process> {
    let Some(python) = std::env::var_os("CRUDDUR_TEST_PYTHON") else {
        eprintln!("SKIPPED: CRUDDUR_TEST_PYTHON is not set, so nothing was tested against Python");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/foreign.py");
    let mut command = Command::new(python);
    command.arg(script).env("OTEL_EXPORTER_OTLP_ENDPOINT", explorer).env("OTEL_SERVICE_NAME", "foreign");
    Some(Process::spawn("foreign", &mut command))
}
