//! `scripts/deploy-marker`, against real servers.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use integration_tests::callee::{self, Manner};
use integration_tests::faulty::{Act, Faulty};
use integration_tests::process::variables;
use integration_tests::stack::Service;
use serde_json::Value;

const ROLLBAR: &str = "rollbar-token";
const HONEYCOMB: &str = "honeycomb-key";

/// Runs a copy of the script, which has no `.env` beside it that could name real vendors.
fn mark(settings: &[(&str, &str)]) -> Output {
    let copy = tempfile::tempdir().unwrap();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts");
    fs::create_dir(copy.path().join("scripts")).unwrap();
    for name in ["deploy-marker", "lib.sh"] {
        fs::copy(scripts.join(name), copy.path().join("scripts").join(name)).unwrap();
    }
    let mut command = Command::new(copy.path().join("scripts/deploy-marker"));
    command.args(["--environment", "test", "--revision", "abc123", "--comment", "it's \"new\""]);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.envs(settings.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn everybody_who_is_configured_is_told_of_a_deploy() {
    let (rollbar, to_rollbar) = callee::start_recording(Manner::Answers(200));
    let (honeycomb, to_honeycomb) = callee::start_recording(Manner::Answers(201));
    let data = tempfile::tempdir().unwrap();
    let explorer = Service::run(
        "explorer",
        &variables([("EXPLORER_PORT", "0".to_owned()), ("EXPLORER_DATA", data.path().display().to_string())]),
    );

    let output = mark(&[
        ("ROLLBAR_ACCESS_TOKEN", ROLLBAR),
        ("ROLLBAR_ENDPOINT", &format!("{rollbar}/api/1/")),
        ("EXPLORER_URL", &explorer.address),
        ("HONEYCOMB_CONFIGURATION_KEY", HONEYCOMB),
        ("HONEYCOMB_API_ENDPOINT", &honeycomb),
    ]);

    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(said(&output).matches("knows of abc123 in test").count(), 3, "{}", said(&output));
    let head = |heads: &callee::Heads| heads.lock().unwrap().concat();
    let (rollbar, honeycomb) = (head(&to_rollbar), head(&to_honeycomb));
    assert!(rollbar.starts_with("post /api/1/deploy http"), "{rollbar}");
    assert!(rollbar.contains(&format!("x-rollbar-access-token: {ROLLBAR}\r\n")), "{rollbar}");
    assert!(honeycomb.starts_with("post /1/markers/__all__ http"), "{honeycomb}");
    assert!(honeycomb.contains(&format!("x-honeycomb-team: {HONEYCOMB}\r\n")), "{honeycomb}");
    assert!(!said(&output).contains(ROLLBAR) && !said(&output).contains(HONEYCOMB));
    let deploys: Value = explorer.get("/api/deploys").json().unwrap();
    let deploy = &deploys["deploys"][0];
    assert_eq!(
        (&deploy["environment"], &deploy["revision"], &deploy["comment"]),
        (&"test".into(), &"abc123".into(), &"it's \"new\"".into()),
        "{deploys:#}"
    );
}

#[test]
fn vendors_are_told_which_revision_was_deployed_where() {
    let (rollbar, honeycomb) = (Faulty::start(&[Act::Take]), Faulty::start(&[Act::Take]));

    let output = mark(&[
        ("ROLLBAR_ACCESS_TOKEN", ROLLBAR),
        ("ROLLBAR_ENDPOINT", &rollbar.address),
        ("HONEYCOMB_CONFIGURATION_KEY", HONEYCOMB),
        ("HONEYCOMB_API_ENDPOINT", &honeycomb.address),
    ]);

    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let body = |destination: &Faulty| -> Value { serde_json::from_slice(&destination.taken()[0]).unwrap() };
    let (deploy, marker) = (body(&rollbar), body(&honeycomb));
    let comment = "it's \"new\"";
    for (key, expected) in
        [("environment", "test"), ("revision", "abc123"), ("comment", comment), ("status", "succeeded")]
    {
        assert_eq!(deploy[key], expected, "{deploy}");
    }
    assert_eq!(marker["type"], "deploy", "{marker}");
    assert_eq!(marker["message"], format!("test: abc123, {comment}"), "{marker}");
}

#[test]
fn a_deploy_that_nobody_took_is_told_by_the_exit_code() {
    let refuses = callee::start(Manner::Answers(401));
    for (endpoint, reason) in
        [(refuses, "Rollbar answers 401"), (callee::nobody(), "Rollbar was not reached")]
    {
        let output = mark(&[("ROLLBAR_ACCESS_TOKEN", ROLLBAR), ("ROLLBAR_ENDPOINT", &endpoint)]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains(reason), "{}", said(&output));
    }

    let output = mark(&[]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("nobody to tell: set ROLLBAR_ACCESS_TOKEN"), "{}", said(&output));
}
