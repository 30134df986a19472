//! Any schedule of offers, deliveries, pauses, shutdown and abandonment, against what must always hold.

use std::collections::HashSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

mod restarts;

const POLICY: Policy = Policy {
    queue_items: 12,
    queue_bytes: 200,
    batch_items: 4,
    batch_bytes: 60,
    batch_age: Duration::from_millis(100),
    timeout: Duration::from_secs(1),
    backoff_first: Duration::from_millis(50),
    backoff_most: Duration::from_millis(400),
    give_up: Duration::from_secs(2),
};

#[derive(Debug, Clone)]
enum Step {
    Offer { bytes: usize },
    Pass { millis: u64 },
    Answer(Answer),
    Close,
    Abandon,
}

#[derive(Debug, Clone)]
enum Answer {
    Delivered,
    Partly(usize),
    Retry(Option<u64>),
    Rejected,
    Panicked,
}

fn step() -> impl Strategy<Value = Step> {
    let answer = prop_oneof![
        4 => Just(Answer::Delivered),
        1 => (0usize..6).prop_map(Answer::Partly),
        4 => proptest::option::of(0u64..900).prop_map(Answer::Retry),
        1 => Just(Answer::Rejected),
        1 => Just(Answer::Panicked),
    ];
    prop_oneof![
        12 => (1usize..80).prop_map(|bytes| Step::Offer { bytes }),
        6 => (0u64..300).prop_map(|millis| Step::Pass { millis }),
        8 => answer.prop_map(Step::Answer),
        1 => Just(Step::Close),
        1 => Just(Step::Abandon),
    ]
}

/// A queue with the worker that a test plays, and what it has seen.
struct Run {
    queue: Queue<u64>,
    now: Instant,
    offered: u64,
    on_way: Option<(u64, Vec<Arc<u64>>)>,
    /// The batch that a retry must bring again.
    again: Option<Vec<u64>>,
    taken: HashSet<u64>,
    last_taken: Option<u64>,
}

impl Run {
    fn new() -> Self {
        let (queue, now) = (Queue::new(POLICY), Instant::now());
        Self { queue, now, offered: 0, on_way: None, again: None, taken: HashSet::new(), last_taken: None }
    }

    fn walk(&mut self, step: &Step) {
        match step {
            Step::Offer { bytes } => {
                self.queue.offer(Arc::new(self.offered), *bytes, self.now);
                self.offered += 1;
            }
            Step::Pass { millis } => self.now += Duration::from_millis(*millis),
            Step::Answer(answer) => self.answer(answer),
            Step::Close => self.queue.close(self.now),
            Step::Abandon => {
                self.queue.abandon();
                self.again = None;
            }
        }
        self.look();
        self.check();
    }

    /// Does what the worker would: takes a batch if there is one.
    fn look(&mut self) {
        if self.on_way.is_some() {
            return;
        }
        if let Next::Deliver(generation, batch) = self.queue.next(self.now) {
            let ids: Vec<u64> = batch.iter().map(|item| **item).collect();
            assert!((1..=POLICY.batch_items).contains(&ids.len()), "{ids:?}");
            assert!(ids.is_sorted(), "in order: {ids:?}");
            if let Some(again) = self.again.take() {
                assert_eq!(ids, again, "a retry brings the same batch");
            }
            assert!(ids.iter().all(|id| !self.taken.contains(id)), "nothing is sent again that was taken");
            self.on_way = Some((generation, batch));
        }
    }

    fn answer(&mut self, answer: &Answer) {
        let Some((generation, batch)) = self.on_way.take() else { return };
        let ids: Vec<u64> = batch.iter().map(|item| **item).collect();
        let abandoned = generation != self.queue.generation;
        let conclusion = match answer {
            Answer::Panicked => Conclusion::Panicked,
            Answer::Rejected => Conclusion::Answered(Outcome::Rejected),
            Answer::Partly(rejected) => Conclusion::Answered(Outcome::Partly { rejected: *rejected }),
            Answer::Delivered => Conclusion::Answered(Outcome::Delivered),
            Answer::Retry(after) => {
                Conclusion::Answered(Outcome::Retry { after: after.map(Duration::from_millis) })
            }
        };
        let before = self.queue.account();
        self.queue.conclude(generation, &conclusion, self.now, 0.5);
        let after = self.queue.account();
        if abandoned {
            assert_eq!(before, after, "an abandoned batch has been counted");
            return;
        }
        match answer {
            Answer::Delivered => assert_eq!(after.delivered - before.delivered, ids.len() as u64),
            Answer::Retry(_) if after.pending == before.pending => self.again = Some(ids.clone()),
            _ => {}
        }
        if self.again.is_none() {
            assert!(self.last_taken.is_none_or(|last| ids[0] > last), "in order over batches");
            self.last_taken = ids.last().copied();
            self.taken.extend(ids);
        }
    }

