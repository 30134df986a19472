//! No more items of a kind than a person can read.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::Report;

const MINUTE: Duration = Duration::from_mins(1);

/// Kinds that are told apart; those beyond share one limit.
const KINDS: usize = 1024;

/// Hands on so many reports of a kind in a minute. Those beyond are counted, and the last of them stands for all when the
/// minute is over: none is silently lost.
pub(super) struct Limiter {
    shared: Arc<Shared>,
}

struct Shared {
    a_minute: usize,
    state: Mutex<State>,
    changed: Condvar,
    sink: Box<dyn Fn(Report) + Send + Sync>,
}

#[derive(Default)]
struct State {
    windows: HashMap<String, Window>,
    ended: bool,
}

/// A minute of one kind.
struct Window {
    ends: Instant,
    sent: usize,
    /// The last one of those that were held back.
    held: Option<Report>,
    /// How many it stands for, itself included.
    count: u64,
}

impl Limiter {
    /// Hands reports to `sink`, which must not block.
    pub(super) fn start(a_minute: usize, sink: impl Fn(Report) + Send + Sync + 'static) -> Self {
        let sink = Box::new(sink);
        let shared = Arc::new(Shared { a_minute, state: Mutex::default(), changed: Condvar::new(), sink });
        let weak = Arc::downgrade(&shared);
        let started =
            std::thread::Builder::new().name("report-limiter".to_owned()).spawn(move || tend(&weak));
        if started.is_err() {
            // What is held back then goes with the next report of its kind, or at the end.
            crate::trouble::report("reports", "the system gives no thread to send counted reports in time");
        }
        Self { shared }
    }

    pub(super) fn take(&self, report: Report) {
        let now = Instant::now();
        let mut due = self.shared.over(now);
        let mut state = self.shared.lock();
        let kind = report.fingerprint();
        let kind = if state.windows.len() < KINDS || state.windows.contains_key(&kind) {
            kind
        } else {
            String::new()
        };
        let window = state.windows.entry(kind).or_insert_with(|| Window {
            ends: now + MINUTE,
            sent: 0,
            held: None,
            count: 0,
        });
        if window.sent < self.shared.a_minute {
            window.sent += 1;
            due.push(report);
        } else {
            window.count += 1;
            let is_first = window.held.replace(report).is_none();
            if is_first {
                self.shared.changed.notify_one();
            }
        }
        drop(state);
        self.shared.send(due);
    }

    /// Hands on everything that is held back, at once.
    pub(super) fn release(&self) {
        let windows = std::mem::take(&mut self.shared.lock().windows);
        self.shared.send(windows.into_values().filter_map(Window::merged));
    }
}

impl Drop for Limiter {
    fn drop(&mut self) {
        self.release();
        self.shared.lock().ended = true;
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, due: impl IntoIterator<Item = Report>) {
        for report in due {
            (self.sink)(report);
        }
    }

    /// Ends the minutes that are over, and answers what was held back in them.
    fn over(&self, now: Instant) -> Vec<Report> {
        let mut due = Vec::new();
        self.lock().windows.retain(|_, window| {
            let goes_on = now < window.ends;
            if !goes_on {
                due.extend(window.merge());
            }
            goes_on
        });
        due
    }
}

impl Window {
    fn merge(&mut self) -> Option<Report> {
        let held = self.held.take()?;
        Some(Report { merged: self.count - 1, ..held })
    }

    fn merged(mut self) -> Option<Report> {
        self.merge()
    }
}

/// Hands on what was held back when its minute is over.
fn tend(shared: &Weak<Shared>) {
    while let Some(shared) = shared.upgrade() {
        shared.send(shared.over(Instant::now()));
        let state = shared.lock();
        if state.ended {
            return;
        }
        let next =
            state.windows.values().filter(|window| window.held.is_some()).map(|window| window.ends).min();
        let wait = next.map_or(MINUTE, |ends| ends.saturating_duration_since(Instant::now()));
        drop(shared.changed.wait_timeout(state, wait));
    }
}
