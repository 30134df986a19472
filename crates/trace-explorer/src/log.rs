//! The log on disk: what was accepted, in segments of bounded size, replayed at the next start.
//!
//! A directory holds `format` (its version), `lock` (held by the one process that uses it) and `00000001.log`,
//! `00000002.log`, … Appending never changes bytes that are already written; only whole segments are deleted, the
//! oldest first.

mod directory;
mod record;
mod segment;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::ids::TraceId;
use directory::Directory;
pub use directory::OpenError;
pub(crate) use record::{Kind, Record};
use segment::{Active, Segment};

/// The number of a segment; later ones are larger.
pub(crate) type SegmentNumber = u64;

/// The log, open for appending.
pub(crate) struct Log {
    directory: Directory,
    /// Segments that are full, oldest first.
    full: VecDeque<Segment>,
    active: Active,
    segment_bytes: u64,
    /// Something was appended after the last [`sync`](Self::sync).
    unsynced: bool,
}

impl Log {
    /// Opens or creates the log in `path` and hands every intact record to `replay`, oldest first.
    ///
    /// Damage is not an error: it is skipped, and `warn` is told in one sentence for each.
    pub(crate) fn open(
        path: &Path,
        segment_bytes: u64,
        mut replay: impl FnMut(SegmentNumber, Record),
        mut warn: impl FnMut(String),
    ) -> Result<Self, OpenError> {
        let directory = Directory::open(path)?;
        let mut full = VecDeque::new();
        let mut numbers = directory.segments()?.into_iter().peekable();
        let mut last = None;
        while let Some(number) = numbers.next() {
            let newest = numbers.peek().is_none();
            let (bytes, scan) = directory.read(number)?;
            segment::report(&directory.segment_path(number), &bytes, &scan, newest, &mut warn);
            scan.records.into_iter().for_each(|record| replay(number, record));
            if newest {
                last = Some((number, scan.end as u64));
            } else {
                full.push_back(Segment { number, bytes: bytes.len() as u64 });
            }
        }
        let active = match last {
            Some((number, end)) => Active::reopen(directory.segment_path(number), number, end),
            None => Active::create(directory.segment_path(1), 1),
        };
        let active = active.map_err(|source| OpenError::Unusable { path: path.to_owned(), source })?;
        Ok(Self { directory, full, active, segment_bytes, unsynced: false })
    }

    /// Bytes of all segments.
    pub(crate) fn bytes(&self) -> u64 {
        self.full.iter().map(|segment| segment.bytes).sum::<u64>() + self.active.end
    }

    /// The bytes that the record of a payload takes.
    pub(crate) fn record_bytes(payload: &Bytes) -> u64 {
        (record::HEADER + payload.len()) as u64
    }

    /// Appends what was accepted and says in which segment it is. After an error nothing was appended.
    pub(crate) fn append(&mut self, kind: Kind, payload: &Bytes) -> io::Result<SegmentNumber> {
        let header = record::header_of(kind, payload).ok_or(io::ErrorKind::FileTooLarge)?;
        self.roll_if_full(Self::record_bytes(payload))?;
        self.write(&[&header, payload])
    }

    /// Appends that `traces` are dropped.
    pub(crate) fn append_dropped(&mut self, traces: &[TraceId]) -> io::Result<()> {
        let record = record::dropped_record(traces).ok_or(io::ErrorKind::FileTooLarge)?;
        self.write(&[&record]).map(drop)
    }

    fn write(&mut self, parts: &[&[u8]]) -> io::Result<SegmentNumber> {
        self.unsynced = true;
        self.active.append(parts)?;
        Ok(self.active.number)
    }

    fn roll_if_full(&mut self, more: u64) -> io::Result<()> {
        let empty = self.active.end == 0;
        if (empty || self.active.end + more <= self.segment_bytes) && !self.active.broken {
            return Ok(());
        }
        self.roll()
    }

    fn roll(&mut self) -> io::Result<()> {
        let number = self.active.number + 1;
        let next = Active::create(self.directory.segment_path(number), number)?;
        self.active.file.sync_data()?;
        let previous = std::mem::replace(&mut self.active, next);
        self.full.push_back(Segment { number: previous.number, bytes: previous.end });
        self.directory.sync()
    }

    /// The segment that goes next when room is needed.
    pub(crate) fn oldest(&mut self) -> io::Result<SegmentNumber> {
        if self.full.is_empty() {
            self.roll()?;
        }
        Ok(self.full.front().map_or(self.active.number, |segment| segment.number))
    }

    /// Deletes the oldest full segment.
    pub(crate) fn delete_oldest(&mut self) -> io::Result<()> {
        if let Some(segment) = self.full.front() {
            std::fs::remove_file(self.directory.segment_path(segment.number))?;
            self.full.pop_front();
        }
        Ok(())
    }

    /// Makes everything that was appended outlive a power cut.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if self.unsynced {
            self.active.file.sync_data()?;
            self.unsynced = false;
        }
        Ok(())
    }
}

/// Opens `path` with the name of it in the error.
fn open_file(options: &std::fs::OpenOptions, path: PathBuf) -> Result<File, OpenError> {
    options.open(&path).map_err(|source| OpenError::Unusable { path, source })
}
