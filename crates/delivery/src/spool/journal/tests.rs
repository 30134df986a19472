//! Any schedule of offers, deliveries, restarts, crashes and damage, against what must always hold.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::account::{Account, Dropped};
use crate::destination::Outcome;
use crate::policy::Policy;
use crate::queue::{Conclusion, Next};
use crate::spool::Codec;

const POLICY: Policy = Policy {
    queue_items: 12,
    queue_bytes: 20_000,
    batch_items: 4,
    batch_bytes: 6_000,
    batch_age: Duration::from_millis(100),
    timeout: Duration::from_secs(1),
    backoff_first: Duration::from_millis(50),
    backoff_most: Duration::from_millis(400),
    give_up: Duration::from_secs(2),
};

/// A directory in memory, where there is such a thing: it is about what is in the files, not about the disk.
fn temporary() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Little enough to be full now and then; four files at least.
const MAX_BYTES: u64 = 16 << 10;

/// A number, and as many bytes more as the item is said to have.
struct Padded;

impl Codec<(u64, usize)> for Padded {
    fn encode(&self, (id, bytes): &(u64, usize), out: &mut Vec<u8>) {
        out.extend_from_slice(&id.to_le_bytes());
        out.resize(out.len() + bytes, 0xAA);
    }

    fn decode(&self, bytes: &[u8]) -> Option<(u64, usize)> {
        let (id, rest) = bytes.split_first_chunk()?;
        Some((u64::from_le_bytes(*id), rest.len()))
    }
}

impl Access<(u64, usize)> for RefCell<Queue<(u64, usize)>> {
    fn with<R>(&self, what: impl FnOnce(&mut Queue<(u64, usize)>) -> R) -> R {
        what(&mut self.borrow_mut())
    }

    fn wake(&self) {}
}

#[derive(Debug, Clone)]
enum Step {
    Offer { bytes: usize },
    Pass { millis: u64 },
    Answer(Answer),
    Keep,
    Shutdown,
    Crash,
    Damage(Vec<Damage>),
}

#[derive(Debug, Clone)]
enum Answer {
    Delivered,
    Partly(usize),
    Retry,
    Rejected,
    Panicked,
}

/// What happens to one file; the places are in 65,536ths of the files and of their bytes.
#[derive(Debug, Clone)]
enum Damage {
    Flip { file: u16, at: u16, mask: u8 },
    Fill { file: u16, at: u16, length: usize, byte: u8 },
    Cut { file: u16, at: u16 },
    Add { file: u16, bytes: Vec<u8> },
}

fn step() -> impl Strategy<Value = Step> {
    let answer = prop_oneof![
        4 => Just(Answer::Delivered),
        1 => (0usize..6).prop_map(Answer::Partly),
        4 => Just(Answer::Retry),
        1 => Just(Answer::Rejected),
        1 => Just(Answer::Panicked),
    ];
    prop_oneof![
        12 => (1usize..2_500).prop_map(|bytes| Step::Offer { bytes }),
        3 => (0u64..300).prop_map(|millis| Step::Pass { millis }),
        5 => answer.prop_map(Step::Answer),
        8 => Just(Step::Keep),
        1 => Just(Step::Shutdown),
        1 => Just(Step::Crash),
        1 => proptest::collection::vec(damage(), 1..4).prop_map(Step::Damage),
    ]
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = || (any::<u16>(), any::<u16>());
    let bytes = proptest::collection::vec(any::<u8>(), 1..100);
    prop_oneof![
        3 => (place(), 1u8..).prop_map(|((file, at), mask)| Damage::Flip { file, at, mask }),
        1 => (place(), 1usize..3_000, any::<u8>())
            .prop_map(|((file, at), length, byte)| Damage::Fill { file, at, length, byte }),
        1 => place().prop_map(|(file, at)| Damage::Cut { file, at }),
        1 => (any::<u16>(), bytes).prop_map(|(file, bytes)| Damage::Add { file, bytes }),
    ]
}

/// One destination over several lives of its process.
struct World {
    directory: TempDir,
    now: Instant,
    process: Option<Process>,
    next_id: u64,
    /// Delivered, refused or given up, in any life.
    settled: HashSet<u64>,
    /// Settled, but perhaps not known on disk, so that they may come again.
    may_repeat: HashSet<u64>,
    /// What a life that has ended left on disk, and no later one settled.
    left: HashSet<u64>,
    damaged: u64,
    harm: Harm,
}

