use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::body::Budget;
use super::*;
use crate::ids::TraceId;
use crate::model::Trace;
use crate::otlp::Batch;
use crate::store::{Appended, ServiceSummary, Stats, TracePage, TraceQuery};

/// A store on a disk that may be full, or that may have faults.
#[derive(Default)]
pub(crate) struct Disk {
    full: AtomicBool,
    faulty: AtomicBool,
    pub(crate) faulty_sync: AtomicBool,
}

impl Store for Disk {
    fn append(&self, _: Batch) -> Result<Appended, StoreError> {
        if self.full.load(Ordering::Relaxed) {
            return Err(StoreError(io::ErrorKind::StorageFull.into()));
        }
        assert!(!self.faulty.load(Ordering::Relaxed), "a fault that a test has asked for");
        Ok(Appended::default())
    }

    fn sync(&self) -> Result<(), StoreError> {
        assert!(!self.faulty_sync.load(Ordering::Relaxed), "a fault that a test has asked for");
        Ok(())
    }

    fn traces(&self, _: &TraceQuery) -> TracePage {
        TracePage::default()
    }

    fn trace(&self, _: TraceId) -> Option<Trace> {
        None
    }

    fn export(&self, _: TraceId) -> Option<Vec<u8>> {
        None
    }

    fn services(&self) -> Vec<ServiceSummary> {
        Vec::new()
    }

    fn stats(&self) -> Stats {
        Stats::default()
    }
}

/// A request without spans.
pub(crate) fn empty_job() -> Job {
    Job {
        body: Vec::new(),
        compression: Compression::Identity,
        encoding: Encoding::Protobuf,
        reservation: Reservation::of(&Budget::new(1_000)),
    }
}

#[actix_web::test]
async fn a_full_disk_is_try_again_later_and_one_line_when_it_begins_and_one_when_it_ends() {
    let disk = Arc::new(Disk::default());
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = lines.clone();
    let warn: Warn = Arc::new(move |line: &str| heard.lock().unwrap().push(line.to_owned()));
    let (ingest, thread) = Ingest::start(disk.clone(), 1_000, warn).unwrap();
    let send = || ingest.take(empty_job());

    assert!(send().await.is_ok());
    disk.full.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        assert!(matches!(send().await, Err(IngestError::Unavailable(_))));
    }
    disk.full.store(false, Ordering::Relaxed);
    assert!(send().await.is_ok());

    drop(ingest);
    thread.join().unwrap();
    assert_eq!(
        *lines.lock().unwrap(),
        ["the disk refuses writes: no storage space", "the disk takes writes again"]
    );
}

#[actix_web::test]
async fn a_write_that_had_nothing_to_write_says_nothing_about_the_disk() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = lines.clone();
    let warn: Warn = Arc::new(move |line: &str| heard.lock().unwrap().push(line.to_owned()));
    let (ingest, thread) = Ingest::start(Arc::new(Disk::default()), 1_000, warn).unwrap();
    let full = || Written::Refused(StoreError(io::ErrorKind::StorageFull.into()));

    assert_eq!(ingest.write(move || (1, full())).await.unwrap(), 1);
    assert_eq!(ingest.write(|| (2, Written::Nothing)).await.unwrap(), 2);
    assert_eq!(ingest.write(move || (3, full())).await.unwrap(), 3);
    assert_eq!(lines.lock().unwrap().len(), 1);
    assert_eq!(ingest.write(|| (4, Written::Yes)).await.unwrap(), 4);

    drop(ingest);
    thread.join().unwrap();
    assert_eq!(
        *lines.lock().unwrap(),
        ["the disk refuses writes: no storage space", "the disk takes writes again"]
    );
}

#[actix_web::test]
async fn a_panic_costs_one_request_and_the_next_ones_are_served() {
    let disk = Arc::new(Disk::default());
    let (ingest, thread) = Ingest::start(disk.clone(), 1_000, Arc::new(|_: &str| {})).unwrap();

    disk.faulty.store(true, Ordering::Relaxed);
    let panicked = || -> (u8, Written) { panic!("a fault that a test has asked for") };
    assert!(matches!(ingest.take(empty_job()).await, Err(IngestError::Fault)));
    assert!(matches!(ingest.write(panicked).await, Err(IngestError::Fault)));
    disk.faulty.store(false, Ordering::Relaxed);

    assert!(ingest.take(empty_job()).await.is_ok());
    assert_eq!(ingest.write(|| (1, Written::Yes)).await.unwrap(), 1);
    assert!(ingest.is_alive());
    drop(ingest);
    thread.join().unwrap();
}
