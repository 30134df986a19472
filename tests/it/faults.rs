//! Destinations that misbehave in every way, each with a real service: how often it tries, what arrives, what is given up.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use integration_tests::faulty::{Act, Faulty};
use integration_tests::process::{Ended, Process, Variables, path_of, variables};
use integration_tests::sink::Kind;
use integration_tests::stack::client;
use integration_tests::{callee, eventually};
use serde_json::Value;

/// However its destinations behave, a service is gone within this after the signal.
const PROMISE: Duration = Duration::from_secs(5);
/// However its destinations behave, a service listens within this after its start,
/// on a busy machine too: less than any destination's time limit.
const START: Duration = Duration::from_secs(3);

/// What one span, item or log event comes to.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    attempts: usize,
    delivered: u64,
    rejected: u64,
}

const TAKEN: Outcome = Outcome { attempts: 1, delivered: 1, rejected: 0 };
const TAKEN_AT_SECOND: Outcome = Outcome { attempts: 2, delivered: 1, rejected: 0 };
const REJECTED: Outcome = Outcome { attempts: 1, delivered: 0, rejected: 1 };

/// Variables of a service that makes one span, item or log event when it is [asked](make_one_of).
fn variables_of_one(kind: Kind, address: &str) -> Variables {
    let mut all = kind.variables(address);
    if let Kind::CloudWatch = kind {
        all.extend(variables([("RUST_LOG", "off,server=info".to_owned())]));
    }
    all
}

/// Has a service make one. A log event is there without being asked for: that it listens.
fn make_one_of(kind: Kind, address: &str) {
    if !matches!(kind, Kind::CloudWatch) {
        make_one(address);
    }
}

/// Users, with its data in `folder`.
fn users(folder: &Path, more: &[Variables]) -> Process {
    let mut all = variables([("PORT", "0".to_owned()), ("CRUDDUR_DATA", folder.display().to_string())]);
    all.extend(more.iter().flat_map(Variables::clone));
    Process::start("users", &all)
}

/// Asks for one item, and so for one span too.
fn make_one(address: &str) {
    assert_eq!(client().get(format!("{address}/rollbar/test")).send().unwrap().status(), 200);
}

fn accounts(address: &str) -> Value {
    client().get(format!("{address}/telemetry")).send().unwrap().json().unwrap()
}

fn dropped(account: &Value) -> u64 {
    account["dropped"].as_object().unwrap().values().filter_map(Value::as_u64).sum()
}

/// What becomes of one span, item or log event at a destination that does `act` with the first request, and takes all others.
fn outcome(kind: Kind, act: &Act) -> Outcome {
    let destination = Faulty::start(&[act.clone(), Act::Take]);
    let data = tempfile::tempdir().unwrap();
    let mut service = users(data.path(), &[variables_of_one(kind, &destination.address)]);
    let address = service.address();

    make_one_of(kind, &address);

    let account = eventually(&format!("end of the delivery to {act:?}"), || {
        let accounts = accounts(&address);
        let account = kind.account(&accounts);
        (account["created"] == 1 && account["pending"] == 0).then(|| account.clone())
    });
    let rejected = account["dropped"]["rejected"].as_u64().unwrap();
    assert_eq!(dropped(&account), rejected, "{act:?}: {account}");
    let delivered = account["delivered"].as_u64().unwrap();
    if matches!(act, Act::Take | Act::Answer(_) | Act::Close | Act::PauseInSeconds | Act::PauseUntilDate) {
        let taken = destination.taken().len() as u64;
        assert_eq!(taken, delivered, "{act:?}: what counts as delivered has arrived, once");
    }
    Outcome { attempts: destination.attempts(), delivered, rejected }
}

/// Holds all rows of a kind against what they should come to, side by side.
fn check(kind: Kind, rows: &[(Act, Outcome)]) {
    thread::scope(|scope| {
        let running: Vec<_> = rows.iter().map(|(act, _)| scope.spawn(move || outcome(kind, act))).collect();
        for ((act, expected), outcome) in rows.iter().zip(running) {
            assert_eq!(&outcome.join().unwrap(), expected, "{act:?}");
        }
    });
}

