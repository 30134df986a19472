//! A service that is told to stop loses nothing and takes no longer than 5 s.

use std::time::{Duration, Instant};

use integration_tests::callee::{self, Manner};
use integration_tests::process::{Process, variables};
use integration_tests::stack::{Stack, client};

#[test]
fn a_request_just_before_a_signal_leaves_its_whole_trace() {
    for signal in ["TERM", "INT"] {
        let mut stack = Stack::start();
        let response = stack.get("/api/activities/home");

        for service in [&mut stack.activities, &mut stack.users, &mut stack.notifications] {
            let process = service.take();
            process.signal(signal);
            let ended = process.wait();
            assert!(ended.status.success(), "{signal}: {:?}", ended.status);
        }

        let trace =
            stack.trace(&response, |trace| trace.has(&["activities>notifications", "activities>users"]));
        assert!(trace.is_connected(), "{trace}");
    }
}

#[test]
fn a_request_in_flight_is_answered_before_the_end() {
    // Users hangs, so the request takes the client's time limit; it must not be cut short by much less than that.
    let stack = integration_tests::stack::Changes {
        users: Some(callee::start(Manner::Hangs)),
        variables: variables([("CALLEE_TIMEOUT_MS", "1000".to_owned())]),
        ..Default::default()
    };
    let mut stack = Stack::start_with(&stack);
    let url = format!("{}/api/activities/home", stack.activities.address);
    let request = std::thread::spawn(move || client().get(url).send().unwrap());
    // The request has arrived when its callee has been asked: notifications has answered by then.
    integration_tests::eventually("request in flight", || {
        let traces: serde_json::Value = stack.explorer.get("/api/traces?limit=10").json().unwrap();
        (!traces["traces"].as_array().unwrap().is_empty()).then_some(())
    });

    let ended = stack.activities.take().stop();
    let response = request.join().unwrap();

    assert!(ended.status.success());
    assert_eq!(response.status().as_u16(), 200);
    let trace = stack.trace(&response, |trace| trace.is_connected() && trace.root().kind == "server");
    assert!(trace.spans.iter().any(|span| span.failed), "{trace}");
}

#[test]
fn a_destination_that_hangs_or_is_gone_does_not_hold_up_the_end() {
    for destination in [callee::start(Manner::Hangs), callee::nobody(), callee::start(Manner::Answers(503))] {
        let data = tempfile::tempdir().unwrap();
        let mut users = Process::start(
            "users",
            &variables([
                ("PORT", "0".to_owned()),
                ("CRUDDUR_DATA", data.path().display().to_string()),
                ("EXPLORER_URL", destination.clone()),
            ]),
        );
        let address = users.address();
        for _ in 0..20 {
            let response = client().get(format!("{address}/api/users/@londo")).send().unwrap();
            assert_eq!(response.status().as_u16(), 200, "no request waits for telemetry");
        }

        let asked = Instant::now();
        let ended = users.stop();

        assert!(ended.status.success(), "{:?}", ended.status);
        // The promise itself is a duration, with as much again for a busy machine.
        assert!(asked.elapsed() < Duration::from_secs(10), "{destination}: {:?}", asked.elapsed());
    }
}