/// What the schedule did to the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Harm {
    None,
    OneByte,
    Bytes,
    /// Whole records may be gone without a trace.
    Cut,
}

/// One life.
struct Process {
    queue: RefCell<Queue<(u64, usize)>>,
    journal: Journal<(u64, usize)>,
    offered: u64,
    /// Accepted and not settled.
    pending: HashSet<u64>,
    /// Settled since the journal was last told.
    untold: HashSet<u64>,
    on_way: Option<(u64, Vec<u64>)>,
}

impl Process {
    fn start(directory: &TempDir, now: Instant) -> Self {
        let spool = Spool::new(directory.path(), Padded).max_bytes(MAX_BYTES).on_warning(|_| {});
        // Nothing here is about what is left when the machine stops.
        let journal = Journal::open(spool.sync_every(Duration::from_hours(1000)), "it", now);
        let (pending, untold) = (HashSet::new(), HashSet::new());
        Self { queue: Queue::new(POLICY).into(), journal, offered: 0, pending, untold, on_way: None }
    }

    fn account(&self) -> Account {
        self.queue.borrow().account()
    }

    /// Pending items that are in memory only.
    fn unsaved(&self) -> HashSet<u64> {
        self.queue.borrow().unsaved(0, usize::MAX).iter().map(|unsaved| unsaved.item.0).collect()
    }
}

impl World {
    fn new() -> Self {
        let (directory, now) = (temporary(), Instant::now());
        let process = Some(Process::start(&directory, now));
        let (settled, may_repeat, left) = Default::default();
        Self { directory, now, process, next_id: 0, settled, may_repeat, left, damaged: 0, harm: Harm::None }
    }

    fn process(&mut self) -> &mut Process {
        self.process.as_mut().unwrap()
    }

    fn walk(&mut self, step: &Step) {
        match step {
            Step::Offer { bytes } => self.offer(*bytes),
            Step::Pass { millis } => self.now += Duration::from_millis(*millis),
            Step::Answer(answer) => self.answer(answer),
            Step::Keep => self.keep(),
            Step::Shutdown => self.shut_down(),
            Step::Crash => self.crash(&[]),
            Step::Damage(harm) => self.crash(harm),
        }
        self.look();
        self.check();
    }

    fn offer(&mut self, bytes: usize) {
        let (id, now) = (self.next_id, self.now);
        self.next_id += 1;
        let process = self.process();
        let before = process.account().pending;
        process.queue.borrow_mut().offer(Arc::new((id, bytes)), bytes, now);
        process.offered += 1;
        if process.account().pending > before {
            process.pending.insert(id);
        }
    }

    /// Does what the worker would: takes a batch if there is one.
    fn look(&mut self) {
        let now = self.now;
        let process = self.process();
        if process.on_way.is_none()
            && let Next::Deliver(generation, batch) = process.queue.borrow_mut().next(now)
        {
            process.on_way = Some((generation, batch.iter().map(|item| item.0).collect()));
        }
    }

    fn answer(&mut self, answer: &Answer) {
        let Some((generation, ids)) = self.process().on_way.take() else { return };
        let conclusion = match answer {
            Answer::Panicked => Conclusion::Panicked,
            Answer::Rejected => Conclusion::Answered(Outcome::Rejected),
            Answer::Partly(rejected) => Conclusion::Answered(Outcome::Partly { rejected: *rejected }),
            Answer::Delivered => Conclusion::Answered(Outcome::Delivered),
            Answer::Retry => Conclusion::Answered(Outcome::Retry { after: None }),
        };
        let now = self.now;
        let process = self.process();
        let before = process.account().pending;
        process.queue.borrow_mut().conclude(generation, &conclusion, now, 0.5);
        if process.account().pending == before {
            return;
        }
        for id in ids {
            let first = self.settled.insert(id);
            assert!(first || self.may_repeat.contains(&id), "{id} comes twice without a reason");
            self.process().pending.remove(&id);
            self.process().untold.insert(id);
            self.left.remove(&id);
        }
    }

