//! `activities doctor`, as a person runs it.

use std::process::{Command, Output, Stdio};

use integration_tests::callee;
use integration_tests::process::path_of;
use integration_tests::stack::Stack;

fn doctor(service: &str, set: &[(&str, &str)]) -> Output {
    Command::new(path_of(service)).arg("doctor").env_clear().envs(set.iter().copied()).output().unwrap()
}

#[test]
fn every_service_says_what_it_would_do_and_that_it_works() {
    let stack = Stack::start();

    for service in ["activities", "users", "notifications"] {
        let output = doctor(service, &[("EXPLORER_URL", &stack.explorer.address)]);

        let told = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{told}");
        assert!(told.starts_with(service) && told.contains("it takes traces"), "{told}");
        let trust = if service == "activities" { "public" } else { "internal" };
        assert!(told.lines().any(|line| line.contains("trust") && line.contains(trust)), "{told}");
    }
}

#[test]
fn what_cannot_work_is_told_and_is_exit_code_1() {
    let output = doctor(
        "users",
        &[
            ("HONEYCOMB_API_KEY", "hunter2"),
            ("HONEYCOMB_API_ENDPOINT", &callee::nobody()),
            ("DATABASE_URL", "mysql://users"),
            ("PORT", "many"),
            ("OTEL_EXPORTER_OLTP_ENDPOINT", "http://collector:4318"),
        ],
    );

    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("nothing listens there"), "{told}");
    for mistake in ["  DATABASE_URL: ", "  PORT: `many`"] {
        assert!(told.lines().any(|line| line.starts_with(mistake)), "each on a line of its own: {told}");
    }
    assert!(told.contains("is it OTEL_EXPORTER_OTLP_ENDPOINT?"), "{told}");
    assert!(!told.contains("hunter2") && told.ends_with("Not all that is configured works.\n"), "{told}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut command = Command::new(path_of("users"));
    let mut child =
        command.arg("doctor").env_clear().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());

    let output = child.wait_with_output().unwrap();

    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
