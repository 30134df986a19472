//! One thread turns bodies into stored spans. Requests wait for it, so that 200 means "in the log".

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::body::Reservation;
use super::decompress::{Compression, DecompressError, decompress};
use crate::otlp::{self, DecodeError, Encoding, Rejection};
use crate::store::{Store, StoreError};

/// What was appended is on disk after this time at the latest.
const SYNC_AFTER: Duration = Duration::from_millis(500);

/// Told, in one sentence each, what a person should know.
pub(crate) type Warn = Arc<dyn Fn(&str) + Send + Sync>;

/// Why the spans of a request were not taken.
#[derive(Debug)]
pub(crate) enum IngestError {
    /// Not OTLP, or not gzip.
    Malformed(String),
    /// Too large after decompression.
    TooLarge,
    /// Not now.
    Unavailable(String),
    /// A fault of the explorer's own, which the same request would meet again.
    Fault,
}

impl IngestError {
    pub(crate) fn malformed(error: &DecodeError) -> Self {
        Self::Malformed(super::chain(error))
    }

    fn gone() -> Self {
        Self::Unavailable(
            "nothing is written any more: the explorer is stopping, or needs a restart".to_owned(),
        )
    }
}

/// A request on its way to the store.
pub(crate) struct Job {
    pub(crate) body: Vec<u8>,
    pub(crate) compression: Compression,
    pub(crate) encoding: Encoding,
    /// Given back when the job is done.
    pub(crate) reservation: Reservation,
}

impl Job {
    /// The plain body. For the ingest thread only, which undoes one compression at a time.
    pub(crate) fn plain(self, limit: usize) -> Result<(Vec<u8>, Encoding, Reservation), IngestError> {
        let body = decompress(self.body, self.compression, limit).map_err(|error| match error {
            DecompressError::TooLarge => IngestError::TooLarge,
            DecompressError::Broken => IngestError::Malformed("the body is not valid gzip".to_owned()),
        })?;
        Ok((body, self.encoding, self.reservation))
    }
}

type Answer = oneshot::Sender<Result<Rejection, IngestError>>;

/// What the thread does.
enum Task {
    Spans(Job, Answer),
    /// Something else that must be in the log before it is answered. It answers by itself.
    Write(Box<dyn FnOnce() -> Written + Send>),
}

/// What a write says about the disk.
pub(crate) enum Written {
    Yes,
    Refused(StoreError),
    /// There was nothing to write.
    Nothing,
}

/// The handle of the ingest thread that the workers share.
#[derive(Clone)]
pub(crate) struct Ingest {
    tasks: Sender<Task>,
    /// The thread holds it as long as it runs.
    alive: Weak<()>,
}

impl Ingest {
    /// Starts the thread. It ends, with everything synced, when the last handle is gone.
    pub(crate) fn start(
        store: Arc<dyn Store>,
        body_limit: usize,
        warn: Warn,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (tasks, queue) = channel();
        let running = Arc::new(());
        let alive = Arc::downgrade(&running);
        let mut worker = Worker { store, body_limit, warn, healthy: true, _running: running };
        let thread = thread::Builder::new().name("ingest".to_owned()).spawn(move || worker.run(&queue))?;
        Ok((Self { tasks, alive }, thread))
    }

    /// The thread runs: what is sent will be written, or refused for a reason.
    pub(crate) fn is_alive(&self) -> bool {
        self.alive.strong_count() > 0
    }

    /// Waits until the spans are in the log, or why they are not.
    pub(crate) async fn take(&self, job: Job) -> Result<Rejection, IngestError> {
        let (answer, answered) = oneshot::channel();
        self.tasks.send(Task::Spans(job, answer)).map_err(|_| IngestError::gone())?;
        answered.await.unwrap_or_else(|_| Err(IngestError::gone()))
    }

    /// Waits until `write` was called on the thread, and returns what it returns. It also says what became of the disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce() -> (T, Written) + Send + 'static,
    ) -> Result<T, IngestError> {
        let (answer, answered) = oneshot::channel();
        let task = move || {
            let (outcome, written) = match guarded(write) {
                Ok((outcome, written)) => (Ok(outcome), written),
                Err(fault) => (Err(fault), Written::Nothing),
            };
            // Whoever does not wait for the answer any more has gone away: that is theirs to do.
            let _ = answer.send(outcome);
            written
        };
        self.tasks.send(Task::Write(Box::new(task))).map_err(|_| IngestError::gone())?;
        answered.await.unwrap_or_else(|_| Err(IngestError::gone()))
    }
}

/// A panic costs the request that met it, and not the thread, without which nobody would be served any more. What
/// panicked is on stderr, by the panic hook.
fn guarded<T>(task: impl FnOnce() -> T) -> Result<T, IngestError> {
    catch_unwind(AssertUnwindSafe(task)).map_err(|_| IngestError::Fault)
}

struct Worker {
    store: Arc<dyn Store>,
    body_limit: usize,
    warn: Warn,
    /// The last write succeeded. A full disk is one line, not one for each request.
    healthy: bool,
    _running: Arc<()>,
}

impl Worker {
    fn run(&mut self, queue: &Receiver<Task>) {
        let mut unsynced_since: Option<Instant> = None;
        loop {
            let next = match unsynced_since {
                None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(since) => queue.recv_timeout(SYNC_AFTER.saturating_sub(since.elapsed())),
            };
            match next {
                Ok(task) => {
                    self.perform(task);
                    unsynced_since.get_or_insert_with(Instant::now);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.sync(),
            }
            if unsynced_since.is_some_and(|since| since.elapsed() >= SYNC_AFTER) {
                self.sync();
                unsynced_since = None;
            }
        }
    }

    fn perform(&mut self, task: Task) {
        match task {
            Task::Spans(job, answer) => {
                // Whoever does not wait for the answer any more has gone away: that is theirs to do.
                let _ = answer.send(guarded(|| self.process(job)).flatten());
            }
            Task::Write(write) => match write() {
                Written::Yes => self.note(None),
                Written::Refused(error) => self.note(Some(&error)),
                Written::Nothing => {}
            },
        }
    }

    fn process(&mut self, job: Job) -> Result<Rejection, IngestError> {
        let (body, encoding, reservation) = job.plain(self.body_limit)?;
        let batch = match encoding {
            Encoding::Protobuf => otlp::decode_protobuf(otlp::exact(body)),
            Encoding::Json => otlp::decode_json(&body),
        };
        let mut batch = batch.map_err(|error| IngestError::malformed(&error))?;
        let mut rejected = std::mem::take(&mut batch.rejected);
        let appended = self.store.append(batch);
        self.note(appended.as_ref().err());
        let appended = appended.map_err(|error| IngestError::Unavailable(error.to_string()))?;
        for _ in 0..appended.rejected {
            rejected.add("too many different spans have the same span_id".to_owned());
        }
        drop(reservation);
        Ok(rejected)
    }

    fn sync(&mut self) {
        // A sync that succeeds does not say that there is room for more.
        if let Err(error) = self.store.sync() {
            self.note(Some(&error));
        }
    }

    fn note(&mut self, error: Option<&StoreError>) {
        match error {
            Some(error) if self.healthy => (self.warn)(&error.to_string()),
            None if !self.healthy => (self.warn)("the disk takes writes again"),
            _ => {}
        }
        self.healthy = error.is_none();
    }
}

#[cfg(test)]
pub(crate) mod tests;