/// OTLP, "OTLP/HTTP Response": 429, 502, 503 and 504 are tried again, and so is a request that got no answer; any other status
/// that is no success is final. A success is one whatever its body is.
#[test]
fn spans_are_tried_again_or_given_up_by_the_rules_of_otlp() {
    check(
        Kind::Otlp,
        &[
            (Act::Take, TAKEN),
            (Act::Partly(1), REJECTED),
            (Act::Answer(400), REJECTED),
            (Act::Answer(401), REJECTED),
            (Act::Answer(413), REJECTED),
            (Act::PauseInSeconds, TAKEN_AT_SECOND),
            (Act::PauseUntilDate, TAKEN_AT_SECOND),
            (Act::Answer(500), REJECTED),
            (Act::Answer(502), TAKEN_AT_SECOND),
            (Act::Answer(503), TAKEN_AT_SECOND),
            (Act::Answer(504), TAKEN_AT_SECOND),
            (Act::Close, TAKEN_AT_SECOND),
            (Act::Hang, TAKEN_AT_SECOND),
            (Act::Garbage, TAKEN),
            (Act::Flood, TAKEN),
        ],
    );
}

/// An item is tried again when the server is at fault or there is no answer, which its uuid makes harmless. A 200 that does not
/// name the item comes from something that stands in between: the item is counted as not taken.
#[test]
fn items_are_tried_again_or_given_up_by_the_answers_of_rollbar() {
    check(
        Kind::Rollbar,
        &[
            (Act::Take, TAKEN),
            (Act::Answer(400), REJECTED),
            (Act::Answer(401), REJECTED),
            (Act::Answer(413), REJECTED),
            (Act::Answer(422), REJECTED),
            (Act::PauseInSeconds, TAKEN_AT_SECOND),
            (Act::PauseUntilDate, TAKEN_AT_SECOND),
            (Act::Answer(500), TAKEN_AT_SECOND),
            (Act::Answer(502), TAKEN_AT_SECOND),
            (Act::Answer(503), TAKEN_AT_SECOND),
            (Act::Answer(504), TAKEN_AT_SECOND),
            (Act::Close, TAKEN_AT_SECOND),
            (Act::Hang, TAKEN_AT_SECOND),
            (Act::Garbage, REJECTED),
            (Act::Flood, REJECTED),
        ],
    );
}

/// An event is tried again unless AWS says that it will never take it. A success is one whatever its body is, because an event
/// that is put twice is there twice.
#[test]
fn log_events_are_tried_again_or_given_up_by_the_answers_of_cloudwatch() {
    check(
        Kind::CloudWatch,
        &[
            (Act::Take, TAKEN),
            (Act::Partly(1), REJECTED),
            (Act::Answer(400), REJECTED),
            (Act::Answer(401), REJECTED),
            (Act::Answer(413), REJECTED),
            (Act::PauseInSeconds, TAKEN_AT_SECOND),
            (Act::PauseUntilDate, TAKEN_AT_SECOND),
            (Act::Answer(500), TAKEN_AT_SECOND),
            (Act::Answer(502), TAKEN_AT_SECOND),
            (Act::Answer(503), TAKEN_AT_SECOND),
            (Act::Answer(504), TAKEN_AT_SECOND),
            (Act::Close, TAKEN_AT_SECOND),
            (Act::Hang, TAKEN_AT_SECOND),
            (Act::Garbage, TAKEN),
            (Act::Flood, TAKEN),
        ],
    );
}

#[test]
fn a_destination_that_refuses_connections_gets_everything_when_it_is_back() {
    for kind in Kind::ALL {
        let absent = callee::nobody();
        let data = tempfile::tempdir().unwrap();
        let mut service = users(data.path(), &[variables_of_one(kind, &absent)]);
        let address = service.address();
        make_one_of(kind, &address);
        eventually("failed delivery", || (!service.stderr().is_empty()).then_some(()));

        let destination = Faulty::start_on(&callee::free(&absent), &[Act::Take]);

        eventually("delivery", || (kind.account(&accounts(&address))["delivered"] == 1).then_some(()));
        assert_eq!(destination.taken().len(), 1, "nothing is lost and nothing doubled");
    }
}

/// The variables of all kinds of destinations at `address`.
fn all_kinds(address: &str) -> Variables {
    [Kind::Otlp, Kind::Rollbar, Kind::CloudWatch]
        .map(|kind| kind.variables(address))
        .into_iter()
        .flatten()
        .collect()
}

