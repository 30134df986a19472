//! The real binary against a small stand-in for the services and the explorer.

#![expect(clippy::unwrap_used, reason = "a panic in a test is the failure report")]

mod stand_in;

use std::process::{Command, Output};

use serde_json::Value;
use stand_in::{Fault, StandIn};

/// Runs `load` for a moment against `stand_in`, with these options on top of the usual ones.
fn load(stand_in: &StandIn, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_load"));
    command.env_clear().env("CRUDDUR_URL", &stand_in.address).env("EXPLORER_URL", &stand_in.address);
    let usual = [("--rate", "100"), ("--duration", "400ms"), ("--patience", "1s")];
    for (name, value) in usual.into_iter().filter(|(name, _)| !options.contains(name)) {
        command.args([name, value]);
    }
    command.args(options).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A run against this fault ends with exit code 1 and says this.
fn check_fails(fault: Fault, scenario: &str, said: &[&str]) {
    let stand_in = StandIn::start(fault);

    let output = load(&stand_in, &["--scenario", scenario]);

    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}\n{}", stderr(&output));
    for part in said {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn a_sound_stack_passes_and_the_slowest_request_is_shown() {
    let stand_in = StandIn::start(Fault::None);

    let output = load(&stand_in, &[]);

    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}\n{}", stderr(&output));
    assert!(text.contains("\n40 of 40 traces complete\n"), "{text}");
    assert!(text.contains(&format!("{}/traces/", stand_in.address)), "{text}");
    assert!(text.contains("the waterfall of "), "{text}");
    for scenario in ["home", "profile", "search", "notifications", "create", "reply", "all"] {
        assert!(text.lines().any(|line| line.starts_with(scenario)), "{scenario}\n{text}");
    }
}

#[test]
fn spans_that_come_late_are_waited_for() {
    let stand_in = StandIn::start(Fault::HiddenAtFirst);

    let output = load(&stand_in, &["--patience", "20s"]);

    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn the_caller_sends_no_trace_context() {
    let stand_in = StandIn::start(Fault::None);

    let output = load(&stand_in, &[]);

    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert_eq!(stand_in.contexts_received(), 0);
}

#[test]
fn a_trace_without_a_call_that_it_must_have_is_incomplete() {
    check_fails(
        Fault::CallLeftOut("notifications"),
        "home",
        &["\n0 of 40 traces complete\n", "no call activities → notifications", "and 30 more"],
    );
}

#[test]
fn a_trace_with_a_missing_parent_is_incomplete() {
    check_fails(
        Fault::ParentLeftOut,
        "search",
        &["\n0 of 40 traces complete\n", "the parent of a server span of users"],
    );
}

#[test]
fn a_trace_that_the_explorer_does_not_know_is_incomplete() {
    check_fails(
        Fault::UnknownToTheExplorer,
        "profile",
        &["\n0 of 40 traces complete\n", "no span has arrived"],
    );
}

#[test]
fn an_answer_without_traceresponse_is_an_incomplete_trace() {
    check_fails(Fault::NoTraceresponse, "home", &["\n0 of 40 traces complete\n", "no traceresponse header"]);
}

#[test]
fn a_failed_request_fails_the_run_though_its_trace_is_whole() {
    check_fails(
        Fault::SearchAnswers(500),
        "search",
        &["40 × search: answered 500 Internal Server Error", "\n40 of 40 traces complete\n"],
    );
}

#[test]
fn requests_beyond_what_may_be_in_flight_are_errors_and_not_sent() {
    let stand_in = StandIn::start(Fault::SearchHangs);

    let options = ["--scenario", "search", "--rate", "3000", "--duration", "500ms", "--timeout", "3s"];
    let output = load(&stand_in, &options);

    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("1024 × search: no whole answer in time"), "{text}");
    assert!(text.contains("476 × search: not sent: 1024 requests were in flight already"), "{text}");
    assert!(text.contains("\n0 of 0 traces complete\n"), "{text}");
}

#[test]
fn a_degraded_answer_is_a_failed_request() {
    check_fails(Fault::Degraded, "search", &["40 × search: answered with what there was, without users"]);
}

#[test]
fn all_figures_are_in_the_json_file() {
    let stand_in = StandIn::start(Fault::None);
    let file = tempfile::NamedTempFile::new().unwrap();

    let output = load(&stand_in, &["--json", file.path().to_str().unwrap()]);

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let figures: Value = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
    assert_eq!(figures["passed"], true);
    assert_eq!(figures["traces"]["made"], 40);
    assert_eq!(figures["traces"]["complete"], 40);
    let all = figures["summaries"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((all["scenario"].as_str(), all["requests"].as_u64()), (Some("all"), Some(40)));
    assert!(all["latency"]["p99_us"].as_u64().unwrap() > 0, "{all}");
    assert!(figures["slowest"]["url"].as_str().unwrap().starts_with(&stand_in.address), "{figures}");
}

#[test]
fn a_json_file_that_cannot_be_written_is_told_before_anything_is_sent() {
    let stand_in = StandIn::start(Fault::None);

    let output = load(&stand_in, &["--json", "/nowhere/at/all.json"]);

    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot create the file of --json"), "{}", stderr(&output));
    assert_eq!(stand_in.requests_received(), 0);
}

#[test]
fn an_explorer_that_cannot_be_reached_is_one_sentence_with_what_to_start() {
    let stand_in = StandIn::start(Fault::None);

    let output = load(&stand_in, &["--explorer", "http://127.0.0.1:1"]);

    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("load: the explorer at http://127.0.0.1:1/ cannot be used"), "{said}");
    assert!(said.contains("scripts/up") && said.lines().count() == 1, "{said}");
}

#[test]
fn a_service_that_cannot_be_reached_is_one_sentence_with_what_to_start() {
    let stand_in = StandIn::start(Fault::None);

    let output = load(&stand_in, &["--url", "http://127.0.0.1:1"]);

    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("load: the service at http://127.0.0.1:1/ cannot be used"), "{said}");
    assert!(said.contains("docker compose up") && said.lines().count() == 1, "{said}");
}

#[test]
fn a_wrong_command_line_ends_with_exit_code_2() {
    let stand_in = StandIn::start(Fault::None);

    for wrong in [
        &["--rate", "0"][..],
        &["--duration", "30"],
        &["--scenario", "dance"],
        &["--url", "localhost:4567"],
        &["--rate", "0.1", "--duration", "1s"],
        &["--more"],
    ] {
        let output = load(&stand_in, wrong);

        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", stderr(&output));
        assert!(stderr(&output).starts_with("error: "), "{}", stderr(&output));
    }
}
