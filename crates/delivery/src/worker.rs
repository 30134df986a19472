//! The thread of one destination.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::backoff;
use crate::destination::Destination;
use crate::policy::Policy;
use crate::queue::{Conclusion, Next, Queue};

/// A queue that a worker and its offerers share.
pub(crate) struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    policy: Policy,
}

struct State<T> {
    queue: Queue<T>,
    /// Set at shutdown: nothing may take longer than this.
    deadline: Option<Instant>,
    finished: bool,
}

impl<T: Send + Sync + 'static> Shared<T> {
    pub(crate) fn new(policy: Policy) -> Self {
        let state = State { queue: Queue::new(policy), deadline: None, finished: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), policy }
    }

    /// A panic while the lock is held cannot leave the queue half changed: nothing in it calls foreign code.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn offer(&self, item: Arc<T>, bytes: usize) {
        let worth_a_look = self.lock().queue.offer(item, bytes, Instant::now());
        if worth_a_look {
            self.changed.notify_all();
        }
    }

    pub(crate) fn account(&self) -> Account {
        self.lock().queue.account()
    }

    /// Asks the worker to send what is left by `deadline`, and to end.
    pub(crate) fn close(&self, deadline: Instant) {
        let mut state = self.lock();
        state.queue.close(Instant::now());
        state.deadline = Some(deadline);
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until the worker has ended or `deadline` is over, and counts what is left then.
    pub(crate) fn finish(&self, deadline: Instant) -> Account {
        let mut state = self.lock();
        while !state.finished {
            let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
            else {
                break;
            };
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.queue.abandon();
        drop(state);
        self.changed.notify_all();
        self.account()
    }

    /// Delivers until the queue is finished.
    pub(crate) fn work(&self, destination: &mut dyn Destination<T>) {
        while let Some((generation, batch, limit)) = self.next_batch() {
            let delivery = catch_unwind(AssertUnwindSafe(|| destination.deliver(&batch, limit)));
            let conclusion = delivery.map_or(Conclusion::Panicked, Conclusion::Answered);
            self.lock().queue.conclude(generation, &conclusion, Instant::now(), backoff::jitter());
        }
        self.lock().finished = true;
        self.changed.notify_all();
    }

    /// Sleeps until there is a batch; `None` when there will be none.
    fn next_batch(&self) -> Option<(u64, Vec<Arc<T>>, Duration)> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            state = match state.queue.next(now) {
                Next::Deliver(generation, batch) => {
                    let left = state.deadline.map(|deadline| deadline.saturating_duration_since(now));
                    return Some((
                        generation,
                        batch,
                        left.unwrap_or(self.policy.timeout).min(self.policy.timeout),
                    ));
                }
                Next::Finished => return None,
                Next::Idle => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Next::Wait(until) => {
                    let pause = until.saturating_duration_since(now);
                    self.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}
