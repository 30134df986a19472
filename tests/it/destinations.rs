//! Several destinations of the same traces.

use integration_tests::callee::{self, Heads, Manner};
use integration_tests::eventually;
use integration_tests::process::{Process, variables};
use integration_tests::stack::{Service, Stack, client};
use integration_tests::trace::id_of;
use serde_json::Value;

/// The first request to `/v1/traces` that was sent there.
fn export(heads: &Heads) -> String {
    eventually("export", || heads.lock().unwrap().iter().find(|head| head.contains("/v1/traces")).cloned())
}

#[test]
fn each_destination_gets_the_traces_and_its_own_headers_only() {
    let (collector, to_collector) = callee::start_recording(Manner::Answers(200));
    let (honeycomb, to_honeycomb) = callee::start_recording(Manner::Answers(200));
    let (explorer, to_explorer) = callee::start_recording(Manner::Answers(200));
    let data = tempfile::tempdir().unwrap();
    let mut users = Process::start(
        "users",
        &variables([
            ("PORT", "0".to_owned()),
            ("CRUDDUR_DATA", data.path().display().to_string()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=of-the-collector".to_owned()),
            ("HONEYCOMB_API_KEY", "of-honeycomb".to_owned()),
            ("HONEYCOMB_API_ENDPOINT", honeycomb),
            ("EXPLORER_URL", explorer),
            ("OTEL_BSP_SCHEDULE_DELAY", "50".to_owned()),
        ]),
    );
    let address = users.address();

    assert_eq!(client().get(format!("{address}/api/users/@londo")).send().unwrap().status().as_u16(), 200);

    let (collector, honeycomb, explorer) =
        (export(&to_collector), export(&to_honeycomb), export(&to_explorer));
    assert!(
        collector.contains("api-key: of-the-collector") && !collector.contains("of-honeycomb"),
        "{collector}"
    );
    assert!(
        honeycomb.contains("x-honeycomb-team: of-honeycomb") && !honeycomb.contains("api-key"),
        "{honeycomb}"
    );
    assert!(!explorer.contains("of-"), "{explorer}");
    for head in [collector, honeycomb, explorer] {
        assert!(head.contains("content-type: application/x-protobuf"), "{head}");
        assert!(!head.contains("traceparent"), "telemetry does not trace itself: {head}");
    }
}

#[test]
fn a_destination_that_hangs_does_not_keep_the_traces_from_another() {
    let (healthy, to_healthy) = callee::start_recording(Manner::Answers(200));
    let data = tempfile::tempdir().unwrap();
    let mut users = Process::start(
        "users",
        &variables([
            ("PORT", "0".to_owned()),
            ("CRUDDUR_DATA", data.path().display().to_string()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", callee::start(Manner::Hangs)),
            ("EXPLORER_URL", healthy),
        ]),
    );
    let address = users.address();

    assert_eq!(client().get(format!("{address}/api/users/@londo")).send().unwrap().status().as_u16(), 200);
    let ended = users.stop();

    assert!(ended.status.success());
    let _ = export(&to_healthy);
}

#[test]
fn an_outage_of_a_destination_loses_nothing() {
    let address = callee::nobody();
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().display().to_string();
    let mut users = Process::start(
        "users",
        &variables([
            ("PORT", "0".to_owned()),
            ("CRUDDUR_DATA", folder.clone()),
            ("EXPLORER_URL", address.clone()),
        ]),
    );
    let root = users.address();
    let ask = || id_of(&client().get(format!("{root}/api/users/@londo")).send().unwrap());
    let mut ids: Vec<String> = (0..50).map(|_| ask()).collect();
    // The first attempt has failed when there is a line about it.
    eventually("failed export", || users.stderr().iter().any(|line| line.contains("explorer")).then_some(()));
    ids.extend((0..50).map(|_| ask()));

    let explorer = Service::run(
        "explorer",
        &variables([
            ("EXPLORER_PORT", callee::free(&address)),
            ("EXPLORER_GRPC_PORT", "0".to_owned()),
            ("EXPLORER_DATA", format!("{folder}/explorer")),
        ]),
    );

    for id in ids {
        let trace = explorer.trace(&id, |trace| trace.is_connected() && trace.spans.len() == 2);
        assert_eq!(trace.root().name, "GET /api/users/@{handle}", "{trace}");
    }
}

#[test]
fn what_is_lost_is_told_in_the_last_lines() {
    let data = tempfile::tempdir().unwrap();
    let mut users = Process::start(
        "users",
        &variables([
            ("PORT", "0".to_owned()),
            ("CRUDDUR_DATA", data.path().display().to_string()),
            ("EXPLORER_URL", callee::nobody()),
        ]),
    );
    let root = users.address();
    for _ in 0..10 {
        assert_eq!(client().get(format!("{root}/api/users/@londo")).send().unwrap().status().as_u16(), 200);
    }

    let ended = users.stop();

    let lines: Vec<Value> = ended.stdout.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [.., spans, records] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(spans["message"], "Telemetry lost spans");
    assert_eq!(spans["spans"], "explorer: 0 delivered, 20 dropped (20 deadline), 0 pending");
    assert_eq!(records["message"], "Telemetry lost log records");
    let lost = lines.len() - 2;
    assert_eq!(
        records["records"],
        format!("explorer: 0 delivered, {lost} dropped ({lost} deadline), 0 pending")
    );
}

#[test]
fn every_span_is_accounted_for() {
    let stack = Stack::start();
    for _ in 0..20 {
        assert_eq!(stack.get("/api/activities/home").status().as_u16(), 200);
    }

    let account = eventually("delivery of all spans", || {
        let body: Value = stack.activities.get("/telemetry").json().unwrap();
        let account = body["traces"]["explorer"].clone();
        let number = |key: &str| account[key].as_u64().unwrap();
        let dropped: u64 = account["dropped"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
        assert_eq!(number("created"), number("delivered") + dropped + number("pending"), "{account}");
        (number("created") > 0 && number("pending") == 0).then_some(account)
    });

    let stats: Value = stack.explorer.get("/api/traces?service=activities&limit=100").json().unwrap();
    assert_eq!(stats["traces"].as_array().unwrap().len(), 20);
    assert!(
        account["delivered"].as_u64().unwrap() >= 20 * 4,
        "a request, its query and its two calls: {account}"
    );
}
