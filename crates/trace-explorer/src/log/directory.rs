//! The data directory: whose it is, of which version, and what lies in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::record::{Scan, scan};
use super::{SegmentNumber, open_file};

/// The first line of the `format` file. A change of the record format changes the number.
const FORMAT: &str = "trace-explorer log 1\n";

/// Why a data directory cannot be used. Each says which path, for the person who starts the explorer.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Missing rights, a full disk, a file where a directory should be.
    #[error("cannot use the data directory: {}", path.display())]
    Unusable {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process holds the lock.
    #[error("the data directory {} is in use by another explorer: stop that one, or choose another directory", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// Written by another version, or not by the explorer at all.
    #[error("the data directory {} holds {found}, and this explorer reads `{}` only: choose another directory, or delete this one", path.display(), FORMAT.trim_end())]
    Format {
        /// The directory.
        path: PathBuf,
        /// What lies there instead.
        found: String,
    },
}

/// A data directory that this process has to itself.
pub(super) struct Directory {
    path: PathBuf,
    /// The lock is held until this is closed.
    _lock: File,
}

impl Directory {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenError::Unusable { path, source }
        };
        fs::create_dir_all(path).map_err(unusable(path))?;
        let lock_path = path.join("lock");
        let lock = open_file(OpenOptions::new().create(true).truncate(false).write(true), lock_path.clone())?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(unusable(&lock_path)(source)),
        }
        let directory = Self { path: path.to_owned(), _lock: lock };
        directory.check_format()?;
        Ok(directory)
    }

    /// Reads the version, or writes it into a directory that has nothing of ours yet.
    fn check_format(&self) -> Result<(), OpenError> {
        let format_path = self.path.join("format");
        let unusable = |source| OpenError::Unusable { path: format_path.clone(), source };
        let mismatch = |found: String| Err(OpenError::Format { path: self.path.clone(), found });
        match fs::read(&format_path) {
            Ok(found) if found == FORMAT.as_bytes() => Ok(()),
            Ok(found) if found.is_empty() || found.len() > 100 => {
                mismatch("a damaged `format` file".to_owned())
            }
            Ok(found) => mismatch(format!("`{}`", String::from_utf8_lossy(&found).trim_end().escape_debug())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if !self.segments()?.is_empty() {
                    return mismatch("segments without a `format` file".to_owned());
                }
                // Under another name first: a crash in between must not leave a damaged one.
                let temporary = self.path.join("format.new");
                fs::write(&temporary, FORMAT).map_err(unusable)?;
                fs::rename(&temporary, &format_path).map_err(unusable)?;
                self.sync().map_err(unusable)
            }
            Err(error) => Err(unusable(error)),
        }
    }

    pub(super) fn segment_path(&self, number: SegmentNumber) -> PathBuf {
        self.path.join(format!("{number:08}.log"))
    }

    /// The numbers of all segments, oldest first. Other files are none of our business.
    pub(super) fn segments(&self) -> Result<Vec<SegmentNumber>, OpenError> {
        let unusable = |source| OpenError::Unusable { path: self.path.clone(), source };
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(unusable)? {
            let name = entry.map_err(unusable)?.file_name();
            numbers.extend(
                name.to_str().and_then(|name| name.strip_suffix(".log")?.parse::<SegmentNumber>().ok()),
            );
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The bytes of a segment and the records in them.
    pub(super) fn read(&self, number: SegmentNumber) -> Result<(Bytes, Scan), OpenError> {
        let path = self.segment_path(number);
        let bytes = fs::read(&path).map_err(|source| OpenError::Unusable { path, source })?;
        let bytes = Bytes::from(bytes);
        let scan = scan(&bytes);
        Ok((bytes, scan))
    }

    /// Makes new and deleted names outlive a power cut.
    pub(super) fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}
