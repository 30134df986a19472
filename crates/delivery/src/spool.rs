//! What is pending, also on disk.

mod crc32;
mod directory;
mod journal;
mod keeper;
mod record;
mod recovery;
mod scan;
mod segment;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use journal::{Access, Journal};
pub(crate) use keeper::keep;

/// Turns items into bytes and back, for the [`Spool`].
///
/// Both run on the spool's thread. A panic in them costs the one item its place on disk, and is counted where that loses
/// it.
pub trait Codec<T>: Send + Sync + 'static {
    /// Writes the item's bytes to `out`, which is empty.
    fn encode(&self, item: &T, out: &mut Vec<u8>);

    /// The item again; `None` for bytes that are none, as an older version of the program may have left them.
    fn decode(&self, bytes: &[u8]) -> Option<T>;
}

/// A directory in which pending items outlive the process: what shutdown could not deliver, and what was pending at a
/// crash, is sent at the next start. See [the crate's page](crate#a-spool-on-disk) for what it promises.
pub struct Spool<T> {
    directory: PathBuf,
    codec: Arc<dyn Codec<T>>,
    max_bytes: u64,
    delay: Duration,
    sync: Duration,
    warn: Arc<dyn Fn(&str) + Send + Sync>,
}

impl<T> Spool<T> {
    /// A spool below `directory`, which is made if need be. Every destination has a directory of its own in it; several
    /// processes may share it.
    pub fn new(directory: impl Into<PathBuf>, codec: impl Codec<T>) -> Self {
        Self {
            directory: directory.into(),
            codec: Arc::new(codec),
            max_bytes: 64 << 20,
            delay: Duration::from_millis(20),
            sync: Duration::from_secs(1),
            warn: Arc::new(|message| eprintln!("{message}")),
        }
    }

    /// The most bytes on disk for one destination of one process, what earlier runs left included: 64 MiB unless told.
    /// What does not fit is in memory only, until there is room.
    #[must_use]
    pub fn max_bytes(self, bytes: u64) -> Self {
        Self { max_bytes: bytes, ..self }
    }

    /// How long an item may be in memory only: 20 ms unless told. One that is delivered earlier never gets to the disk.
    #[must_use]
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// How often the system is asked to bring the files to the disk itself: every second unless told. It matters when the
    /// machine stops, not when the process does.
    #[must_use]
    pub fn sync_every(self, interval: Duration) -> Self {
        Self { sync: interval, ..self }
    }

    /// Whom to tell, in a sentence, when the directory cannot be used, is full, or was damaged; once each. Standard error
    /// unless told.
    #[must_use]
    pub fn on_warning(self, warn: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { warn: Arc::new(warn), ..self }
    }

    /// A file is this long at the most, but for one item longer than that. When all in it are done, it is removed.
    fn file_bytes(&self) -> u64 {
        (self.max_bytes / 16).clamp(4 << 10, 4 << 20)
    }

    /// As much is written at once, but for one item longer than that.
    fn page_bytes(&self) -> usize {
        usize::try_from(self.file_bytes().min(256 << 10)).unwrap_or(usize::MAX)
    }
}

impl<T> Clone for Spool<T> {
    fn clone(&self) -> Self {
        Self {
            directory: self.directory.clone(),
            codec: Arc::clone(&self.codec),
            warn: Arc::clone(&self.warn),
            ..*self
        }
    }
}