/// A service with all its destinations in the state `act`, some spans and an item, is told to stop.
fn stopped(act: Option<&Act>, folder: &Path, more: Variables) -> (Faulty, Ended) {
    let destination = Faulty::start(&[act.cloned().unwrap_or(Act::Take)]);
    let address = if act.is_some() { destination.address.clone() } else { callee::nobody() };
    // Building is no part of a start.
    let _ = path_of("users");
    let started = Instant::now();
    let mut service = users(folder, &[all_kinds(&address), more]);
    let root = service.address();
    assert!(started.elapsed() < START, "{act:?}: the start took {:?}", started.elapsed());
    for _ in 0..ITEMS {
        make_one(&root);
    }

    let asked = Instant::now();
    let ended = service.stop();

    assert!(ended.status.success(), "{act:?}: {:?}", ended.status);
    assert!(asked.elapsed() < PROMISE, "{act:?}: the end took {:?}", asked.elapsed());
    (destination, ended)
}

/// Spans, and items, that a service makes before it is told to stop.
const ITEMS: usize = 5;

#[test]
fn a_signal_ends_a_service_in_time_whatever_its_destinations_do_and_the_loss_is_told() {
    // Lost spans, lost reports, and whether log events are lost: all that there were, then.
    let (none, all) = ((0, 0, false), (ITEMS, ITEMS, true));
    let states = [
        (Some(Act::Take), none),
        (Some(Act::Answer(400)), all),
        (Some(Act::Answer(401)), all),
        (Some(Act::Answer(413)), all),
        (Some(Act::PauseInSeconds), all),
        (Some(Act::PauseUntilDate), all),
        (Some(Act::Answer(500)), all),
        (Some(Act::Answer(502)), all),
        (Some(Act::Answer(503)), all),
        (Some(Act::Answer(504)), all),
        (Some(Act::Close), all),
        (Some(Act::Hang), all),
        // A success for spans and log events, and no answer of Rollbar's.
        (Some(Act::Garbage), (0, ITEMS, false)),
        (Some(Act::Flood), (0, ITEMS, false)),
        (None, all),
    ];
    for (act, expected) in states {
        let data = tempfile::tempdir().unwrap();

        let (_, ended) = stopped(act.as_ref(), data.path(), Variables::new());

        let (spans, reports, log_events_too) = expected;
        let records = if log_events_too { ended.log_events().len() } else { 0 };
        let found = (ended.lost("spans"), ended.lost("reports"), ended.lost("records"));
        assert_eq!(found, (spans, reports, records), "{act:?}");
    }
}

/// `TELEMETRY_SPOOL`: what a destination has not refused is there for the next process.
#[test]
fn what_a_signal_leaves_unsent_is_sent_by_the_next_process_when_it_is_spooled() {
    let states = [Some(Act::Answer(503)), Some(Act::PauseInSeconds), Some(Act::Close), Some(Act::Hang), None];
    for act in states {
        let data = tempfile::tempdir().unwrap();
        let spool = || variables([("TELEMETRY_SPOOL", data.path().join("spool").display().to_string())]);

        let (_, ended) = stopped(act.as_ref(), data.path(), spool());
        let found = (ended.lost("spans"), ended.lost("reports"), ended.lost("records"));
        assert_eq!(found, (0, 0, 0), "{act:?}");

        let healthy = Faulty::start(&[Act::Take]);
        let mut next = users(data.path(), &[all_kinds(&healthy.address), spool()]);
        let address = next.address();
        eventually("delivery of what was spooled", || {
            let accounts = accounts(&address);
            let delivered = |kind: Kind| kind.account(&accounts)["delivered"] == ITEMS;
            let logs = Kind::CloudWatch.account(&accounts);
            let is_recovered = logs["recovered"] == ended.log_events().len() && logs["spooled"] == 0;
            (delivered(Kind::Otlp) && delivered(Kind::Rollbar) && is_recovered).then_some(())
        });
        let events = healthy.log_messages();
        for line in ended.log_events() {
            assert_eq!(events.iter().filter(|event| event == &line).count(), 1, "{act:?}: {line}");
        }
        let bodies = healthy.taken();
        let is_item = |body: &&Vec<u8>| {
            serde_json::from_slice::<Value>(body).is_ok_and(|body| body["data"].is_object())
        };
        let items = bodies.iter().filter(is_item).count();
        assert_eq!(items, ITEMS, "{act:?}: each once");
    }
}
