//! Helpers of the whole-stack tests: the real binaries on free ports, and what the explorer knows of their traces.
//!
//! A helper panics when it cannot do its work: that is the test's report.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a panic is a test's report"
)]

pub mod callee;
pub mod faulty;
pub mod foreign;
pub mod process;
mod request;
pub mod sink;
pub mod stack;
pub mod trace;

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take to become true. Generous: a busy machine is no failure.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until the answer is there. Panics with `what` when it never is.
pub fn eventually<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what} did not happen within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
