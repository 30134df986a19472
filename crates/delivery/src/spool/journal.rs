//! The files of one destination: what is written to them and when they go. No thread and no clock, so that a test can walk
//! it through any schedule.

use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::Spool;
use super::directory::{Directory, Name};
use super::record::{self, Key};
use super::recovery::Recovery;
use super::segment::Segment;
use crate::queue::{Queue, Unsaved};

/// Items that are taken from the queue at once: few, because those who offer wait for as long.
const CHUNK: usize = 256;

/// Pause after the disk failed.
const RETRY: Duration = Duration::from_secs(10);

/// How to get at the queue, for a moment.
pub(crate) trait Access<T> {
    /// Locks it.
    fn with<R>(&self, what: impl FnOnce(&mut Queue<T>) -> R) -> R;

    /// Tells the worker that there is something to deliver.
    fn wake(&self);
}

/// What one destination has on disk.
pub(crate) struct Journal<T> {
    pub(super) spool: Spool<T>,
    pub(super) directory: Directory,
    /// The destination's name, for people.
    destination: String,
    /// What the next file of this run is called; its `first` is the number of the next item.
    name: Name,
    /// The file that is written to.
    current: Option<Segment>,
    /// Others with pending items in them.
    pub(super) others: Vec<Segment>,
    pub(super) recovery: Recovery<T>,
    /// The queue's items below this number are in a file, or never will be.
    looked_below: u64,
    /// When the disk failed, until it is tried again.
    failed: Option<Instant>,
    warned_of_failure: bool,
    warned_of_room: bool,
    /// When the first item was written that the system was not yet asked to bring to the disk.
    dirty_since: Option<Instant>,
}

/// Records of some items, to be written at once.
#[derive(Default)]
struct Page {
    records: Vec<u8>,
    numbers: Vec<u64>,
    looked_below: u64,
    /// There was no room for the next item.
    full: bool,
}

