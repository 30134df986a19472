//! Programs in another language: Python, with Flask and the OpenTelemetry SDK, with Rollbar's, with AWS's, and with `moto`.

use std::ffi::OsString;
use std::net::TcpStream;
use std::process::Command;

use serde_json::Value;

use crate::process::Process;
use crate::{callee, eventually};

/// Starts `tests/python/foreign.py`, which sends its spans to `explorer`. The interpreter is that of
/// `CRUDDUR_TEST_PYTHON`, which has the packages of `tests/python/requirements.txt`. `None`, said loudly, where a tester has
/// left Python out with `CRUDDUR_TEST_SKIP_PYTHON`.
///
/// # Panics
/// When neither variable is set, too.
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
    run(concat!(env!("CARGO_MANIFEST_DIR"), "/python/report.py"), &[endpoint, token, trace_id, span_id])
}

/// Runs `tests/python/cloudwatch.py`, which uses the CloudWatch Logs API at `endpoint` and writes lines of a trace there.
/// Returns what it was told, or `None` as [`start`] does.
#[must_use]
pub fn cloudwatch(endpoint: &str, trace_id: &str) -> Option<Value> {
    run(concat!(env!("CARGO_MANIFEST_DIR"), "/python/cloudwatch.py"), &[endpoint, trace_id])
}

/// Runs `tests/python/otlp.py`, which sends a span and two log records of it over HTTP to `http` and over gRPC to `grpc`,
/// plain and with gzip. Returns the traces by how they were sent, or `None` as [`start`] does.
#[must_use]
pub fn otlp(http: &str, grpc: &str) -> Option<Value> {
    run(concat!(env!("CARGO_MANIFEST_DIR"), "/python/otlp.py"), &[http, grpc])
}

/// Starts `moto`, a stand-in for AWS that others wrote, and waits until it answers. Its address, or `None` as [`start`] does.
#[must_use]
pub fn moto() -> Option<(Process, String)> {
    let mut command = Command::new(python()?);
    let address = callee::nobody();
    let port = callee::free(&address);
    command.args(["-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", &port]);
    let process = Process::spawn("moto", &mut command);
    eventually("moto", || TcpStream::connect(format!("127.0.0.1:{port}")).ok());
    Some((process, address))
}

/// Runs `tests/python/read_logs.py`, which reads all of a log group at `endpoint`. Returns its streams, or `None` as [`start`]
/// does.
#[must_use]
pub fn read_logs(endpoint: &str, group: &str) -> Option<Value> {
    run(concat!(env!("CARGO_MANIFEST_DIR"), "/python/read_logs.py"), &[endpoint, group])
}

fn run(script: &str, arguments: &[&str]) -> Option<Value> {
    let output = Command::new(python()?).arg(script).args(arguments).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    Some(serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}")))
}

fn python() -> Option<OsString> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let python = set("CRUDDUR_TEST_PYTHON");
    if python.is_none() {
        assert!(
            set("CRUDDUR_TEST_SKIP_PYTHON").is_some(),
            "this test needs Python: run it with `scripts/test`, which prepares one, or set CRUDDUR_TEST_PYTHON to an \
             interpreter that has the packages of tests/python/requirements.txt; CRUDDUR_TEST_SKIP_PYTHON=1 leaves it out"
        );
        eprintln!("SKIPPED: nothing was tested against Python, because CRUDDUR_TEST_SKIP_PYTHON is set");
    }
    python
}
