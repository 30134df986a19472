//! The pipeline with its threads.

use std::time::Duration;

use delivery::{Dropped, Outcome, Pipeline, Policy};

use crate::parts::{eventually, policy, scripted, stuck};

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
