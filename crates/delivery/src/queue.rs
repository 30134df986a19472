//! One destination's queue as a state machine: no thread, no clock, so that a test can walk it through any schedule.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use crate::account::{Account, Dropped};
use crate::backoff;
use crate::destination::Outcome;
use crate::policy::Policy;

/// What waits for one destination, and what became of everything before it.
pub(crate) struct Queue<T> {
    policy: Policy,
    waiting: VecDeque<Entry<T>>,
    waiting_bytes: usize,
    /// The batch that is on its way, or that waits to be sent again. Newer items stay behind it, in order.
    batch: Option<Batch<T>>,
    /// How many items have left for good. What is pending is numbered on from here, the oldest first: items leave in the
    /// order in which they came, so that one number tells the spool which of them are done.
    left: u64,
    /// How many batches were begun; tells a late answer to an abandoned batch from one to the current.
    generation: u64,
    account: Account,
    /// Set at shutdown: no more offers, and nothing waits for company.
    closed: bool,
}

struct Entry<T> {
    item: Arc<T>,
    bytes: usize,
    offered: Instant,
    /// The spool holds it too.
    on_disk: bool,
}

struct Batch<T> {
    entries: Vec<Entry<T>>,
    bytes: usize,
    begun: Instant,
    failures: u32,
    /// `None` while it is on its way.
    again_at: Option<Instant>,
    /// It was on its way at shutdown: whatever pause is asked for, it is tried once more.
    once_more: bool,
}

/// What a worker should do now.
pub(crate) enum Next<T> {
    /// Deliver this batch, and tell how it went under its number.
    Deliver(u64, Vec<Arc<T>>),
    /// Nothing before this time, unless something is offered.
    Wait(Instant),
    /// Nothing until something is offered.
    Idle,
    /// Nothing ever again.
    Finished,
}

/// How a delivery ended.
pub(crate) enum Conclusion {
    /// The destination answered.
    Answered(Outcome),
    /// The destination panicked.
    Panicked,
}

