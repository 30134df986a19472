//! Programs in another language: Python, with Flask and the OpenTelemetry SDK, and with Rollbar's.

use std::ffi::OsString;
use std::process::Command;

use serde_json::Value;

use crate::process::Process;

/// Starts `tests/python/foreign.py`, which sends its spans to `explorer`. `None`, said loudly, where
/// `CRUDDUR_TEST_PYTHON` names no interpreter that has the packages of `tests/python/requirements.txt`.
#[must_use]
pub fn start(explorer: &str) -> Option<Process> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/foreign.py");
    let mut command = Command::new(python()?);
    command.arg(script).env("OTEL_EXPORTER_OTLP_ENDPOINT", explorer).env("OTEL_SERVICE_NAME", "foreign");
    Some(Process::spawn("foreign", &mut command))
}

/// Runs `tests/python/report.py`, which reports an exception and a message to `endpoint` as `token`, in a span of a trace.
/// Returns what they are called, or `None` as [`start`] does.
#[must_use]
pub fn report(endpoint: &str, token: &str, trace_id: &str, span_id: &str) -> Option<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/report.py");
    let output = Command::new(python()?).args([script, endpoint, token, trace_id, span_id]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    Some(serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}")))
}

fn python() -> Option<OsString> {
    let python = std::env::var_os("CRUDDUR_TEST_PYTHON");
    if python.is_none() {
        eprintln!("SKIPPED: CRUDDUR_TEST_PYTHON is not set, so nothing was tested against Python");
    }
    python
}
