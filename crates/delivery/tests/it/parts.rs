//! Destinations, and patience.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use delivery::{Account, Destination, Outcome, Pipeline, Policy};

/// Small numbers, so that everything happens soon.
pub(crate) fn policy() -> Policy {
    Policy {
        batch_items: 10,
        batch_age: Duration::from_millis(5),
        backoff_first: Duration::from_millis(5),
        backoff_most: Duration::from_millis(20),
        ..Policy::default()
    }
}

/// Answers by a function of the number of the call, and keeps what it took.
pub(crate) struct Scripted<F> {
    script: F,
    calls: usize,
    taken: Arc<Mutex<Vec<u32>>>,
}

impl<F: FnMut(usize) -> Outcome + Send + 'static> Destination<u32> for Scripted<F> {
    fn deliver(&mut self, batch: &[Arc<u32>], _: Duration) -> Outcome {
        self.calls += 1;
        let outcome = (self.script)(self.calls - 1);
        if outcome == Outcome::Delivered {
            self.taken.lock().unwrap().extend(batch.iter().map(|item| **item));
        }
        outcome
    }
}

pub(crate) fn scripted(
    script: impl FnMut(usize) -> Outcome + Send + 'static,
) -> (impl Destination<u32>, Arc<Mutex<Vec<u32>>>) {
    let taken = Arc::default();
    (Scripted { script, calls: 0, taken: Arc::clone(&taken) }, taken)
}

/// Blocks until it is let go, whatever its limit says.
pub(crate) struct Stuck(Receiver<()>);

impl Destination<u32> for Stuck {
    fn deliver(&mut self, _: &[Arc<u32>], _: Duration) -> Outcome {
        let _ = self.0.recv();
        Outcome::Delivered
    }
}

pub(crate) fn stuck() -> (Stuck, Sender<()>) {
    let (let_go, wait) = channel();
    (Stuck(wait), let_go)
}

/// Waits for the account of the first destination.
pub(crate) fn eventually<T: Send + Sync + 'static>(pipeline: &Pipeline<T>, what: impl Fn(Account) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !what(pipeline.accounts()[0].1) {
        assert!(Instant::now() < deadline, "{}", pipeline.accounts()[0].1);
        std::thread::sleep(Duration::from_millis(1));
    }
}
