//! One file of the spool, held by this process.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use super::record::{self, Key, Kind};

/// A file, and which of the items in it are pending. It is only ever appended to.
pub(super) struct Segment {
    file: File,
    path: PathBuf,
    key: Key,
    length: u64,
    /// Items that the file holds; each may need a note to be done with it.
    notes: u64,
    /// Number in the queue and number in the file of each item that is pending, the oldest first.
    pending: VecDeque<(u64, u64)>,
    /// Items of the file below this number are done.
    done_below: u64,
    /// As far as that is written down.
    noted_below: u64,
    /// The number after the file's last item.
    end: u64,
    /// Something was appended since the last sync.
    dirty: bool,
}

impl Segment {
    /// A file with `length` bytes in it, whose items end before number `end`.
    pub(super) fn new(file: File, path: PathBuf, key: Key, length: u64, end: u64) -> Self {
        Self {
            file,
            path,
            key,
            length,
            notes: 1,
            pending: VecDeque::new(),
            done_below: 0,
            noted_below: 0,
            end,
            dirty: false,
        }
    }

    /// Bytes that the file takes, and that the notes may take that are yet to come.
    pub(super) fn claims(&self) -> u64 {
        self.length + self.notes * record::HEAD as u64
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn is_done(&self) -> bool {
        self.pending.is_empty()
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Appends whole records, of the items that the queue has under `numbers`. A failure leaves the file as it was.
    pub(super) fn append(&mut self, records: &[u8], numbers: &[u64]) -> io::Result<()> {
        self.write(records)?;
        self.dirty = true;
        let items = numbers.len() as u64;
        self.notes += items;
        self.pending.extend(numbers.iter().copied().zip(self.end..));
        self.end += items;
        Ok(())
    }

    fn write(&mut self, records: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(records) {
            // If even this fails, a reader skips the torn record.
            let _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.length += records.len() as u64;
        Ok(())
    }

    /// An item that is in the file already is in the queue now.
    pub(super) fn adopt(&mut self, number: u64, in_file: u64) {
        self.notes += 1;
        self.pending.push_back((number, in_file));
    }

    /// Notes that items of the file were counted as lost.
    pub(super) fn forget(&mut self, first: u64, items: u64) -> io::Result<()> {
        self.note(Kind::Gone, first, items)
    }

    /// The queue is done with its items below `number`. Answers whether there is something to write down.
    pub(super) fn advance(&mut self, number: u64) -> bool {
        while let Some((_, in_file)) = self.pending.pop_front_if(|(pending, _)| *pending < number) {
            self.done_below = in_file + 1;
        }
        self.done_below > self.noted_below
    }

    /// Writes down how far the file is done.
    pub(super) fn acknowledge(&mut self) -> io::Result<()> {
        self.note(Kind::Done, self.done_below, self.end)?;
        self.noted_below = self.done_below;
        Ok(())
    }

    fn note(&mut self, kind: Kind, number: u64, size: u64) -> io::Result<()> {
        self.write(&record::note(self.key, kind, number, size))?;
        self.notes = self.notes.saturating_sub(1);
        Ok(())
    }

    /// Makes what was appended last.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.dirty = false;
        self.file.sync_data()
    }

    /// Removes the file.
    pub(super) fn remove(self) -> io::Result<()> {
        fs::remove_file(self.path)
    }
}
