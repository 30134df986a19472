//! A lot of telemetry at a bad moment: none of it is lost while it fits into the queue, and what is held back is counted.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use integration_tests::faulty::{Act, Faulty};
use integration_tests::process::{Process, Variables, variables};
use integration_tests::stack::client;
use integration_tests::{callee, eventually};
use serde_json::Value;

/// Repetitions of what has to hold each time, and seconds of an outage: `CRUDDUR_TEST_REPETITIONS` and
/// `CRUDDUR_TEST_OUTAGE` ask for more than a run in passing has time for.
fn number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).ok().map_or(default, |value| value.parse().expect("a number"))
}

fn burst(more: Variables) -> (Process, String) {
    let mut all = variables([("PORT", "0".to_owned()), ("OTEL_LOGS_EXPORTER", "none".to_owned())]);
    all.extend(more);
    let mut process =
        Process::spawn("burst", Command::new(env!("CARGO_BIN_EXE_burst")).env_clear().envs(all));
    let address = process.address();
    (process, address)
}

fn ask(address: &str, path: &str) {
    assert_eq!(client().get(format!("{address}{path}")).send().unwrap().status(), 200);
}

fn account(address: &str, signal: &str, destination: &str) -> Value {
    let accounts: Value = client().get(format!("{address}/telemetry")).send().unwrap().json().unwrap();
    accounts[signal][destination].clone()
}

fn otlp(address: &str) -> Variables {
    variables([("OTEL_EXPORTER_OTLP_ENDPOINT", address.to_owned())])
}

/// How many spans a destination was sent, and how many different ones.
fn arrived(destination: &Faulty) -> (usize, usize) {
    let ids = destination.span_ids();
    (ids.len(), ids.iter().collect::<BTreeSet<_>>().len())
}

#[test]
fn ten_thousand_spans_just_before_a_signal_all_arrive() {
    for _ in 0..number("CRUDDUR_TEST_REPETITIONS", 5) {
        let destination = Faulty::start(&[Act::Take]);
        let (service, address) = burst(otlp(&destination.address));

        ask(&address, "/spans/9999");
        let ended = service.stop();

        assert!(ended.status.success(), "{:?}", ended.stdout);
        assert_eq!(arrived(&destination), (10_000, 10_000));
    }
}

#[test]
fn a_burst_into_a_slow_destination_loses_nothing() {
    let destination = Faulty::start(&[Act::TakeAfter(Duration::from_secs(1))]);
    let (_service, address) = burst(otlp(&destination.address));

    ask(&address, "/spans/5999");

    eventually("delivery of the burst", || (arrived(&destination) == (6000, 6000)).then_some(()));
    eventually("the account", || (account(&address, "traces", "otlp")["delivered"] == 6000).then_some(()));
}

/// 200 spans and 20 items a second while nobody listens.
#[test]
fn an_outage_loses_neither_spans_nor_items() {
    let absent = callee::nobody();
    let rollbar = variables([
        ("ROLLBAR_ACCESS_TOKEN", "post-server-item".to_owned()),
        ("ROLLBAR_ENDPOINT", format!("{absent}/api/1/")),
        ("ROLLBAR_ITEMS_PER_MINUTE", "100000".to_owned()),
    ]);
    let (_service, address) = burst(otlp(&absent).into_iter().chain(rollbar).collect());
    let (seconds, tick) = (number("CRUDDUR_TEST_OUTAGE", 3), Duration::from_millis(100));
    let ticks = 10 * seconds;
    let begin = Instant::now();
    for tick_number in 0..ticks {
        std::thread::sleep((begin + tick * tick_number).saturating_duration_since(Instant::now()));
        ask(&address, "/spans/18");
        ask(&address, "/failures/2");
    }

    let destination = Faulty::start_on(&callee::free(&absent), &[Act::Take]);
    let (recovered, expected) = (Instant::now(), u64::from(ticks) * 20);

    let done = |signal, name, count: u64| account(&address, signal, name)["delivered"] == count;
    eventually("delivery of all", || {
        (done("traces", "otlp", expected) && done("reports", "rollbar", expected / 10)).then_some(())
    });
    println!("all there {:?} after the end of an outage of {seconds} s", recovered.elapsed());
    let uuids: Vec<String> =
        destination.items().iter().map(|item| item["data"]["uuid"].to_string()).collect();
    assert_eq!(uuids.len() as u64, expected / 10);
    assert_eq!(uuids.iter().collect::<BTreeSet<_>>().len(), uuids.len(), "none is doubled");
}

/// What a process takes: threads, and bytes of memory.
fn takes(process: &Process) -> (usize, u64) {
    let folder = format!("/proc/{}", process.id());
    let pages = fs::read_to_string(format!("{folder}/statm")).unwrap();
    let resident: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    (fs::read_dir(format!("{folder}/task")).unwrap().count(), resident * 4096)
}

/// What the queue of items may take in memory, and 16 MiB.
const MEMORY: u64 = (16 + 16) << 20;

#[test]
fn many_failures_that_are_alike_cost_a_hanging_rollbar_one_line_and_no_thread() {
    let hanging = Faulty::start(&[Act::Hang]);
    let rollbar = variables([
        ("ROLLBAR_ACCESS_TOKEN", "post-server-item".to_owned()),
        ("ROLLBAR_ENDPOINT", format!("{}/api/1/", hanging.address)),
    ]);
    let (service, address) = burst(rollbar);
    ask(&address, "/failures/1");
    let (threads, memory) = takes(&service);

    ask(&address, "/failures/299");

    let pending = account(&address, "reports", "rollbar")["pending"].clone();
    assert_eq!(pending, 60, "the rate of a minute; the others are held back, to be counted");
    eventually("a line about it", || (!service.stderr().is_empty()).then_some(()));
    let (more_threads, more_memory) = takes(&service);
    assert_eq!(more_threads, threads);
    assert!(more_memory < memory + MEMORY, "{memory} bytes grew to {more_memory}");
    assert_eq!(service.stderr().len(), 1, "{:#?}", service.stderr());

    hanging.recover();
    eventually("delivery", || (account(&address, "reports", "rollbar")["delivered"] == 60).then_some(()));
    assert!(service.stop().status.success());
    let counts = hanging
        .items()
        .iter()
        .map(|item| item["data"]["custom"]["occurrences"].as_u64().unwrap_or(1))
        .sum::<u64>();
    assert_eq!((hanging.items().len(), counts), (61, 300), "none is silently lost");
}
