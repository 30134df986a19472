//! What is on disk from one start to the next.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use delivery::{Account, Codec, Dropped, Outcome, Pipeline, Policy, Spool};
use tempfile::TempDir;

use crate::parts::{eventually, policy, scripted, stuck};

const LONG: Duration = Duration::from_secs(30);

/// A number in four bytes.
pub(crate) struct Numbers;

impl Codec<u32> for Numbers {
    fn encode(&self, item: &u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&item.to_le_bytes());
    }

    fn decode(&self, bytes: &[u8]) -> Option<u32> {
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }
}

/// A spool that keeps its warnings.
fn spool(directory: &Path) -> (Spool<u32>, Arc<Mutex<Vec<String>>>) {
    let warnings: Arc<Mutex<Vec<String>>> = Arc::default();
    let keep = Arc::clone(&warnings);
    let spool = Spool::new(directory, Numbers)
        .on_warning(move |warning| keep.lock().unwrap().push(warning.to_owned()));
    (spool, warnings)
}

/// Leaves `items` in the spool of a destination that hangs.
fn leave(directory: &TempDir, items: u32) {
    let (hanging, _let_go) = stuck();
    let (spool, warnings) = spool(directory.path());
    let pipeline = Pipeline::builder().destination("it", policy(), hanging).spool(spool).start();
    (0..items).for_each(|item| pipeline.offer(item, 4));
    eventually(&pipeline, |account| account.spooled == u64::from(items));

    let begun = Instant::now();
    let account = pipeline.shutdown(Duration::from_millis(400))[0].1;

    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!((account.pending, account.spooled), (u64::from(items), u64::from(items)), "{account}");
    assert_eq!(account.dropped(), 0);
    assert!(warnings.lock().unwrap().is_empty());
}

/// Starts with a healthy destination until nothing is pending, and tells what it got, what was counted, and the warnings.
fn start_again(directory: &TempDir, recovered: u64) -> (Vec<u32>, Account, Vec<String>) {
    let (destination, taken) = scripted(|_| Outcome::Delivered);
    let (spool, warnings) = spool(directory.path());
    let pipeline = Pipeline::builder().destination("it", policy(), destination).spool(spool).start();
    eventually(&pipeline, |account| account.recovered >= recovered && account.pending == 0);
    let account = pipeline.shutdown(LONG)[0].1;
    assert_eq!(files(directory), [] as [std::path::PathBuf; 0], "what is done with leaves no file");
    let (taken, warnings) = (taken.lock().unwrap().clone(), warnings.lock().unwrap().clone());
    (taken, account, warnings)
}

fn files(directory: &TempDir) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(directory.path().join("it")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_shutdown_leaves_is_sent_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    leave(&directory, 1000);

    let (taken, account, warnings) = start_again(&directory, 1000);

    assert_eq!(taken, (0..1000).collect::<Vec<_>>());
    assert_eq!((account.created, account.recovered, account.delivered), (1000, 1000, 1000));
    assert_eq!(warnings, [] as [&str; 0]);
    assert_eq!(start_again(&directory, 0).1.created, 0, "and not once more");
}

#[test]
fn shutdown_itself_brings_to_the_disk_what_is_not_there_yet() {
    let directory = tempfile::tempdir().unwrap();
    let (hanging, _let_go) = stuck();
    let lazy = spool(directory.path()).0.delay(Duration::from_hours(1));
    let pipeline = Pipeline::builder().destination("it", policy(), hanging).spool(lazy).start();
    (0..500).for_each(|item| pipeline.offer(item, 4));

    let account = pipeline.shutdown(Duration::from_secs(3))[0].1;

    assert_eq!((account.spooled, account.dropped()), (500, 0), "{account}");
    assert_eq!(start_again(&directory, 500).0, (0..500).collect::<Vec<_>>());
}

#[test]
fn more_than_the_queue_holds_comes_back_bit_by_bit() {
    let directory = tempfile::tempdir().unwrap();
    leave(&directory, 1000);

    let (destination, taken) = scripted(|_| Outcome::Delivered);
    let small = Policy { queue_items: 40, ..policy() };
    let pipeline =
        Pipeline::builder().destination("it", small, destination).spool(spool(directory.path()).0).start();

    eventually(&pipeline, |account| account.delivered == 1000);
    assert_eq!(*taken.lock().unwrap(), (0..1000).collect::<Vec<_>>());
}

#[test]
fn a_damaged_file_costs_what_is_damaged_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    leave(&directory, 100);
    let file = files(&directory).remove(0);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    fs::write(&file, bytes).unwrap();

    let (taken, account, warnings) = start_again(&directory, 100);

    assert_eq!((taken.len(), account.dropped_by(Dropped::Damaged)), (99, 1), "{account}");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("1 items of an earlier run are lost"), "{warnings:?}");
}

#[test]
fn garbage_does_not_stop_a_start() {
    let directory = tempfile::tempdir().unwrap();
    leave(&directory, 100);
    let file = files(&directory).remove(0);
    fs::write(&file, vec![0x5A; 100_000]).unwrap();

    let (taken, account, warnings) = start_again(&directory, 1);

    assert_eq!(taken, [] as [u32; 0]);
    assert_eq!((account.created, account.dropped_by(Dropped::Damaged)), (1, 1), "at least one");
    assert!(warnings[0].contains("100000 bytes unreadable"), "{warnings:?}");
}

/// Reads even numbers only, and panics at multiples of five.
struct Picky;