    fn keep(&mut self) {
        let now = self.now;
        let process = self.process();
        while process.journal.step(&process.queue, now) {}
        self.process().untold.clear();
        let entries = fs::read_dir(self.directory.path().join("it")).unwrap();
        let bytes: u64 = entries.map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        let notes = if self.harm == Harm::None { 0 } else { 4 << 10 };
        assert!(bytes <= MAX_BYTES + notes, "{bytes} bytes on disk");
    }

    fn shut_down(&mut self) {
        self.keep();
        let unsaved = self.process().unsaved();
        let pending = self.process().pending.clone();
        self.left.extend(pending.difference(&unsaved));
        let before = self.process().account();
        let process = self.end();
        process.journal.close(&process.queue, self.now);
        let account = process.queue.borrow().account();
        assert_eq!(account.dropped_by(Dropped::Deadline), unsaved.len() as u64);
        assert_eq!((account.pending, account.spooled), (before.spooled, before.spooled));
        self.process = Some(Process::start(&self.directory, self.now));
    }

    fn crash(&mut self, harm: &[Damage]) {
        let unsaved = self.process().unsaved();
        let process = self.end();
        self.left.extend(process.pending.difference(&unsaved));
        self.may_repeat.extend(&process.untold);
        drop(process);
        for damage in harm {
            self.damage(damage);
        }
        self.process = Some(Process::start(&self.directory, self.now));
    }

    fn end(&mut self) -> Process {
        let process = self.process.take().unwrap();
        self.damaged += process.account().dropped_by(Dropped::Damaged);
        process
    }

    fn damage(&mut self, damage: &Damage) {
        let (Damage::Flip { file, .. }
        | Damage::Fill { file, .. }
        | Damage::Cut { file, .. }
        | Damage::Add { file, .. }) = damage;
        let mut files: Vec<_> = fs::read_dir(self.directory.path().join("it")).unwrap().collect();
        files.sort_by_key(|file| file.as_ref().unwrap().file_name());
        let part = |of: usize, place: u16| of * usize::from(place) / 65_536;
        let Some(Ok(file)) = files.get(part(files.len(), *file)) else { return };
        let mut bytes = fs::read(file.path()).unwrap();
        let (length, harm) = (bytes.len(), self.harm);
        match damage {
            Damage::Flip { at, mask, .. } if length > 0 => {
                bytes[part(length, *at)] ^= mask;
                self.harm = if harm == Harm::None { Harm::OneByte } else { harm.max(Harm::Bytes) };
            }
            Damage::Fill { at, length: filled, byte, .. } => {
                let at = part(length, *at);
                bytes[at..length.min(at + filled)].fill(*byte);
                self.harm = harm.max(Harm::Bytes);
            }
            Damage::Cut { at, .. } => {
                bytes.truncate(part(length, *at));
                self.harm = Harm::Cut;
            }
            Damage::Add { bytes: more, .. } => {
                bytes.extend(more);
                self.harm = harm.max(Harm::Bytes);
            }
            Damage::Flip { .. } => {}
        }
        fs::write(file.path(), bytes).unwrap();
        // The notes of what is done may be hit.
        self.may_repeat.extend(&self.settled);
    }

    fn check(&mut self) {
        let process = self.process();
        let account = process.account();
        assert_eq!(account.created, account.delivered + account.dropped() + account.pending, "{account}");
        assert_eq!(account.created, process.offered + account.recovered, "{account}");
        assert!(account.spooled <= account.pending, "{account}");
        assert_eq!(account.pending - account.spooled, process.unsaved().len() as u64, "{account}");
    }

    /// Lets a healthy destination have everything.
    fn drain(&mut self) {
        self.shut_down();
        for _ in 0..60 {
            self.walk(&Step::Keep);
            self.walk(&Step::Answer(Answer::Delivered));
            self.walk(&Step::Pass { millis: 500 });
        }
        assert_eq!(self.process().account().pending, 0);
        self.shut_down();
        assert_eq!(fs::read_dir(self.directory.path().join("it")).unwrap().count(), 0, "nothing is left");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12_000))]

    #[test]
    fn nothing_is_lost_or_doubled_in_silence(steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            world.walk(step);
        }
        world.drain();

        let lost = world.left.len() as u64;
        match world.harm {
            Harm::None => prop_assert_eq!((lost, world.damaged), (0, 0)),
            Harm::OneByte => prop_assert!(lost <= world.damaged, "{} lost, {} counted", lost, world.damaged),
            Harm::Bytes => prop_assert!(lost == 0 || world.damaged > 0, "{} lost in silence", lost),
            Harm::Cut => {}
        }
    }
}

