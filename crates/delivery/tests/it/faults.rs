//! Destinations that fail in every way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use delivery::{Account, Destination, Dropped, Outcome, Pipeline, Policy, retry_after};

use crate::parts::{eventually, policy, scripted, stuck};

const LONG: Duration = Duration::from_secs(30);

/// Offers `items`, shuts down, and expects `counts` of delivered, rejected, given up and panicked.
fn check(script: impl FnMut(usize) -> Outcome + Send + 'static, items: u32, counts: [u64; 4]) {
    let (destination, _) = scripted(script);
    let short = Policy { give_up: Duration::from_millis(60), ..policy() };
    let pipeline = Pipeline::builder().destination("it", short, destination).start();

    (0..items).for_each(|item| pipeline.offer(item, 1));
    eventually(&pipeline, |account| account.pending == 0);

    let account = pipeline.shutdown(LONG)[0].1;
    let dropped = [Dropped::Rejected, Dropped::GaveUp, Dropped::Panicked].map(|by| account.dropped_by(by));
    assert_eq!([account.delivered, dropped[0], dropped[1], dropped[2]], counts, "{account}");
    assert_eq!(account.created, u64::from(items));
}

#[test]
fn one_that_is_slow_gets_everything() {
    check(
        |_| {
            thread::sleep(Duration::from_millis(10));
            Outcome::Delivered
        },
        300,
        [300, 0, 0, 0],
    );
}

#[test]
fn one_that_flaps_gets_everything() {
    let flap = |call| if call % 2 == 0 { Outcome::Retry { after: None } } else { Outcome::Delivered };
    check(flap, 100, [100, 0, 0, 0]);
}

#[test]
fn what_is_refused_is_counted_to_the_item() {
    check(|_| Outcome::Partly { rejected: 3 }, 50, [35, 15, 0, 0]);
    check(|_| Outcome::Partly { rejected: 99 }, 50, [0, 50, 0, 0]);
    check(|_| Outcome::Rejected, 50, [0, 50, 0, 0]);
}

#[test]
fn one_that_never_takes_anything_is_given_up_batch_by_batch() {
    check(|_| Outcome::Retry { after: None }, 20, [0, 0, 20, 0]);
}

#[test]
fn one_that_panics_now_and_then_loses_those_batches_only() {
    let clumsy = |call| {
        assert!(call % 3 != 0, "every third delivery panics");
        Outcome::Delivered
    };
    check(clumsy, 90, [60, 0, 0, 30]);
}

/// Expects the pause that the header asks for, between the first delivery and the second.
fn check_pause(header: &'static str, pause: Duration) {
    let (called, calls) = channel();
    let now = UNIX_EPOCH + Duration::from_secs(784_111_777) - Duration::from_millis(150);
    let (destination, _) = scripted(move |call| {
        called.send(Instant::now()).unwrap();
        let after = retry_after::parse(header, now);
        if call == 0 { Outcome::Retry { after } } else { Outcome::Delivered }
    });
    let patient = Policy { backoff_most: LONG, ..policy() };
    let pipeline = Pipeline::builder().destination("it", patient, destination).start();

    pipeline.offer(1, 1);
    let (first, second) = (calls.recv().unwrap(), calls.recv().unwrap());

    assert!(second - first >= pause, "{:?}", second - first);
    assert_eq!(pipeline.shutdown(LONG)[0].1.delivered, 1);
}

#[test]
fn a_pause_that_is_asked_for_is_kept_in_seconds_and_as_a_date() {
    check_pause("1", Duration::from_secs(1));
    check_pause("Sun, 06 Nov 1994 08:49:37 GMT", Duration::from_millis(150));
}

#[test]
fn one_that_hung_goes_on_when_it_is_back() {
    let (hanging, let_go) = stuck();
    let pipeline = Pipeline::builder().destination("it", policy(), hanging).start();
    (0..30).for_each(|item| pipeline.offer(item, 1));
    assert_eq!(pipeline.accounts()[0].1.pending, 30);

    (0..3).for_each(|_| let_go.send(()).unwrap());

    eventually(&pipeline, |account| account.delivered == 30);
}

#[test]
fn a_pause_is_cut_short_by_the_end_and_what_can_be_delivered_is() {
    let (destination, taken) =
        scripted(|call| if call == 0 { Outcome::Retry { after: Some(LONG) } } else { Outcome::Delivered });
    let patient = Policy { backoff_most: LONG, ..policy() };
    let (called, first_call) = channel();
    let mut destination = destination;
    let announced =
        Announced { called, deliver: move |batch: &[Arc<u32>], limit| destination.deliver(batch, limit) };
    let pipeline = Pipeline::builder().destination("it", patient, announced).start();
    (0..30).for_each(|item| pipeline.offer(item, 1));
    first_call.recv().unwrap();

    let account = pipeline.shutdown(Duration::from_secs(20))[0].1;

    assert_eq!(account.delivered, 30, "{account}");
    assert_eq!(*taken.lock().unwrap(), (0..30).collect::<Vec<_>>());
}

