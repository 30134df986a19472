//! Brings back what earlier runs left, as far as it can be read.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::directory::Orphan;
use super::journal::{Access, Journal};
use super::record::Key;
use super::scan::{self, Found, Scan};
use super::segment::Segment;
use crate::queue::Recovered;

/// Items that are brought back at once, before new ones get their turn on the disk.
const CHUNK: usize = 1024;

/// A longer file is nobody's spool: one is at most 4 MiB long, or one item.
const LONGEST_FILE: u64 = 64 << 20;

/// A number in a damaged file must not overflow a sum.
const MOST_MISSING: u64 = u32::MAX as u64;

/// Files that earlier runs left and that are not read yet.
pub(super) struct Recovery<T> {
    orphans: VecDeque<Orphan>,
    reading: Option<Reading<T>>,
    /// Items and bytes that could not be read, until they are reported.
    lost: (u64, u64),
}

/// A file whose items go into the queue.
struct Reading<T> {
    segment: Segment,
    bytes: Vec<u8>,
    items: VecDeque<Found>,
    /// The first of the items, decoded, when the queue had no room for it.
    decoded: Option<Arc<T>>,
}

impl<T> Default for Recovery<T> {
    fn default() -> Self {
        Self::new(vec![])
    }
}

impl<T> Recovery<T> {
    pub(super) fn new(orphans: Vec<Orphan>) -> Self {
        Self { orphans: orphans.into(), reading: None, lost: (0, 0) }
    }

    pub(super) fn segment(&mut self) -> Option<&mut Segment> {
        self.reading.as_mut().map(|reading| &mut reading.segment)
    }

    /// Bytes of the files.
    pub(super) fn claims(&self) -> u64 {
        let reading = self.reading.as_ref().map_or(0, |reading| reading.segment.claims());
        reading + self.orphans.iter().map(|orphan| orphan.bytes).sum::<u64>()
    }
}

impl<T: 'static> Journal<T> {
    /// Brings back some items, as far as the queue has room. Answers whether there is more to do at once.
    pub(super) fn recover(&mut self, queue: &impl Access<T>, now: Instant) -> bool {
        let mut look = false;
        let mut more = true;
        for _ in 0..CHUNK {
            more = match self.recovery.reading.take() {
                Some(reading) => self.recover_one(reading, queue, now, &mut look),
                None => self.read_next(queue, now),
            };
            if !more {
                break;
            }
        }
        if look {
            queue.wake();
        }
        more
    }

    /// Hands the queue the next item of a file.
    fn recover_one(
        &mut self,
        mut reading: Reading<T>,
        queue: &impl Access<T>,
        now: Instant,
        look: &mut bool,
    ) -> bool {
        let Some(found) = reading.items.front().cloned() else {
            self.others.push(reading.segment);
            return true;
        };
        let decode = || self.spool.codec.decode(&reading.bytes[found.payload.clone()]).map(Arc::new);
        let decoded = reading.decoded.take();
        let decoded = decoded.or_else(|| catch_unwind(AssertUnwindSafe(decode)).ok().flatten());
        let Some(item) = decoded else {
            reading.items.pop_front();
            self.lose(&mut reading.segment, found.number..found.number + 1, queue, now);
            self.recovery.reading = Some(reading);
            return true;
        };
        let bytes = usize::try_from(found.size).unwrap_or(usize::MAX);
        let recovered = queue.with(|queue| queue.recover(&item, bytes, now));
        match recovered {
            Recovered::Later => reading.decoded = Some(item),
            Recovered::Dropped => {
                reading.items.pop_front();
                self.forget(&mut reading.segment, found.number..found.number + 1, now);
            }
            Recovered::Pending(number, worth_a_look) => {
                *look |= worth_a_look;
                reading.items.pop_front();
                reading.segment.adopt(number, found.number);
            }
        }
        self.recovery.reading = Some(reading);
        !matches!(recovered, Recovered::Later)
    }

    /// Opens the next file. Answers whether there was one.
    fn read_next(&mut self, queue: &impl Access<T>, now: Instant) -> bool {
        let Some(orphan) = self.recovery.orphans.pop_front() else {
            self.report_damage();
            return false;
        };
        let next = self.recovery.orphans.front().filter(|next| next.name.run == orphan.name.run);
        let next = next.map(|next| next.name.first);
        match self.open_file(orphan, next) {
            Ok(Some((mut segment, bytes, scan))) => {
                self.recovery.lost.1 += scan.damaged_bytes as u64;
                for missing in scan.missing {
                    self.lose(&mut segment, missing, queue, now);
                }
                let (items, decoded) = (scan.items.into(), None);
                self.recovery.reading = Some(Reading { segment, bytes, items, decoded });
            }
            Ok(None) => {}
            Err(error) => self.warn(&format!("has a file that is left as it is: {error}")),
        }
        true
    }

    fn open_file(&self, orphan: Orphan, next: Option<u64>) -> io::Result<Option<(Segment, Vec<u8>, Scan)>> {
        let Some((mut file, length)) = self.directory.claim(orphan.name)? else { return Ok(None) };
        let longest = self.spool.max_bytes.max(LONGEST_FILE);
        if length > longest {
            return Err(io::Error::other(format!("it is longer than {longest} bytes")));
        }
        let mut bytes = vec![];
        io::Read::read_to_end(&mut file, &mut bytes)?;
        let key = Key::from(orphan.name.run);
        let scan = scan::scan(&bytes, key, orphan.name.first, next);
        let segment = Segment::new(file, self.directory.file(orphan.name), key, length, scan.end);
        Ok(Some((segment, bytes, scan)))
    }

    /// Counts items that cannot be read. The file keeps a note of it first, so that no later run counts them again.
    fn lose(&mut self, segment: &mut Segment, numbers: Range<u64>, queue: &impl Access<T>, now: Instant) {
        let items = (numbers.end - numbers.start).min(MOST_MISSING);
        self.forget(segment, numbers, now);
        self.recovery.lost.0 += items;
        queue.with(|queue| queue.lose(items));
    }

    fn forget(&mut self, segment: &mut Segment, numbers: Range<u64>, now: Instant) {
        if let Err(error) = segment.forget(numbers.start, numbers.end - numbers.start) {
            self.fail(&error, now);
        }
    }

    /// Tells once how much could not be read.
    pub(super) fn report_damage(&mut self) {
        let (items, bytes) = mem::take(&mut self.recovery.lost);
        if items > 0 || bytes > 0 {
            self.warn(&format!(
                "was damaged: {items} items of an earlier run are lost, {bytes} bytes unreadable"
            ));
        }
    }
}
