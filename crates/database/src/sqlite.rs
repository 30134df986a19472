//! Opening a SQLite file: is it there, sound and writable?

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::error::DatabaseError;
use sqlx::{AnyConnection, Connection, Executor};

use crate::open::{Migration, connect_options, migrate, refused};
use crate::{Location, OpenError};

/// What every connection of the pool sets. WAL with `NORMAL`: a crash of the process loses nothing; a power cut may take
/// the last moments' transactions, whole ones only, so that an activity and its outbox row go or stay together.
/// `busy_timeout` is for other processes: in this one, writers take turns before they ask SQLite.
pub(crate) const SESSION: &str = "PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000";

/// Changes nothing, and yet SQLite refuses it on a file that it cannot write. `BEGIN IMMEDIATE` is no such probe: on a
/// read-only file SQLite takes it for a plain `BEGIN`.
const WRITE_PROBE: &str = "DELETE FROM _sqlx_migrations WHERE version < 0";

/// How long a lock of another process is waited out; an attempt that begins within it adds the busy timeout.
const LOCK_LIMIT: Duration = Duration::from_secs(5);

/// Pause between attempts at a locked file.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Primary result codes, <https://www.sqlite.org/rescode.html>; the low byte of an extended code.
mod code {
    pub(super) const BUSY: i32 = 5;
    pub(super) const READONLY: i32 = 8;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const NOTADB: i32 = 26;
}

/// Checks the file, brings its schema up to date and closes it again.
///
/// Processes that start on one new file meet at the switch to WAL, which SQLite refuses at once while another holds the
/// file, whatever its busy timeout; so a lock is waited out here.
pub(crate) async fn prepare(
    location: &Location,
    file: &Path,
    url: &str,
    create_directory: bool,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    let give_up = Instant::now() + LOCK_LIMIT;
    loop {
        match prepare_once(location, file, url, create_directory, migrations).await {
            Err(OpenError::Locked { .. }) if Instant::now() < give_up => tokio::time::sleep(LOCK_PAUSE).await,
            outcome => return outcome,
        }
    }
}

async fn prepare_once(
    location: &Location,
    file: &Path,
    url: &str,
    create_directory: bool,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    prepare_directory(location, file, create_directory).await?;
    let options = connect_options(location, url)?;
    let failed = |error| explain(location, &error);
    let mut connection = AnyConnection::connect_with(&options).await.map_err(failed)?;
    check_integrity(location, &mut connection).await?;
    // WAL is a property of the file, so once is enough for all connections.
    connection.execute("PRAGMA journal_mode = WAL").await.map_err(failed)?;
    connection.execute(SESSION).await.map_err(failed)?;
    // IMMEDIATE takes the write lock, so that two processes that start on one file migrate one after the other.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    migrate(location, migrations, &mut transaction).await?;
    transaction.execute(WRITE_PROBE).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    connection.close().await.map_err(failed)
}

async fn prepare_directory(location: &Location, file: &Path, create: bool) -> Result<(), OpenError> {
    let Some(directory) = file.parent().filter(|directory| !directory.as_os_str().is_empty()) else {
        return Ok(());
    };
    let problem = if create {
        tokio::fs::create_dir_all(directory).await.err().map(|error| format!("cannot be made: {error}"))
    } else {
        let exists = tokio::fs::try_exists(directory).await.unwrap_or(false);
        (!exists).then(|| "does not exist".to_owned())
    };
    match problem {
        None => Ok(()),
        Some(problem) => Err(OpenError::Directory { location: Box::new(location.clone()), problem }),
    }
}

async fn check_integrity(location: &Location, connection: &mut AnyConnection) -> Result<(), OpenError> {
    let answer = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)").fetch_one(connection).await;
    match answer {
        Ok(answer) if answer == "ok" => Ok(()),
        Ok(detail) => Err(OpenError::Corrupt { location: Box::new(location.clone()), detail }),
        Err(error) => Err(explain(location, &error)),
    }
}

/// Tells what is wrong with the file from SQLite's result code.
pub(crate) fn explain(location: &Location, error: &sqlx::Error) -> OpenError {
    let place = || Box::new(location.clone());
    let database_error = error.as_database_error();
    let extended = database_error.and_then(DatabaseError::code).and_then(|code| code.parse::<i32>().ok());
    match extended.map(|code| code & 0xff) {
        Some(code::CORRUPT | code::NOTADB) => {
            let detail = database_error.map_or("", |error| error.message()).to_owned();
            OpenError::Corrupt { location: place(), detail }
        }
        Some(code::READONLY) => OpenError::ReadOnly { location: place() },
        Some(code::CANTOPEN) if is_read_only(location) => OpenError::ReadOnly { location: place() },
        Some(code::BUSY) => OpenError::Locked { location: place() },
        _ => refused(location, error),
    }
}

/// Whether the system refuses to write the file or its log beside it; SQLite says no more than "unable to open".
fn is_read_only(location: &Location) -> bool {
    let Location::Sqlite { file, .. } = location else { return false };
    let mut log = file.clone().into_os_string();
    log.push("-wal");
    let refused = |opened: std::io::Result<File>| {
        let kind = opened.err().map(|error| error.kind());
        matches!(kind, Some(ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied))
    };
    refused(OpenOptions::new().append(true).open(file))
        || refused(OpenOptions::new().append(true).create(true).open(log))
}
