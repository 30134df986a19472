//! The thread of one destination.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::backoff;
use crate::destination::Destination;
use crate::policy::Policy;
use crate::queue::{Conclusion, Next, Queue};

/// The most of a shutdown's time that is kept for the spool to write down the rest.
const MOST_FOR_SPOOL: Duration = Duration::from_millis(250);

/// A queue that a worker, its offerers and perhaps a spool share.
pub(crate) struct Shared<T> {
    state: Mutex<State<T>>,
    /// For the worker, and for whoever waits for an end.
    changed: Condvar,
    /// For the spool.
    unsaved: Condvar,
    policy: Policy,
}

struct State<T> {
    queue: Queue<T>,
    /// Set at shutdown: no delivery may take longer than this.
    deadline: Option<Instant>,
    finished: bool,
    spool: Keeping,
}

/// What the spool's thread is at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeping {
    /// There is none, or it has ended.
    Ended,
    /// It sleeps until something changes.
    Idle,
    /// It is at work, or lets changes gather; nothing has changed since it looked.
    Busy,
    /// It has to look again.
    Wanted,
    /// It has to end.
    Ending,
}

impl<T> State<T> {
    /// Notes that there is something for the spool. Answers whether it sleeps.
    fn wants_spool(&mut self) -> bool {
        match self.spool {
            Keeping::Idle | Keeping::Busy => {
                std::mem::replace(&mut self.spool, Keeping::Wanted) == Keeping::Idle
            }
            _ => false,
        }
    }
}

impl<T: Send + Sync + 'static> Shared<T> {
    pub(crate) fn new(policy: Policy, has_spool: bool) -> Self {
        let spool = if has_spool { Keeping::Wanted } else { Keeping::Ended };
        let state = State { queue: Queue::new(policy), deadline: None, finished: false, spool };
        Self { state: Mutex::new(state), changed: Condvar::new(), unsaved: Condvar::new(), policy }
    }

    /// A panic while the lock is held cannot leave the queue half changed: what foreign code it may call, an item's drop,
    /// comes last.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn offer(&self, item: Arc<T>, bytes: usize) {
        let mut state = self.lock();
        let worth_a_look = state.queue.offer(item, bytes, Instant::now());
        let wake_spool = state.wants_spool();
        drop(state);
        if worth_a_look {
            self.changed.notify_all();
        }
        if wake_spool {
            self.unsaved.notify_all();
        }
    }

    pub(crate) fn account(&self) -> Account {
        self.lock().queue.account()
    }

    // === The end ===

    /// Asks the worker to send what is left by `deadline`, and to end; a little earlier where a spool has to write down
    /// what was not sent.
    pub(crate) fn close(&self, now: Instant, deadline: Instant) {
        let mut state = self.lock();
        state.queue.close(now);
        let limit = deadline.saturating_duration_since(now);
        let for_spool = match state.spool {
            Keeping::Ended => Duration::ZERO,
            _ => (limit / 4).min(MOST_FOR_SPOOL),
        };
        state.deadline = Some(now + limit.saturating_sub(for_spool));
        state.wants_spool();
        drop(state);
        self.changed.notify_all();
        self.unsaved.notify_all();
    }

    /// Waits until the worker and the spool have ended or `deadline` is over, and counts what is left then.
    pub(crate) fn finish(&self, deadline: Instant) -> Account {
        let state = self.lock();
        let delivered_by = state.deadline.unwrap_or(deadline);
        let mut state = self.wait_for(state, delivered_by, |state| state.finished);
        if state.spool != Keeping::Ended {
            state.spool = Keeping::Ending;
            self.unsaved.notify_all();
            state = self.wait_for(state, deadline, |state| state.spool == Keeping::Ended);
        }
        state.queue.abandon();
        drop(state);
        self.changed.notify_all();
        self.account()
    }

    fn wait_for<'a>(
        &self,
        mut state: MutexGuard<'a, State<T>>,
        deadline: Instant,
        what: impl Fn(&State<T>) -> bool,
    ) -> MutexGuard<'a, State<T>> {
        while !what(&state) && Instant::now() < deadline {
            state = wait(&self.changed, state, Some(deadline));
        }
        state
    }

    // === The worker ===

    /// Delivers until the queue is finished, whatever panics.
    pub(crate) fn work(&self, destination: &mut dyn Destination<T>) {
        // An item's own drop may panic, too, when the last copy of it goes.
        while catch_unwind(AssertUnwindSafe(|| self.deliver_all(destination))).is_err() {}
        self.lock().finished = true;
        self.changed.notify_all();
    }

    fn deliver_all(&self, destination: &mut dyn Destination<T>) {
        while let Some((generation, batch, limit)) = self.next_batch() {
            let delivery = catch_unwind(AssertUnwindSafe(|| destination.deliver(&batch, limit)));
            let conclusion = delivery.map_or(Conclusion::Panicked, Conclusion::Answered);
            let mut state = self.lock();
            state.queue.conclude(generation, &conclusion, Instant::now(), backoff::jitter());
            let wake_spool = state.wants_spool();
            drop(state);
            if wake_spool {
                self.unsaved.notify_all();
            }
        }
    }

    /// Sleeps until there is a batch; `None` when there will be none.
    fn next_batch(&self) -> Option<(u64, Vec<Arc<T>>, Duration)> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let until = match state.queue.next(now) {
                Next::Deliver(generation, batch) => {
                    let left = state.deadline.map(|deadline| deadline.saturating_duration_since(now));
                    let limit = left.unwrap_or(self.policy.timeout).min(self.policy.timeout);
                    return Some((generation, batch, limit));
                }
                Next::Finished => return None,
                Next::Idle => None,
                Next::Wait(until) => Some(until),
            };
            state = wait(&self.changed, state, until);
        }
    }

    // === The spool ===

    pub(crate) fn with_queue<R>(&self, what: impl FnOnce(&mut Queue<T>) -> R) -> R {
        what(&mut self.lock().queue)
    }

    pub(crate) fn wake_worker(&self) {
        self.changed.notify_all();
    }

    /// Sleeps until something changed, or until `due`, and then for `delay`, so that changes gather; not at all when the
    /// spool has `more` to do. `false` when it has to end.
    pub(crate) fn await_changes(&self, more: bool, delay: Duration, due: Option<Instant>) -> bool {
        let mut state = self.lock();
        if state.spool == Keeping::Busy && !more {
            state.spool = Keeping::Idle;
        }
        while state.spool == Keeping::Idle && due.is_none_or(|due| Instant::now() < due) {
            state = wait(&self.unsaved, state, due);
        }
        let gathered = Instant::now() + delay;
        while !more && state.spool == Keeping::Wanted && state.deadline.is_none() && Instant::now() < gathered
        {
            state = wait(&self.unsaved, state, Some(gathered));
        }
        if state.spool == Keeping::Ending {
            return false;
        }
        state.spool = Keeping::Busy;
        true
    }

    /// Notes that the spool has ended.
    pub(crate) fn end_keeping(&self) {
        self.lock().spool = Keeping::Ended;
        self.changed.notify_all();
    }
}

fn wait<'a, S>(on: &Condvar, state: MutexGuard<'a, S>, until: Option<Instant>) -> MutexGuard<'a, S> {
    let Some(until) = until else { return on.wait(state).unwrap_or_else(PoisonError::into_inner) };
    let pause = until.saturating_duration_since(Instant::now());
    on.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0
}