    fn check(&self) {
        let account = self.queue.account();
        assert_eq!(account.created, self.offered);
        assert_eq!(account.created, account.delivered + account.dropped() + account.pending, "{account}");
        assert!(account.pending <= POLICY.queue_items as u64, "{account}");
        let on_way = self.queue.batch.as_ref().map_or(0, |batch| batch.bytes);
        assert!(self.queue.waiting_bytes + on_way <= POLICY.queue_bytes);
        assert_eq!(
            self.queue.waiting_bytes,
            self.queue.waiting.iter().map(|entry| entry.bytes).sum::<usize>()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12_000))]

    #[test]
    fn every_item_is_accounted_for_whatever_happens(steps in proptest::collection::vec(step(), 1..60)) {
        let mut run = Run::new();
        for step in &steps {
            run.walk(step);
        }

        // A destination that takes everything, and time, bring all that is left to its end.
        run.queue.close(run.now);
        for _ in 0..100 {
            run.walk(&Step::Answer(Answer::Delivered));
            run.walk(&Step::Pass { millis: 1000 });
        }
        let account = run.queue.account();
        prop_assert_eq!(account.pending, 0);
        prop_assert!(matches!(run.queue.next(run.now), Next::Finished));
    }
}

fn offer(queue: &mut Queue<u64>, items: u64, now: Instant) {
    (0..items).for_each(|item| {
        queue.offer(Arc::new(item), 1, now);
    });
}

fn delivered(queue: &mut Queue<u64>, now: Instant) -> Option<(u64, usize)> {
    match queue.next(now) {
        Next::Deliver(generation, batch) => Some((generation, batch.len())),
        _ => None,
    }
}

#[test]
fn a_batch_goes_when_it_is_full_or_old() {
    let (mut queue, now) = (Queue::new(POLICY), Instant::now());
    offer(&mut queue, 3, now);

    assert!(delivered(&mut queue, now).is_none(), "neither full nor old");
    assert_eq!(delivered(&mut queue, now + POLICY.batch_age).unwrap().1, 3);

    let mut queue = Queue::new(POLICY);
    offer(&mut queue, 5, now);
    assert_eq!(delivered(&mut queue, now).unwrap().1, 4, "full");
}

#[test]
fn a_full_queue_drops_the_newest_and_counts_it() {
    let (mut queue, now) = (Queue::new(POLICY), Instant::now());
    offer(&mut queue, 20, now);

    assert_eq!(queue.account().pending, 12);
    assert_eq!(queue.account().dropped_by(Dropped::Full), 8);
    let _ = queue.next(now);
    offer(&mut queue, 1, now);
    assert_eq!(queue.account().dropped_by(Dropped::Full), 9, "what is on its way takes room too");
}

#[test]
fn an_item_that_no_batch_can_hold_is_dropped_alone() {
    let (mut queue, now) = (Queue::new(POLICY), Instant::now());

    queue.offer(Arc::new(1), POLICY.batch_bytes + 1, now);
    queue.offer(Arc::new(2), POLICY.batch_bytes, now);

    assert_eq!(queue.account().dropped_by(Dropped::TooLarge), 1);
    assert_eq!(delivered(&mut queue, now).unwrap().1, 1);
}

#[test]
fn a_batch_is_given_up_after_its_time() {
    let (mut queue, mut now) = (Queue::new(POLICY), Instant::now());
    offer(&mut queue, 4, now);
    let mut attempts = 0;
    while queue.account().pending > 0 {
        if let Some((generation, _)) = delivered(&mut queue, now) {
            attempts += 1;
            queue.conclude(generation, &Conclusion::Answered(Outcome::Retry { after: None }), now, 0.0);
        }
        now += Duration::from_millis(10);
    }

    assert_eq!(queue.account().dropped_by(Dropped::GaveUp), 4);
    assert!(attempts > 5, "it was tried: {attempts}");
}

#[test]
fn the_worker_is_woken_by_the_first_item_and_by_the_one_that_fills_a_batch() {
    let (mut queue, now) = (Queue::new(POLICY), Instant::now());

    let by_count: Vec<bool> = (0..6).map(|item| queue.offer(Arc::new(item), 1, now)).collect();
    assert_eq!(by_count, [true, false, false, true, false, false]);

    let mut queue = Queue::new(POLICY);
    let by_bytes: Vec<bool> = (0..3).map(|item| queue.offer(Arc::new(item), 30, now)).collect();
    assert_eq!(by_bytes, [true, true, false]);
}

#[test]
fn the_end_tries_once_more_what_waits_or_is_on_its_way() {
    let retry = Conclusion::Answered(Outcome::Retry { after: Some(Duration::from_millis(400)) });
    for close_in_pause in [true, false] {
        let (mut queue, now) = (Queue::new(POLICY), Instant::now());
        offer(&mut queue, 4, now);
        let (generation, _) = delivered(&mut queue, now).unwrap();
        if !close_in_pause {
            queue.close(now);
        }
        queue.conclude(generation, &retry, now, 0.0);
        if close_in_pause {
            assert!(delivered(&mut queue, now).is_none(), "a pause");
            queue.close(now);
        }

        assert_eq!(delivered(&mut queue, now).unwrap().1, 4, "once more");
        queue.conclude(generation, &retry, now, 0.0);
        assert!(delivered(&mut queue, now).is_none(), "and then as it was asked for");
    }
}