impl Codec<u32> for Picky {
    fn encode(&self, item: &u32, out: &mut Vec<u8>) {
        Numbers.encode(item, out);
    }

    fn decode(&self, bytes: &[u8]) -> Option<u32> {
        let item = Numbers.decode(bytes)?;
        assert!(item % 5 != 0, "cannot be read at all");
        (item % 2 == 0).then_some(item)
    }
}

#[test]
fn what_a_codec_cannot_read_is_counted_once() {
    let directory = tempfile::tempdir().unwrap();
    leave(&directory, 10);
    let pick = || Spool::new(directory.path(), Picky).on_warning(|_| {});

    let (hanging, _let_go) = stuck();
    let pipeline = Pipeline::builder().destination("it", policy(), hanging).spool(pick()).start();
    eventually(&pipeline, |account| account.recovered == 10);
    let account = pipeline.shutdown(Duration::from_secs(1))[0].1;
    assert_eq!((account.dropped_by(Dropped::Damaged), account.spooled), (6, 4), "{account}");

    let (destination, taken) = scripted(|_| Outcome::Delivered);
    let pipeline = Pipeline::builder().destination("it", policy(), destination).spool(pick()).start();
    eventually(&pipeline, |account| account.delivered == 4);
    let account = pipeline.shutdown(LONG)[0].1;
    assert_eq!((account.dropped_by(Dropped::Damaged), account.created), (0, 4), "{account}");
    assert_eq!(*taken.lock().unwrap(), [2, 4, 6, 8]);
}

#[test]
fn a_directory_that_cannot_be_used_is_told_once_and_costs_no_delivery() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("it"), "a file is in the way").unwrap();
    let (destination, taken) = scripted(|_| Outcome::Delivered);
    let (spool, warnings) = spool(directory.path());

    let pipeline = Pipeline::builder().destination("it", policy(), destination).spool(spool).start();
    (0..100).for_each(|item| pipeline.offer(item, 4));
    let account = pipeline.shutdown(LONG)[0].1;

    assert_eq!((account.delivered, account.spooled), (100, 0));
    assert_eq!(taken.lock().unwrap().len(), 100);
    let warnings = warnings.lock().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("items wait in memory only"), "{warnings:?}");
}

#[test]
fn a_full_spool_is_told_once_and_what_has_no_room_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let (hanging, _let_go) = stuck();
    let (spool, warnings) = spool(directory.path());
    let pipeline =
        Pipeline::builder().destination("it", policy(), hanging).spool(spool.max_bytes(8 << 10)).start();

    (0..1000).for_each(|item| pipeline.offer(item, 4));
    eventually(&pipeline, |account| account.spooled > 50);
    let account = pipeline.shutdown(Duration::from_secs(1))[0].1;

    let bytes: u64 = files(&directory).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(bytes <= 8 << 10, "{bytes}");
    assert_eq!(account.spooled + account.dropped_by(Dropped::Deadline), 1000, "{account}");
    let warnings = warnings.lock().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("is full (8192 bytes)"), "{warnings:?}");
}

#[test]
fn processes_that_share_a_directory_leave_each_other_alone() {
    let directory = tempfile::tempdir().unwrap();
    leave(&directory, 10);
    let (hanging, _let_go) = stuck();
    let living =
        Pipeline::builder().destination("it", policy(), hanging).spool(spool(directory.path()).0).start();
    eventually(&living, |account| account.recovered == 10);
    (10..20).for_each(|item| living.offer(item, 4));
    eventually(&living, |account| account.spooled == 20);

    let (destination, _) = scripted(|_| Outcome::Delivered);
    let other =
        Pipeline::builder().destination("it", policy(), destination).spool(spool(directory.path()).0).start();
    other.offer(99, 4);
    eventually(&other, |account| account.delivered == 1);
    let account = other.shutdown(LONG)[0].1;
    assert_eq!((account.created, account.recovered), (1, 0), "{account}");

    let _ = living.shutdown(Duration::from_millis(400));
    assert_eq!(start_again(&directory, 20).0, (0..20).collect::<Vec<_>>());
}

#[test]
fn each_destination_has_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let (hanging, _let_go) = stuck();
    let (healthy, taken) = scripted(|_| Outcome::Delivered);
    let pipeline = Pipeline::builder()
        .destination("it", policy(), hanging)
        .destination("healthy", policy(), healthy)
        .spool(spool(directory.path()).0)
        .start();
    (0..50).for_each(|item| pipeline.offer(item, 4));
    eventually(&pipeline, |account| account.spooled == 50);

    let accounts = pipeline.shutdown(Duration::from_secs(1));

    assert_eq!((accounts[0].1.spooled, accounts[1].1.delivered), (50, 50));
    assert_eq!(taken.lock().unwrap().len(), 50);
    assert_eq!(fs::read_dir(directory.path().join("healthy")).unwrap().count(), 0);
    assert_eq!(start_again(&directory, 50).0.len(), 50);
}

#[test]
fn a_spool_of_its_own_goes_before_that_of_all() {
    let (all, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (hanging, _let_go) = stuck();
    let pipeline = Pipeline::builder()
        .spooled_destination("it", policy(), hanging, spool(own.path()).0)
        .spool(spool(all.path()).0)
        .start();
    pipeline.offer(1, 4);
    eventually(&pipeline, |account| account.spooled == 1);
    let _ = pipeline.shutdown(Duration::from_secs(1));

    assert_eq!(fs::read_dir(all.path()).unwrap().count(), 0);
    assert_eq!(start_again(&own, 1).0, [1]);
}
