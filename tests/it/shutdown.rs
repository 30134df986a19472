//! A service that is told to stop loses nothing and takes no longer than 5 s.

use std::time::{Duration, Instant};

use integration_tests::callee::{self, Manner};
use integration_tests::process::{Process, Variables, variables};
use integration_tests::stack::{Stack, client};

/// However a destination or a callee behaves, a service is gone within this after the signal.
const PROMISE: Duration = Duration::from_secs(5);

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
    // Users hangs, so the request takes the client's time limit, which is shorter than that of requests in flight.
    let stack =
        integration_tests::stack::Changes { users: Some(callee::start(Manner::Hangs)), ..Default::default() };
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
        assert!(asked.elapsed() < PROMISE, "{destination}: {:?}", asked.elapsed());
    }
}

#[test]
fn callees_and_a_destination_that_all_hang_do_not_add_up() {
    let (notifications, told) = callee::start_recording(Manner::Hangs);
    let data = tempfile::tempdir().unwrap();
    let mut users = Process::start("users", &in_folder(&data, []));
    let around = [
        ("USERS_URL", users.address()),
        ("NOTIFICATIONS_URL", notifications),
        ("EXPLORER_URL", callee::start(Manner::Hangs)),
    ];
    let mut activities = Process::start("activities", &in_folder(&data, around));
    let address = activities.address();
    let activity = serde_json::json!({"message": "hello @worf", "ttl": "1-day"});
    let created = client().post(format!("{address}/api/activities")).json(&activity).send().unwrap();
    assert_eq!(created.status().as_u16(), 200);
    // Cut off or answered: either is in order here.
    let request = std::thread::spawn(move || client().get(format!("{address}/api/activities/home")).send());
    integration_tests::eventually("a request in flight beside a delivery", || {
        let told = told.lock().unwrap();
        let both = ["/api/notifications/events", "/api/notifications/unread_count"];
        both.iter().all(|path| told.iter().any(|head| head.contains(path))).then_some(())
    });

    let asked = Instant::now();
    let ended = activities.stop();

    assert!(ended.status.success(), "{:?}", ended.status);
    assert!(asked.elapsed() < PROMISE, "{:?}", asked.elapsed());
    drop(request.join());
}

/// The variables of a service with its data in `folder`.
fn in_folder<const N: usize>(folder: &tempfile::TempDir, more: [(&str, String); N]) -> Variables {
    let mut all =
        variables([("PORT", "0".to_owned()), ("CRUDDUR_DATA", folder.path().display().to_string())]);
    all.extend(variables(more));
    all
}