impl<T> Queue<T> {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            batch: None,
            left: 0,
            generation: 0,
            account: Account::default(),
            closed: false,
        }
    }

    pub(crate) fn account(&self) -> Account {
        self.account
    }

    /// Takes an item, or drops and counts it. Answers whether a worker that sleeps should look: the item is the first,
    /// or it fills a batch.
    pub(crate) fn offer(&mut self, item: Arc<T>, bytes: usize, now: Instant) -> bool {
        self.account.create();
        if let Some(reason) = self.refuses(bytes) {
            self.account.drop(1, reason);
            return false;
        }
        self.push(Entry { item, bytes, offered: now, on_disk: false })
    }

    fn push(&mut self, entry: Entry<T>) -> bool {
        let filled_before = self.has_full_batch();
        self.waiting_bytes += entry.bytes;
        self.waiting.push_back(entry);
        self.waiting.len() == 1 || (!filled_before && self.has_full_batch())
    }

    /// Items and bytes that are pending.
    fn load(&self) -> (usize, usize) {
        let (items, bytes) = self.batch.as_ref().map_or((0, 0), |batch| (batch.entries.len(), batch.bytes));
        (self.waiting.len() + items, self.waiting_bytes.saturating_add(bytes))
    }

    fn refuses(&self, bytes: usize) -> Option<Dropped> {
        let (items, total) = self.load();
        let (items, total) = (items + 1, total.saturating_add(bytes));
        if self.closed {
            Some(Dropped::Closed)
        } else if bytes > self.policy.batch_bytes {
            Some(Dropped::TooLarge)
        } else if items > self.policy.queue_items || total > self.policy.queue_bytes {
            Some(Dropped::Full)
        } else {
            None
        }
    }

    fn has_full_batch(&self) -> bool {
        self.waiting.len() >= self.policy.batch_items || self.waiting_bytes >= self.policy.batch_bytes
    }

    /// What there is to do at `now`.
    pub(crate) fn next(&mut self, now: Instant) -> Next<T> {
        if let Some(batch) = &mut self.batch {
            return match batch.again_at {
                Some(again) if again <= now => {
                    batch.again_at = None;
                    Next::Deliver(self.generation, batch.items())
                }
                Some(again) => Next::Wait(again),
                None => Next::Idle,
            };
        }
        let Some(first) = self.waiting.front() else {
            return if self.closed { Next::Finished } else { Next::Idle };
        };
        let ripe = first.offered + self.policy.batch_age;
        if self.closed || self.has_full_batch() || ripe <= now { self.begin(now) } else { Next::Wait(ripe) }
    }

    /// Takes the next batch off the front of what waits, which is not empty.
    fn begin(&mut self, now: Instant) -> Next<T> {
        let (mut entries, mut bytes) = (Vec::new(), 0);
        while let Some(entry) = self.waiting.front() {
            let fits = entries.len() < self.policy.batch_items.max(1)
                && bytes + entry.bytes <= self.policy.batch_bytes;
            if !entries.is_empty() && !fits {
                break;
            }
            let entry = self.waiting.pop_front().expect("the loop saw an entry at the front");
            bytes += entry.bytes;
            entries.push(entry);
        }
        self.waiting_bytes -= bytes;
        self.generation += 1;
        let batch = Batch { entries, bytes, begun: now, failures: 0, again_at: None, once_more: false };
        Next::Deliver(self.generation, self.batch.insert(batch).items())
    }

    /// Books how delivery number `generation` ended. An answer that comes after the batch was abandoned is ignored: it
    /// has been counted.
    pub(crate) fn conclude(&mut self, generation: u64, conclusion: &Conclusion, now: Instant, jitter: f64) {
        if generation != self.generation {
            return;
        }
        let Some(mut batch) = self.batch.take() else { return };
        let items = batch.entries.len() as u64;
        match conclusion {
            Conclusion::Answered(Outcome::Delivered) => self.account.deliver(items),
            Conclusion::Answered(Outcome::Partly { rejected }) => {
                let rejected = (*rejected as u64).min(items);
                self.account.drop(rejected, Dropped::Rejected);
                self.account.deliver(items - rejected);
            }
            Conclusion::Answered(Outcome::Rejected) => self.account.drop(items, Dropped::Rejected),
            Conclusion::Panicked => self.account.drop(items, Dropped::Panicked),
            Conclusion::Answered(Outcome::Retry { after }) => {
                batch.failures += 1;
                let pause = backoff::pause(&self.policy, batch.failures, *after, jitter);
                let again = if std::mem::take(&mut batch.once_more) { now } else { now + pause };
                if again.duration_since(batch.begun) > self.policy.give_up {
                    self.account.drop(items, Dropped::GaveUp);
                } else {
                    batch.again_at = Some(again);
                    self.batch = Some(batch);
                    return;
                }
            }
        }
        self.left += items;
        self.account.spooled -= on_disk(&batch.entries);
    }

    /// Takes no more offers, and sends what waits without waiting for company. A batch that failed is tried once more
    /// at once: there may be no later.
    pub(crate) fn close(&mut self, now: Instant) {
        self.closed = true;
        let Some(batch) = &mut self.batch else { return };
        match &mut batch.again_at {
            Some(again) => *again = now.min(*again),
            None => batch.once_more = true,
        }
    }

    /// Ends all. What is left is lost to the deadline, and counted so, but for what the spool holds: that stays pending.
    pub(crate) fn abandon(&mut self) {
        self.closed = true;
        let (left, _) = self.load();
        let waiting = std::mem::take(&mut self.waiting);
        let batch = self.batch.take().map(|batch| batch.entries).unwrap_or_default();
        let kept = on_disk(&batch) + on_disk(&waiting);
        self.waiting_bytes = 0;
        self.generation += 1;
        self.account.drop(left as u64 - kept, Dropped::Deadline);
    }
}

impl<T> Batch<T> {
    fn items(&self) -> Vec<Arc<T>> {
        self.entries.iter().map(|entry| Arc::clone(&entry.item)).collect()
    }
}

fn on_disk<'a, T: 'a>(entries: impl IntoIterator<Item = &'a Entry<T>>) -> u64 {
    entries.into_iter().filter(|entry| entry.on_disk).count() as u64
}

mod saved;
pub(crate) use saved::{Recovered, Unsaved};

#[cfg(test)]
mod tests;
