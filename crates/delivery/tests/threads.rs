//! The pipeline with its threads.

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use delivery::{Account, Destination, Dropped, Outcome, Pipeline, Policy};

/// Small numbers, so that everything happens soon.
fn policy() -> Policy {
    Policy {
        batch_items: 10,
        batch_age: Duration::from_millis(5),
        backoff_first: Duration::from_millis(5),
        backoff_most: Duration::from_millis(20),
        ..Policy::default()
    }
}

/// Answers by a function of the number of the call, and keeps what it took.
struct Scripted<F> {
    script: F,
    calls: usize,
    taken: Arc<Mutex<Vec<u32>>>,
}

impl<F: FnMut(usize) -> Outcome + Send + 'static> Destination<u32> for Scripted<F> {
    fn deliver(&mut self, batch: &[Arc<u32>], _: Duration) -> Outcome {
        self.calls += 1;
        let outcome = (self.script)(self.calls - 1);
        if outcome == Outcome::Delivered {
            self.taken.lock().unwrap().extend(batch.iter().map(|item| **item));
        }
        outcome
    }
}

fn scripted(
    script: impl FnMut(usize) -> Outcome + Send + 'static,
) -> (impl Destination<u32>, Arc<Mutex<Vec<u32>>>) {
    let taken = Arc::default();
    (Scripted { script, calls: 0, taken: Arc::clone(&taken) }, taken)
}

/// Blocks until it is let go, whatever its limit says.
struct Stuck(Receiver<()>);

impl Destination<u32> for Stuck {
    fn deliver(&mut self, _: &[Arc<u32>], _: Duration) -> Outcome {
        let _ = self.0.recv();
        Outcome::Delivered
    }
}

fn stuck() -> (Stuck, Sender<()>) {
    let (let_go, wait) = channel();
    (Stuck(wait), let_go)
}

fn eventually(pipeline: &Pipeline<u32>, what: impl Fn(Account) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !what(pipeline.accounts()[0].1) {
        assert!(Instant::now() < deadline, "{}", pipeline.accounts()[0].1);
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn everything_is_delivered_once_and_in_order() {
    let (destination, taken) = scripted(|_| Outcome::Delivered);
    let pipeline = Pipeline::builder().destination("it", policy(), destination).start();

    (0..1000).for_each(|item| pipeline.offer(item, 1));
    let accounts = pipeline.shutdown(Duration::from_secs(30));

    assert_eq!(accounts[0].1.delivered, 1000);
    assert_eq!(*taken.lock().unwrap(), (0..1000).collect::<Vec<_>>());
}

#[test]
fn an_outage_loses_nothing() {
    let (destination, taken) =
        scripted(|call| if call < 8 { Outcome::Retry { after: None } } else { Outcome::Delivered });
    let pipeline = Pipeline::builder().destination("it", policy(), destination).start();

    (0..300).for_each(|item| pipeline.offer(item, 1));
    eventually(&pipeline, |account| account.delivered == 300);

    assert_eq!(taken.lock().unwrap().len(), 300);
}

#[test]
fn an_item_is_sent_soon_also_when_it_stays_alone() {
    let (destination, _) = scripted(|_| Outcome::Delivered);
    let pipeline = Pipeline::builder().destination("it", policy(), destination).start();

    pipeline.offer(1, 1);

    eventually(&pipeline, |account| account.delivered == 1);
}

#[test]
fn a_destination_that_panics_loses_its_batch_and_goes_on() {
    let (destination, taken) = scripted(|call| {
        assert!(call != 0, "the first delivery panics");
        Outcome::Delivered
    });
    let pipeline = Pipeline::builder().destination("it", policy(), destination).start();

    (0..20).for_each(|item| pipeline.offer(item, 1));
    let account = pipeline.shutdown(Duration::from_secs(30))[0].1;

    assert_eq!((account.dropped_by(Dropped::Panicked), account.delivered), (10, 10));
    assert_eq!(*taken.lock().unwrap(), (10..20).collect::<Vec<_>>());
}

#[test]
fn one_that_hangs_holds_up_neither_the_others_nor_the_end() {
    let (healthy, taken) = scripted(|_| Outcome::Delivered);
    let (hanging, let_go) = stuck();
    let pipeline = Pipeline::builder()
        .destination("hangs", policy(), hanging)
        .destination("healthy", policy(), healthy)
        .start();

    (0..50).for_each(|item| pipeline.offer(item, 1));
    let accounts = pipeline.shutdown(Duration::from_millis(300));

    assert_eq!(taken.lock().unwrap().len(), 50);
    assert_eq!(accounts[1].1.delivered, 50);
    assert_eq!(accounts[0].1.dropped_by(Dropped::Deadline), 50, "{}", accounts[0].1);
    let_go.send(()).unwrap();
    assert_eq!(pipeline.accounts()[0].1, accounts[0].1, "a late answer changes no count");
}

#[test]
fn a_full_queue_never_blocks_the_one_who_offers() {
    let (hanging, _let_go) = stuck();
    let small = Policy { queue_items: 100, queue_bytes: 1000, ..policy() };
    let pipeline = Pipeline::builder().destination("hangs", small, hanging).start();

    (0..10_000).for_each(|item| pipeline.offer(item, 10));

    let account = pipeline.accounts()[0].1;
    assert_eq!((account.pending, account.dropped_by(Dropped::Full)), (100, 9900));
}

#[test]
fn what_is_offered_after_the_end_is_counted() {
    let (destination, _) = scripted(|_| Outcome::Delivered);
    let pipeline = Pipeline::builder().destination("it", policy(), destination).start();
    let _ = pipeline.shutdown(Duration::from_secs(30));

    pipeline.offer(1, 1);

    assert_eq!(pipeline.accounts()[0].1.dropped_by(Dropped::Closed), 1);
}