/// A file that takes nothing, as on a full disk. The path is that of another, because the journal removes files.
#[cfg(target_os = "linux")]
fn full_disk(name: Name, directory: &TempDir) -> Segment {
    let file = fs::OpenOptions::new().append(true).open("/dev/full").unwrap();
    let path = directory.path().join("stand-in");
    fs::write(&path, "").unwrap();
    Segment::new(file, path, Key::from(name.run), 0, 0)
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_once_and_tried_again() {
    let (directory, now) = (temporary(), Instant::now());
    let warnings = Arc::new(std::sync::Mutex::new(vec![]));
    let tell = Arc::clone(&warnings);
    let spool = Spool::new(directory.path(), Padded)
        .on_warning(move |warning| tell.lock().unwrap().push(warning.to_owned()));
    let mut journal = Journal::open(spool, "it", now);
    let queue = RefCell::new(Queue::new(POLICY));
    (0..3).for_each(|id| {
        queue.borrow_mut().offer(Arc::new((id, 10)), 10, now);
    });

    journal.current = Some(full_disk(journal.name, &directory));
    journal.step(&queue, now);
    assert_eq!(queue.borrow().account().spooled, 0);
    journal.step(&queue, now + RETRY / 2);
    assert_eq!(queue.borrow().account().spooled, 0, "not yet");
    assert_eq!(journal.due(), Some(now + RETRY));
    journal.step(&queue, now + RETRY);
    assert_eq!(queue.borrow().account().spooled, 3, "there is room again");

    let warnings = warnings.lock().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("No space left on device"), "{warnings:?}");
    drop(journal);
    let again = Process::start(&directory, now);
    let Process { mut journal, queue, .. } = again;
    journal.step(&queue, now);
    assert_eq!(queue.borrow().account().recovered, 3);
}

/// Panics at odd numbers, in the middle of its work.
struct Odd;

impl Codec<(u64, usize)> for Odd {
    fn encode(&self, item: &(u64, usize), out: &mut Vec<u8>) {
        out.push(1);
        assert!(item.0.is_multiple_of(2), "cannot be written");
        Padded.encode(item, out);
    }

    fn decode(&self, bytes: &[u8]) -> Option<(u64, usize)> {
        Padded.decode(bytes.get(1..)?)
    }
}

#[test]
fn a_codec_that_panics_costs_an_item_its_place_on_disk_only() {
    let (directory, now) = (temporary(), Instant::now());
    let mut journal = Journal::open(Spool::new(directory.path(), Odd), "it", now);
    let queue = RefCell::new(Queue::new(POLICY));
    (0..6).for_each(|id| {
        queue.borrow_mut().offer(Arc::new((id, 10)), 10, now);
    });

    journal.step(&queue, now);
    assert_eq!((queue.borrow().account().pending, queue.borrow().account().spooled), (6, 3));
    journal.close(&queue, now);
    assert_eq!(queue.borrow().account().dropped_by(Dropped::Deadline), 3);

    let queue = RefCell::new(Queue::new(POLICY));
    Journal::open(Spool::new(directory.path(), Odd), "it", now).step(&queue, now);
    assert_eq!((queue.borrow().account().recovered, queue.borrow().account().dropped()), (3, 0));
}

#[test]
fn an_item_that_is_longer_than_the_spool_does_not_hold_up_the_others() {
    let (directory, now) = (temporary(), Instant::now());
    let spool =
        Spool::new(directory.path(), Padded).max_bytes(4 << 10).on_warning(|warning| panic!("{warning}"));
    let mut journal = Journal::open(spool, "it", now);
    let queue = RefCell::new(Queue::new(POLICY));
    for bytes in [10, 5_000, 10] {
        queue.borrow_mut().offer(Arc::new((0, bytes)), bytes, now);
    }

    journal.step(&queue, now);

    assert_eq!((queue.borrow().account().pending, queue.borrow().account().spooled), (3, 2));
}
