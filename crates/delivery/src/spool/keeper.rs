//! The thread that does all the spool's reading and writing, so that neither an offer nor a delivery waits for the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::{Access, Journal, Spool};
use crate::queue::Queue;
use crate::worker::Shared;

/// Keeps the queue's items on disk until the pipeline is shut down.
pub(crate) fn keep<T: Send + Sync + 'static>(shared: &Shared<T>, spool: &Spool<T>, destination: &str) {
    let kept = catch_unwind(AssertUnwindSafe(|| {
        let mut journal = Journal::open(spool.clone(), destination, Instant::now());
        let mut more = true;
        while shared.await_changes(more, spool.delay, journal.due()) {
            more = journal.step(shared, Instant::now());
        }
        journal.close(shared, Instant::now());
    }));
    if kept.is_err() {
        (spool.warn)(&format!("The spool of {destination} failed, items wait in memory only"));
    }
    shared.end_keeping();
}

impl<T: Send + Sync + 'static> Access<T> for Shared<T> {
    fn with<R>(&self, what: impl FnOnce(&mut Queue<T>) -> R) -> R {
        self.with_queue(what)
    }

    fn wake(&self) {
        self.wake_worker();
    }
}
