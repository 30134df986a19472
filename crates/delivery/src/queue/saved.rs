//! What the spool asks of a queue.

use std::sync::Arc;
use std::time::Instant;

use super::{Entry, Queue};
use crate::account::Dropped;

/// A pending item that is in memory only.
pub(crate) struct Unsaved<T> {
    pub(crate) number: u64,
    pub(crate) item: Arc<T>,
    pub(crate) bytes: usize,
}

/// What became of an item from the spool.
pub(crate) enum Recovered {
    /// It is pending under this number; `true` asks for a worker's look.
    Pending(u64, bool),
    /// There is no room now.
    Later,
    /// No batch can hold it: it is dropped and counted.
    Dropped,
}

impl<T> Queue<T> {
    /// Items below this number are delivered or dropped.
    pub(crate) fn done_below(&self) -> u64 {
        self.left
    }

    /// The pending items from number `from` on that are not on disk, `most` at the most, the oldest first.
    pub(crate) fn unsaved(&self, from: u64, most: usize) -> Vec<Unsaved<T>> {
        let from = from.max(self.left);
        let skipped = usize::try_from(from - self.left).unwrap_or(usize::MAX);
        let on_way = self.batch.as_ref().map_or(&[][..], |batch| &batch.entries);
        let first_waiting = skipped.saturating_sub(on_way.len()).min(self.waiting.len());
        let entries = on_way.iter().skip(skipped).chain(self.waiting.range(first_waiting..));
        let unsaved = (from..).zip(entries).filter(|(_, entry)| !entry.on_disk);
        unsaved
            .map(|(number, Entry { item, bytes, .. })| Unsaved {
                number,
                item: Arc::clone(item),
                bytes: *bytes,
            })
            .take(most)
            .collect()
    }

    /// Notes that what is still pending of these numbers is on disk.
    pub(crate) fn save(&mut self, numbers: &[u64]) {
        let on_way = self.batch.as_mut().map_or(&mut [][..], |batch| &mut batch.entries);
        for number in numbers {
            let Some(place) = number.checked_sub(self.left) else { continue };
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            let entry = match place.checked_sub(on_way.len()) {
                None => &mut on_way[place],
                Some(place) if place < self.waiting.len() => &mut self.waiting[place],
                Some(_) => continue,
            };
            self.account.spooled += u64::from(!entry.on_disk);
            entry.on_disk = true;
        }
    }

    /// Takes an item that is on disk since an earlier run, if there is room: at most half of the queue is for those, or
    /// they would push out what is new.
    pub(crate) fn recover(&mut self, item: &Arc<T>, bytes: usize, now: Instant) -> Recovered {
        let (items, total) = self.load();
        let half_full = items + 1 > self.policy.queue_items / 2
            || total.saturating_add(bytes) > self.policy.queue_bytes / 2;
        if self.closed || (half_full && items > 0) {
            return Recovered::Later;
        }
        self.account.recover(1);
        if bytes > self.policy.batch_bytes.min(self.policy.queue_bytes) || self.policy.queue_items == 0 {
            self.account.drop(1, Dropped::TooLarge);
            return Recovered::Dropped;
        }
        self.account.spooled += 1;
        let look = self.push(Entry { item: Arc::clone(item), bytes, offered: now, on_disk: true });
        Recovered::Pending(self.left + items as u64, look)
    }

    /// Counts items that an earlier run left and that cannot be read.
    pub(crate) fn lose(&mut self, items: u64) {
        self.account.recover(items);
        self.account.drop(items, Dropped::Damaged);
    }
}
