//! One destination, or all, in a bad state while the others are healthy: the healthy ones lose nothing, requests do not notice, and
//! the service starts and stops in time.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use integration_tests::faulty::{Act, Faulty};
use integration_tests::process::{Ended, Process, Variables, path_of, variables};
use integration_tests::sink::Kind;
use integration_tests::stack::client;
use integration_tests::{callee, eventually};
use serde_json::Value;

/// A service is gone within this after the signal.
const PROMISE: Duration = Duration::from_secs(5);
/// And listens within this after its start, on a busy machine too.
const START: Duration = Duration::from_secs(3);

const REQUESTS: usize = 10;
const FAILURES: usize = 3;

/// The state of the destination of each kind: what it does, `None` for one that is down.
type States = [Option<Act>; 3];

/// A service and its destinations.
struct Running {
    service: Process,
    address: String,
    sinks: [Faulty; 3],
}

impl Running {
    fn start(folder: &Path, states: &States, more: Variables) -> Self {
        let sinks = states.clone().map(|act| Faulty::start(&[act.unwrap_or(Act::Take)]));
        let mut all = variables([
            ("PORT", "0".to_owned()),
            ("CRUDDUR_DATA", folder.display().to_string()),
            ("CRUDDUR_DEBUG_ROUTES", "1".to_owned()),
        ]);
        for ((kind, state), sink) in Kind::ALL.into_iter().zip(states).zip(&sinks) {
            let address = if state.is_some() { sink.address.clone() } else { callee::nobody() };
            all.extend(kind.variables(&address));
        }
        all.extend(more);
        // Building is no part of a start.
        let _ = path_of("users");
        let begun = Instant::now();
        let mut service = Process::start("users", &all);
        let address = service.address();
        assert!(begun.elapsed() < START, "{states:?}: the start took {:?}", begun.elapsed());
        Self { service, address, sinks }
    }

    fn ask(&self, path: &str) -> u16 {
        client().get(format!("{}{path}", self.address)).send().unwrap().status().as_u16()
    }

    /// Requests that succeed, and failures that somebody handles: each is a span and a line, each failure an item and a line more.
    fn work(&self) {
        for _ in 0..REQUESTS {
            assert_eq!(self.ask("/api/users/@londo"), 200);
        }
        for _ in 0..FAILURES {
            assert_eq!(self.ask("/rollbar/test?error=1"), 200);
        }
    }

    fn accounts(&self) -> Value {
        client().get(format!("{}/telemetry", self.address)).send().unwrap().json().unwrap()
    }

    fn stop(self) -> (Ended, [Faulty; 3]) {
        let asked = Instant::now();
        let ended = self.service.stop();
        assert!(ended.status.success(), "{:?}", ended.status);
        assert!(asked.elapsed() < PROMISE, "the end took {:?}", asked.elapsed());
        (ended, self.sinks)
    }
}

/// Holds what healthy destinations got against what there was: everything, once.
fn check(states: &States, ended: &Ended, sinks: &[Faulty; 3]) {
    let is_healthy = |kind: usize| states[kind] == Some(Act::Take);
    for (kind, lost) in ["spans", "reports", "records"].into_iter().enumerate() {
        assert!(!is_healthy(kind) || ended.lost(lost) == 0, "{states:?}: lost {lost}");
    }
    if is_healthy(0) {
        let ids = sinks[0].span_ids();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{states:?}");
        // A request to users is its own span and that of the query.
        assert!(ids.len() >= 2 * REQUESTS + FAILURES, "{states:?}: {}", ids.len());
    }
    if is_healthy(1) {
        assert_eq!(sinks[1].items().len(), FAILURES, "{states:?}");
    }
    if is_healthy(2) {
        let events = sinks[2].log_messages();
        let lines = ended.log_events();
        assert_eq!(events.iter().collect::<BTreeSet<_>>(), lines.iter().copied().collect(), "{states:?}");
        assert_eq!(events.len(), lines.len(), "{states:?}");
    }
}