impl<T: 'static> Journal<T> {
    /// Opens the directory of `destination`, and finds what earlier runs left there.
    pub(crate) fn open(spool: Spool<T>, destination: &str, now: Instant) -> Self {
        let directory = Directory::of(&spool.directory, destination);
        let mut journal = Self {
            spool,
            directory,
            destination: destination.to_owned(),
            name: Name::new(),
            current: None,
            others: vec![],
            recovery: Recovery::default(),
            looked_below: 0,
            failed: None,
            warned_of_failure: false,
            warned_of_room: false,
            dirty_since: None,
        };
        let orphans = journal.directory.create().and_then(|()| journal.directory.orphans());
        match orphans {
            Ok(orphans) => journal.recovery = Recovery::new(orphans),
            Err(error) => journal.fail(&error, now),
        }
        journal
    }

    /// Writes down what is done and what is new, and brings back what earlier runs left, as far as there is room. Answers
    /// whether there is more to do at once.
    pub(crate) fn step(&mut self, queue: &impl Access<T>, now: Instant) -> bool {
        self.acknowledge(queue, now);
        self.save(queue, now);
        let more = self.recover(queue, now);
        if self.dirty_since.is_some_and(|since| since + self.spool.sync <= now) {
            self.sync(now);
        }
        more
    }

    /// When [`step`](Self::step) has something to do though nothing happens in the queue.
    pub(crate) fn due(&self) -> Option<Instant> {
        let sync = self.dirty_since.map(|since| since + self.spool.sync);
        let again = self.failed.map(|failed| failed + RETRY);
        [sync, again].into_iter().flatten().min()
    }

    /// Writes down the last of it, ends the queue, and lets the files go.
    pub(crate) fn close(mut self, queue: &impl Access<T>, now: Instant) {
        self.failed = None;
        self.save(queue, now);
        queue.with(Queue::abandon);
        self.others.extend(self.current.take());
        self.acknowledge(queue, now);
        self.report_damage();
        self.sync(now);
    }

    // === What is done ===

    fn acknowledge(&mut self, queue: &impl Access<T>, now: Instant) {
        let done_below = queue.with(|queue| queue.done_below());
        if let Err(error) = self.advance(done_below) {
            self.fail(&error, now);
        }
    }

    fn advance(&mut self, done_below: u64) -> io::Result<()> {
        let mut outcome = Ok(());
        for segment in self.current.iter_mut().chain(&mut self.others).chain(self.recovery.segment()) {
            if segment.advance(done_below) {
                outcome = outcome.and(segment.acknowledge());
            }
        }
        // A file that grows on is worth keeping while it is short.
        let long = self.spool.file_bytes() / 2;
        let done = self.current.take_if(|current| current.is_done() && current.length() >= long);
        let others = self.others.extract_if(.., |segment| segment.is_done());
        for segment in others.chain(done) {
            outcome = outcome.and(segment.remove());
        }
        outcome
    }

    // === What is new ===

    fn save(&mut self, queue: &impl Access<T>, now: Instant) {
        if self.failed.is_some_and(|failed| now < failed + RETRY) {
            return;
        }
        self.failed = None;
        loop {
            let items = queue.with(|queue| queue.unsaved(self.looked_below, CHUNK));
            if items.is_empty() {
                return;
            }
            let page = self.page(&items);
            if let Err(error) = self.write(&page, now) {
                return self.fail(&error, now);
            }
            queue.with(|queue| queue.save(&page.numbers));
            self.looked_below = page.looked_below;
            if page.full {
                return self.warn_of_room();
            }
        }
    }

    /// Encodes as many of the items as there is room for and as one write should have.
    fn page(&self, items: &[Unsaved<T>]) -> Page {
        let mut page = Page { looked_below: self.looked_below, ..Page::default() };
        let room = self.spool.max_bytes.saturating_sub(self.claims());
        for item in items {
            let start = page.records.len();
            let encoded = self.encode(item, &mut page);
            let length = page.records.len();
            let total = claim(length, page.numbers.len() + 1);
            if encoded.is_none() || claim(length - start, 1) > self.spool.max_bytes {
                // It stays in memory only.
                page.records.truncate(start);
            } else if total > room || (start > 0 && length > self.spool.page_bytes()) {
                page.records.truncate(start);
                page.full = total > room;
                break;
            } else {
                page.numbers.push(item.number);
            }
            page.looked_below = item.number + 1;
        }
        page
    }

    /// Appends the item's record. `None` when the codec panicked, or gave more than a record can hold.
    fn encode(&self, item: &Unsaved<T>, page: &mut Page) -> Option<()> {
        let head = (self.name.first + page.numbers.len() as u64, item.bytes as u64);
        let mut payload = Vec::with_capacity(item.bytes.min(self.spool.page_bytes()));
        let encode = || self.spool.codec.encode(&item.item, &mut payload);
        catch_unwind(AssertUnwindSafe(encode)).ok()?;
        record::write_item(&mut page.records, Key::from(self.name.run), head, &payload)
    }

    fn write(&mut self, page: &Page, now: Instant) -> io::Result<()> {
        if page.numbers.is_empty() {
            return Ok(());
        }
        let length = page.records.len() as u64;
        let most = self.spool.file_bytes();
        self.others.extend(self.current.take_if(|current| current.length() + length > most));
        let current = match &mut self.current {
            Some(current) => current,
            none => {
                self.directory.create()?;
                let file = self.directory.create_file(self.name)?;
                let (path, key) = (self.directory.file(self.name), Key::from(self.name.run));
                none.insert(Segment::new(file, path, key, 0, self.name.first))
            }
        };
        current.append(&page.records, &page.numbers)?;
        self.name.first += page.numbers.len() as u64;
        self.dirty_since.get_or_insert(now);
        Ok(())
    }

    /// Bytes that are on disk, or may come by notes about what is there.
    fn claims(&self) -> u64 {
        let held = self.current.iter().chain(&self.others).map(Segment::claims).sum::<u64>();
        held + self.recovery.claims()
    }

    fn sync(&mut self, now: Instant) {
        self.dirty_since = None;
        let segments = self.current.iter_mut().chain(&mut self.others);
        let dirty: Vec<&mut Segment> = segments.filter(|segment| segment.is_dirty()).collect();
        if dirty.is_empty() {
            return;
        }
        let synced = dirty.into_iter().try_for_each(Segment::sync);
        if let Err(error) = synced.and_then(|()| self.directory.sync()) {
            self.fail(&error, now);
        }
    }

    // === What a person should know ===

    /// Notes that the disk failed. The pipeline goes on without it, and tries it again later, with a new file.
    pub(super) fn fail(&mut self, error: &io::Error, now: Instant) {
        self.failed = Some(now);
        self.others.extend(self.current.take());
        if !mem::replace(&mut self.warned_of_failure, true) {
            self.warn(&format!("cannot be used, items wait in memory only: {error}"));
        }
    }

    fn warn_of_room(&mut self) {
        if !mem::replace(&mut self.warned_of_room, true) {
            let most = self.spool.max_bytes;
            self.warn(&format!("is full ({most} bytes), further items wait in memory only"));
        }
    }

    pub(super) fn warn(&self, what: &str) {
        let path = self.directory.path().display();
        (self.spool.warn)(&format!("The spool of {} in {path} {what}", self.destination));
    }
}

/// What items take in a file, with the notes that may come about them.
fn claim(bytes: usize, items: usize) -> u64 {
    (bytes + (items + 1) * record::HEAD) as u64
}

#[cfg(test)]
mod tests;
