//! Any schedule of offers, deliveries, saves, restarts and crashes, against a model of the disk and of the destination.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::POLICY;
use crate::destination::Outcome;
use crate::queue::{Conclusion, Next, Queue, Recovered};

#[derive(Debug, Clone)]
enum Step {
    Offer {
        bytes: usize,
    },
    Pass {
        millis: u64,
    },
    Deliver,
    Retry,
    Reject,
    /// The spool writes down so many items.
    Save {
        most: usize,
    },
    /// The spool strikes out what is done.
    Strike,
    /// The process ends as it should, and another one starts.
    Restart,
    /// The process is killed, and another one starts.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (1usize..50).prop_map(|bytes| Step::Offer { bytes }),
        6 => (0u64..300).prop_map(|millis| Step::Pass { millis }),
        4 => Just(Step::Deliver),
        4 => Just(Step::Retry),
        1 => Just(Step::Reject),
        4 => (1usize..9).prop_map(|most| Step::Save { most }),
        3 => Just(Step::Strike),
        1 => Just(Step::Restart),
        1 => Just(Step::Crash),
    ]
}

/// Where an item is, as the model knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Pending,
    Delivered,
    /// Dropped, and counted by its process.
    Counted,
    /// Its process was killed before it was saved.
    Killed,
}

/// An item on the disk, and its number in the process that runs.
struct Kept {
    id: u64,
    bytes: usize,
    number: Option<u64>,
}

struct Run {
    queue: Queue<u64>,
    now: Instant,
    on_way: Option<(u64, Vec<u64>)>,
    disk: Vec<Kept>,
    fates: Vec<Fate>,
    /// How often the destination took each item, and how often it may have.
    received: BTreeMap<u64, (u32, u32)>,
}

impl Run {
    fn new() -> Self {
        Self {
            queue: Queue::new(POLICY),
            now: Instant::now(),
            on_way: None,
            disk: Vec::new(),
            fates: Vec::new(),
            received: BTreeMap::new(),
        }
    }

    fn walk(&mut self, step: &Step) {
        match step {
            Step::Offer { bytes } => self.offer(*bytes),
            Step::Pass { millis } => self.now += Duration::from_millis(*millis),
            Step::Deliver => self.answer(Outcome::Delivered),
            Step::Retry => self.answer(Outcome::Retry { after: None }),
            Step::Reject => self.answer(Outcome::Rejected),
            Step::Save { most } => self.save(*most),
            Step::Strike => self.strike(),
            Step::Restart => self.restart(),
            Step::Crash => self.crash(),
        }
        self.recover();
        self.look();
        self.check();
    }

    fn offer(&mut self, bytes: usize) {
        let id = self.fates.len() as u64;
        let before = self.queue.account().dropped();
        self.queue.offer(Arc::new(id), bytes, self.now);
        let is_dropped = self.queue.account().dropped() > before;
        self.fates.push(if is_dropped { Fate::Counted } else { Fate::Pending });
        self.received.insert(id, (0, 1));
    }

    /// What the worker does.
    fn look(&mut self) {
        if self.on_way.is_none()
            && let Next::Deliver(generation, batch) = self.queue.next(self.now)
        {
            self.on_way = Some((generation, batch.iter().map(|item| **item).collect()));
        }
    }

    fn answer(&mut self, outcome: Outcome) {
        let Some((generation, ids)) = self.on_way.take() else { return };
        let before = self.queue.account();
        let is_taken = matches!(outcome, Outcome::Delivered);
        self.queue.conclude(generation, &Conclusion::Answered(outcome), self.now, 0.5);
        let is_retried = self.queue.account().pending == before.pending;
        for id in ids {
            if is_taken {
                self.received.get_mut(&id).expect("it was offered").0 += 1;
            }
            if !is_retried {
                self.settle(id, if is_taken { Fate::Delivered } else { Fate::Counted });
            }
        }
    }

    fn settle(&mut self, id: u64, fate: Fate) {
        self.fates[usize::try_from(id).expect("a short list")] = fate;
    }

    fn save(&mut self, most: usize) {
        let unsaved = self.queue.unsaved(0, most);
        let numbers: Vec<u64> = unsaved.iter().map(|item| item.number).collect();
        self.disk.extend(unsaved.iter().map(|unsaved| Kept {
            id: *unsaved.item,
            bytes: unsaved.bytes,
            number: Some(unsaved.number),
        }));
        self.queue.save(&numbers);
    }

    fn strike(&mut self) {
        let done_below = self.queue.done_below();
        self.disk.retain(|kept| kept.number.is_none_or(|number| number >= done_below));
    }

    /// What an earlier process left comes back bit by bit.
    fn recover(&mut self) {
        for at in 0..self.disk.len() {
            let Kept { id, bytes, number: None } = self.disk[at] else { continue };
            match self.queue.recover(&Arc::new(id), bytes, self.now) {
                Recovered::Pending(number, _) => {
                    self.disk[at].number = Some(number);
                    self.settle(id, Fate::Pending);
                }
                Recovered::Later => return,
                Recovered::Dropped => unreachable!("what was taken once fits into a batch"),
            }
        }
    }

    fn restart(&mut self) {
        self.queue.close(self.now);
        self.save(usize::MAX);
        self.strike();
        self.queue.abandon();
        let account = self.queue.account();
        assert_eq!(account.pending, account.spooled, "what is left is on the disk, or counted: {account}");
        self.begin();
    }

    fn crash(&mut self) {
        for (id, fate) in self.fates.iter_mut().enumerate() {
            let on_disk = self.disk.iter().any(|kept| kept.id == id as u64);
            match fate {
                Fate::Pending if !on_disk => *fate = Fate::Killed,
                // Nobody struck it out: it comes again, which is what a killed process costs.
                Fate::Delivered if on_disk => self.received.get_mut(&(id as u64)).expect("known").1 += 1,
                _ => {}
            }
        }
        self.begin();
    }

    fn begin(&mut self) {
        self.queue = Queue::new(POLICY);
        self.on_way = None;
        self.disk.iter_mut().for_each(|kept| kept.number = None);
    }

    fn check(&self) {
        let account = self.queue.account();
        assert_eq!(account.created, account.delivered + account.dropped() + account.pending, "{account}");
        assert!(account.spooled <= account.pending, "{account}");
        assert!(account.pending <= POLICY.queue_items as u64, "{account}");
        for (id, (received, most)) in &self.received {
            assert!(received <= most, "{id} was taken {received} times");
        }
    }

    /// A destination that takes everything, and time, bring all that is left to its end.
    fn drain(&mut self) {
        for _ in 0..200 {
            self.walk(&Step::Deliver);
            self.walk(&Step::Pass { millis: 1000 });
            self.walk(&Step::Strike);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12_000))]

    #[test]
    fn nothing_is_lost_in_silence_over_restarts(steps in proptest::collection::vec(step(), 1..60)) {
        let mut run = Run::new();
        for step in &steps {
            run.walk(step);
        }

        run.drain();

        prop_assert!(run.disk.is_empty(), "the disk holds nothing that is done");
        prop_assert_eq!(run.queue.account().pending, 0);
        for (id, fate) in run.fates.iter().enumerate() {
            prop_assert_ne!(*fate, Fate::Pending, "{} has an end", id);
            let (received, _) = run.received[&(id as u64)];
            prop_assert!(*fate != Fate::Delivered || received > 0);
        }
        if !steps.iter().any(|step| matches!(step, Step::Crash)) {
            prop_assert!(!run.fates.contains(&Fate::Killed));
            prop_assert!(run.received.values().all(|(received, _)| *received <= 1), "nothing is doubled");
        }
    }
}
