//! The files of a spool: their names, and who may touch them.
//!
//! Each file belongs to the process that holds its lock, which the system takes back from a process that ends, however it
//! ends. A file that nobody holds is what an earlier run left.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a file of the spool is called: `<start of the run>-<run>-<first item>.spool`, in hexadecimal digits of constant
/// number, so that names sort by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    started: u64,
    /// Drawn at random.
    pub(super) run: u64,
    /// The number of the first item.
    pub(super) first: u64,
}

impl Name {
    pub(super) fn new() -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        // The standard library's hasher is seeded by the system's random numbers.
        let run = RandomState::new().build_hasher().finish();
        Self { started: u64::try_from(started).unwrap_or_default(), run, first: 0 }
    }

    fn parse(name: &OsStr) -> Option<Self> {
        let name = name.to_str()?.strip_suffix(".spool")?;
        let numbers = name.split('-').map(|digits| {
            let hexadecimal = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            hexadecimal.then(|| u64::from_str_radix(digits, 16).ok())?
        });
        let [started, run, first] = numbers.collect::<Option<Vec<u64>>>()?.try_into().ok()?;
        Some(Self { started, run, first })
    }

    fn file(&self) -> String {
        format!("{:016x}-{:016x}-{:016x}.spool", self.started, self.run, self.first)
    }
}

/// The directory of one destination.
pub(super) struct Directory(PathBuf);

/// A file that an earlier run left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Orphan {
    pub(super) name: Name,
    pub(super) bytes: u64,
}

impl Directory {
    /// The directory of a destination below `parent`. Its name is the destination's, with everything that could mean
    /// something to a file system written as `%` and two digits.
    pub(super) fn of(parent: &Path, destination: &str) -> Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let name: String = destination
            .bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") })
            .collect();
        Self(parent.join(if name.is_empty() { "%" } else { &name }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn file(&self, name: Name) -> PathBuf {
        self.0.join(name.file())
    }

    /// Makes it, for this user alone: items may tell about people.
    pub(super) fn create(&self) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.0)
    }

    /// Makes a file that is this process's from the first moment: it gets its name when it is locked.
    pub(super) fn create_file(&self, name: Name) -> io::Result<File> {
        let (path, unnamed) = (self.file(name), self.file(name).with_extension("new"));
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.create_new(true).append(true).open(&unnamed)?;
        let named = file.try_lock().map_err(io::Error::from).and_then(|()| fs::rename(&unnamed, path));
        if let Err(error) = named {
            let _ = fs::remove_file(unnamed);
            return Err(error);
        }
        Ok(file)
    }

    /// The files that nobody holds, the oldest first.
    pub(super) fn orphans(&self) -> io::Result<Vec<Orphan>> {
        let mut orphans = vec![];
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            sweep(&entry);
            let Some(name) = Name::parse(&entry.file_name()) else { continue };
            let Ok(Some((_, bytes))) = self.claim(name) else { continue };
            orphans.push(Orphan { name, bytes });
        }
        orphans.sort_by_key(|orphan| orphan.name);
        Ok(orphans)
    }

    /// Takes a file that nobody holds, and tells its length in bytes; `None` when somebody does, or did and removed it.
    pub(super) fn claim(&self, name: Name) -> io::Result<Option<(File, u64)>> {
        let path = self.file(name);
        let file = match OpenOptions::new().read(true).append(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Whoever held it until now may have removed it between our opening and our locking. Names are used once.
        if !fs::exists(&path)? {
            return Ok(None);
        }
        let length = file.metadata()?.len();
        Ok(Some((file, length)))
    }

    /// Makes the names of new files last.
    pub(super) fn sync(&self) -> io::Result<()> {
        if cfg!(unix) { File::open(&self.0)?.sync_all() } else { Ok(()) }
    }
}

/// Removes a file that a process began a while ago and never named.
fn sweep(entry: &fs::DirEntry) {
    let unnamed = entry.path().extension() == Some(OsStr::new("new"))
        && Name::parse(entry.path().with_extension("spool").file_name().unwrap_or_default()).is_some();
    let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
    if unnamed && age().is_some_and(|age| age > Duration::from_mins(1)) {
        let _ = fs::remove_file(entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> (tempfile::TempDir, Directory) {
        let parent = tempfile::tempdir().unwrap();
        let directory = Directory::of(parent.path(), "it");
        directory.create().unwrap();
        (parent, directory)
    }

    #[test]
    fn a_name_is_read_as_it_was_written_and_nothing_else_is() {
        let name = Name { first: 77, ..Name::new() };
        assert_eq!(Name::parse(name.file().as_ref()), Some(name));

        for other in ["", "README.md", "0-0-0.spool", &name.file().replace(".spool", ".new")] {
            assert_eq!(Name::parse(other.as_ref()), None, "{other}");
        }
        assert_eq!(Name::parse(name.file().replace('-', "+").as_ref()), None);
    }

    #[test]
    fn destinations_never_share_or_leave_their_directory() {
        let parent = Path::new("/spool");
        let path = |name: &str| Directory::of(parent, name).path().to_owned();

        assert_eq!(path("honeycomb"), parent.join("honeycomb"));
        assert_eq!(path("../../etc"), parent.join("%2e%2e%2f%2e%2e%2fetc"));
        assert_eq!(path(""), parent.join("%"));
        assert_ne!(path("a.b"), path("a%2eb"));
    }

    #[test]
    fn a_file_is_claimed_by_one() {
        let (_parent, directory) = directory();
        let name = Name::new();
        let file = directory.create_file(name).unwrap();
        assert!(directory.orphans().unwrap().is_empty(), "its maker lives");

        drop(file);
        assert_eq!(directory.orphans().unwrap().len(), 1);
        let claimed = directory.claim(name).unwrap();
        assert!(claimed.is_some());
        assert!(directory.claim(name).unwrap().is_none(), "it is taken");
        assert!(directory.orphans().unwrap().is_empty());

        fs::remove_file(directory.file(name)).unwrap();
        drop(claimed);
        assert!(directory.claim(name).unwrap().is_none(), "it is gone");
    }

    #[test]
    fn only_files_of_the_spool_are_touched() {
        let (_parent, directory) = directory();
        for name in ["notes.txt", "old.new", "x.spool"] {
            fs::write(directory.path().join(name), "mine").unwrap();
        }

        assert!(directory.orphans().unwrap().is_empty());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;

        let (_parent, directory) = directory();
        let name = Name::new();
        directory.create_file(name).unwrap();

        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(directory.path()), mode(&directory.file(name))), (0o700, 0o600));
    }
}
