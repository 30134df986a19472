use std::sync::atomic::Ordering;

use super::*;
use crate::receiver::body::Budget;
use crate::receiver::ingest::tests::{Disk, empty_job};
use crate::receiver::ingest::{Ingest, IngestError};

#[actix_web::test]
async fn an_explorer_whose_ingest_thread_has_ended_is_not_ready() {
    let disk = Arc::new(Disk::default());
    disk.faulty_sync.store(true, Ordering::Relaxed);
    let (ingest, thread) = Ingest::start(disk, 1_000, Arc::new(|_: &str| {})).unwrap();
    let receiver =
        web::Data::new(Receiver::new(ingest.clone(), Budget::new(1_000), 1_000, Arc::new(LogEvents::new(1))));
    assert_eq!(ready(receiver.clone()).await.status(), 200);

    // It is kept, and then it cannot be synced.
    ingest.take(empty_job()).await.unwrap();
    assert!(thread.join().is_err());

    assert_eq!(ready(receiver).await.status(), 503);
    let Err(IngestError::Unavailable(message)) = ingest.take(empty_job()).await else {
        panic!("it was taken")
    };
    assert!(message.contains("needs a restart"), "{message}");
}
