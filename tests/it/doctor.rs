//! `activities doctor`, as a person runs it.

use std::process::{Command, Output};

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
        ],
    );

    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("nothing listens there") && told.contains("DATABASE_URL"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}
