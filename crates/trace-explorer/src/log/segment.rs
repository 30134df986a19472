//! Segments: the one that is appended to, and what is said about damage in one.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::SegmentNumber;
use super::record::Scan;

/// A segment that is full.
pub(super) struct Segment {
    pub(super) number: SegmentNumber,
    pub(super) bytes: u64,
}

/// The segment that is appended to.
pub(super) struct Active {
    pub(super) number: SegmentNumber,
    pub(super) file: File,
    /// Where the last record ends.
    pub(super) end: u64,
    /// A failed append could not be undone, so the next one goes to a new segment.
    pub(super) broken: bool,
}

impl Active {
    pub(super) fn create(path: PathBuf, number: SegmentNumber) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).truncate(true).write(true).open(path)?;
        Ok(Self { number, file, end: 0, broken: false })
    }

    /// Opens the newest segment of the last run; what lies beyond `end` is cut off.
    pub(super) fn reopen(path: PathBuf, number: SegmentNumber, end: u64) -> io::Result<Self> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.set_len(end)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { number, file, end, broken: false })
    }

    /// Appends one record, or nothing of it.
    pub(super) fn append(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        match write_all(&mut self.file, parts) {
            Ok(written) => {
                self.end += written;
                Ok(())
            }
            Err(error) => {
                let undone = self.file.set_len(self.end).and_then(|()| self.file.seek(SeekFrom::End(0)));
                self.broken = undone.is_err();
                Err(error)
            }
        }
    }
}

/// Writes header and payload in one system call where the system takes them in one.
fn write_all(file: &mut File, parts: &[&[u8]]) -> io::Result<u64> {
    let mut slices: Vec<IoSlice> = parts.iter().map(|part| IoSlice::new(part)).collect();
    let mut slices = &mut slices[..];
    let mut written = 0;
    while !slices.is_empty() {
        match file.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => {
                written += n as u64;
                IoSlice::advance_slices(&mut slices, n);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

/// Tells `warn` about every damage, one sentence each.
pub(super) fn report(path: &Path, bytes: &[u8], scan: &Scan, newest: bool, warn: &mut impl FnMut(String)) {
    let path = path.display();
    for (offset, length) in &scan.damaged {
        warn(format!("{path}: skipped {length} damaged bytes at offset {offset}"));
    }
    match bytes.len() - scan.end {
        0 => {}
        length if newest => {
            warn(format!("{path}: cut off {length} bytes of an unfinished record at the end"));
        }
        length => warn(format!("{path}: skipped {length} damaged bytes at offset {}", scan.end)),
    }
}