#[test]
fn a_signal_loses_nothing_of_what_a_healthy_destination_can_take() {
    let (well, down, hangs) = (Some(Act::Take), None, Some(Act::Hang));
    for states in [
        [well.clone(), well.clone(), well.clone()],
        [down.clone(), well.clone(), well.clone()],
        [hangs.clone(), well.clone(), well.clone()],
        [well.clone(), well.clone(), hangs.clone()],
        [well.clone(), hangs.clone(), well.clone()],
        [hangs.clone(), hangs.clone(), hangs.clone()],
        [down.clone(), down.clone(), down],
    ] {
        let data = tempfile::tempdir().unwrap();
        let running = Running::start(data.path(), &states, Variables::new());

        running.work();
        let (ended, sinks) = running.stop();

        check(&states, &ended, &sinks);
    }
}

/// A process that is killed has no last moment; what waits is on disk when it is asked to be.
#[test]
fn a_killed_process_loses_nothing_that_was_spooled() {
    let data = tempfile::tempdir().unwrap();
    let spool = || variables([("TELEMETRY_SPOOL", data.path().join("spool").display().to_string())]);
    let down: States = [None, None, None];
    let running = Running::start(data.path(), &down, spool());
    running.work();
    let lines = eventually("all on disk", || {
        let accounts = running.accounts();
        let is_kept = |kind: Kind| {
            let account = kind.account(&accounts);
            account["pending"].as_u64() > Some(0) && account["spooled"] == account["pending"]
        };
        // The look itself is a line, too, which comes after it.
        Kind::ALL.into_iter().all(is_kept).then(|| running.service.stdout())
    });

    running.service.signal("KILL");
    let _ = running.service.wait();
    let next = Running::start(data.path(), &[const { Some(Act::Take) }; 3], spool());

    eventually("delivery of what was left", || {
        let accounts = next.accounts();
        let is_done = |kind: Kind| kind.account(&accounts)["spooled"] == 0;
        Kind::ALL.into_iter().all(is_done).then_some(())
    });
    let ids = next.sinks[0].span_ids();
    assert!(ids.len() >= 2 * REQUESTS + FAILURES, "{}", ids.len());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "none is there twice");
    assert_eq!(next.sinks[1].items().len(), FAILURES);
    let events = next.sinks[2].log_messages();
    for line in &lines {
        assert_eq!(events.iter().filter(|event| *event == line).count(), 1, "{line}");
    }
}

fn threads(process: &Process) -> usize {
    fs::read_dir(format!("/proc/{}/task", process.id())).unwrap().count()
}

/// Sixty requests and forty failures in each state: all are answered, by as many threads as before.
#[test]
fn requests_do_not_notice_what_destinations_do() {
    let (well, down, hangs) = (Some(Act::Take), None, Some(Act::Hang));
    let busy = Some(Act::Answer(429));
    let too_large = Some(Act::Answer(413));
    for states in [
        [down.clone(), well.clone(), well.clone()],
        [hangs.clone(), well.clone(), well.clone()],
        [busy.clone(), well.clone(), well.clone()],
        [well.clone(), down.clone(), well.clone()],
        [well.clone(), hangs.clone(), well.clone()],
        [well.clone(), busy.clone(), well.clone()],
        [well.clone(), too_large, well.clone()],
        [well.clone(), well.clone(), down.clone()],
        [well.clone(), well.clone(), hangs.clone()],
        [well.clone(), well.clone(), busy],
        [hangs.clone(), hangs.clone(), hangs],
        [down.clone(), down.clone(), down],
    ] {
        let data = tempfile::tempdir().unwrap();
        let running = Running::start(data.path(), &states, Variables::new());
        running.work();
        let before = threads(&running.service);

        for _ in 0..60 {
            assert_eq!(running.ask("/api/users/@londo"), 200, "{states:?}");
        }
        for _ in 0..40 {
            assert_eq!(running.ask("/rollbar/test?error=1"), 200, "{states:?}");
        }

        let after = threads(&running.service);
        // The system's resolver, and a pool that starts its last thread late, may be in between.
        assert!(after <= before + 2, "{states:?}: {before} threads, then {after}");
        let _ = running.stop();
    }
}
