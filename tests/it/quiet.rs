//! Without any variable, and with telemetry gone, a service does its work and keeps quiet.

use integration_tests::callee;
use integration_tests::process::{Process, variables};
use integration_tests::stack::client;

#[test]
fn without_a_destination_one_line_speaks_of_telemetry() {
    let data = tempfile::tempdir().unwrap();
    let mut users = Process::start(
        "users",
        &variables([("PORT", "0".to_owned()), ("CRUDDUR_DATA", data.path().display().to_string())]),
    );
    let address = users.address();
    for _ in 0..10 {
        assert_eq!(
            client().get(format!("{address}/api/users/@londo")).send().unwrap().status().as_u16(),
            200
        );
    }

    let ended = users.stop();

    let of_telemetry: Vec<_> =
        ended.stdout.iter().filter(|line| line.to_lowercase().contains("telemetry")).collect();
    assert_eq!(of_telemetry.len(), 1, "{of_telemetry:#?}");
    assert!(ended.stderr.is_empty(), "{:#?}", ended.stderr);
}

#[test]
fn a_destination_that_is_gone_is_told_of_in_few_lines_and_not_by_the_log() {
    let data = tempfile::tempdir().unwrap();
    let mut users = Process::start(
        "users",
        &variables([
            ("PORT", "0".to_owned()),
            ("CRUDDUR_DATA", data.path().display().to_string()),
            ("EXPLORER_URL", callee::nobody()),
            ("OTEL_BSP_SCHEDULE_DELAY", "10".to_owned()),
        ]),
    );
    let address = users.address();
    for _ in 0..50 {
        assert_eq!(
            client().get(format!("{address}/api/users/@londo")).send().unwrap().status().as_u16(),
            200
        );
    }

    let ended = users.stop();

    assert!(ended.stdout.iter().all(|line| !line.contains("opentelemetry")), "{:#?}", ended.stdout);
    assert!((1..=5).contains(&ended.stderr.len()), "said, and not said again: {:#?}", ended.stderr);
}

#[test]
fn a_log_filter_cuts_lines_and_never_spans() {
    // The one line that is left tells the port.
    let stack = integration_tests::stack::Stack::start_with(&integration_tests::stack::Changes {
        variables: variables([("RUST_LOG", "off,server::application=info,reqwest=off".to_owned())]),
        ..Default::default()
    });

    let response = stack.get("/api/activities/home");

    let trace = stack.trace(&response, |trace| trace.has(&["activities>users", "activities>notifications"]));
    assert!(trace.is_connected());
}

#[test]
fn a_mistake_in_a_variable_is_warned_of_once_and_in_words() {
    let data = tempfile::tempdir().unwrap();
    let mut users = Process::start(
        "users",
        &variables([
            ("PORT", "0".to_owned()),
            ("CRUDDUR_DATA", data.path().display().to_string()),
            ("EXPLORER_URL", "localhost:4318".to_owned()),
        ]),
    );
    let _ = users.address();

    let ended = users.stop();

    let warnings: Vec<_> = ended.stdout.iter().filter(|line| line.contains(r#""level":"WARN""#)).collect();
    assert_eq!(warnings.len(), 1, "{:#?}", ended.stdout);
    assert!(warnings[0].contains("EXPLORER_URL"), "{warnings:#?}");
}

#[test]
fn all_mistakes_of_a_service_s_settings_are_told_at_once() {
    let ended = Process::start(
        "activities",
        &variables([("PORT", "many".to_owned()), ("USERS_URL", "nowhere".to_owned())]),
    )
    .wait();

    assert!(!ended.status.success());
    let said = ended.stderr.join("\n");
    assert!(said.contains("PORT") && said.contains("USERS_URL"), "{said}");
}