/// Tells when it is called.
struct Announced<F> {
    called: std::sync::mpsc::Sender<()>,
    deliver: F,
}

impl<F: FnMut(&[Arc<u32>], Duration) -> Outcome + Send + 'static> Destination<u32> for Announced<F> {
    fn deliver(&mut self, batch: &[Arc<u32>], limit: Duration) -> Outcome {
        let outcome = (self.deliver)(batch, limit);
        let _ = self.called.send(());
        outcome
    }
}

#[test]
fn the_end_comes_in_time_whatever_the_destination_does() {
    let limit = Duration::from_millis(200);
    let (hanging, _let_go) = stuck();
    let (failing, _) = scripted(|_| Outcome::Retry { after: Some(LONG) });
    let pipeline = Pipeline::builder()
        .destination("hangs", policy(), hanging)
        .destination("fails", Policy { backoff_most: LONG, ..policy() }, failing)
        .start();
    (0..50).for_each(|item| pipeline.offer(item, 1));

    let begun = Instant::now();
    let accounts = pipeline.shutdown(limit);

    assert!(begun.elapsed() < limit + Duration::from_secs(1), "{:?}", begun.elapsed());
    for (name, account) in accounts {
        assert_eq!((account.dropped_by(Dropped::Deadline), account.pending), (50, 0), "{name}: {account}");
    }
}

#[test]
fn many_threads_and_a_full_queue_count_to_the_item() {
    let (hanging, _let_go) = stuck();
    let small = Policy { queue_items: 100, ..policy() };
    let pipeline = Pipeline::builder().destination("hangs", small, hanging).start();

    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..10_000).for_each(|item| pipeline.offer(item, 1)));
        }
    });

    let Account { created, delivered, pending, .. } = pipeline.accounts()[0].1;
    assert_eq!((created, delivered, pending), (80_000, 0, 100));
    assert_eq!(pipeline.accounts()[0].1.dropped_by(Dropped::Full), 79_900);
}

/// Knows how many bytes of its kind live.
struct Weighed(Vec<u8>);

static LIVE: AtomicUsize = AtomicUsize::new(0);

impl Weighed {
    fn new(bytes: usize) -> Self {
        LIVE.fetch_add(bytes, Relaxed);
        Self(vec![0; bytes])
    }
}

impl Drop for Weighed {
    fn drop(&mut self) {
        LIVE.fetch_sub(self.0.len(), Relaxed);
    }
}

struct Hangs;

impl Destination<Weighed> for Hangs {
    fn deliver(&mut self, _: &[Arc<Weighed>], _: Duration) -> Outcome {
        loop {
            thread::park();
        }
    }
}

#[test]
fn a_million_offers_take_no_more_memory_than_the_queue_may() {
    let small = Policy { queue_bytes: 1 << 20, queue_items: usize::MAX, ..policy() };
    let pipeline = Pipeline::builder().destination("hangs", small, Hangs).start();

    let mut most = 0;
    for _ in 0..1_000_000 {
        pipeline.offer(Weighed::new(100), 100);
        most = most.max(LIVE.load(Relaxed));
    }

    let account = pipeline.accounts()[0].1;
    assert!(most <= 1 << 20, "{most} bytes at the most");
    assert_eq!(account.pending, (1 << 20) / 100);
    assert_eq!(account.created, account.pending + account.dropped_by(Dropped::Full));
}

/// Panics when it goes.
struct Fragile(bool);

impl Drop for Fragile {
    fn drop(&mut self) {
        assert!(!self.0, "this one breaks");
    }
}

struct Takes;

impl Destination<Fragile> for Takes {
    fn deliver(&mut self, _: &[Arc<Fragile>], _: Duration) -> Outcome {
        Outcome::Delivered
    }
}

#[test]
fn a_worker_that_dies_of_an_item_is_restarted() {
    let one = Policy { batch_items: 1, ..policy() };
    let pipeline = Pipeline::builder().destination("it", one, Takes).start();

    for fragile in [true, false, true, false] {
        pipeline.offer(Fragile(fragile), 1);
    }

    eventually(&pipeline, |account| account.delivered == 4);
}
