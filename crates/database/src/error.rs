//! What can go wrong at start, and with a query.

use std::borrow::Cow;
use std::time::Duration;

use crate::{Location, OPEN_LIMIT};

/// Why a database cannot be used. The text is one sentence for the person who starts the service: it names the file
/// or the server, and never a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory of the file is absent, or could not be made.
    #[error("the directory of the {location} {problem}")]
    Directory {
        /// The place.
        location: Box<Location>,
        /// `does not exist`, or why it cannot be made.
        problem: String,
    },
    /// The file holds something else than a database, or a damaged one.
    #[error("the {location} is corrupt: {detail}")]
    Corrupt {
        /// The place.
        location: Box<Location>,
        /// What SQLite said.
        detail: String,
    },
    /// The database can be read and not written.
    #[error("the {location} is read-only")]
    ReadOnly {
        /// The place.
        location: Box<Location>,
    },
    /// Another process holds the database for longer than a start may take.
    #[error("the {location} is locked by another process")]
    Locked {
        /// The place.
        location: Box<Location>,
    },
    /// The server gave no answer in time.
    #[error("the {location} could not be reached within {OPEN_LIMIT:?}: {reason}")]
    Unreachable {
        /// The place.
        location: Box<Location>,
        /// How the last attempt failed.
        reason: String,
    },
    /// The server or the file system answered with a refusal.
    #[error("the {location} cannot be opened: {reason}")]
    Refused {
        /// The place.
        location: Box<Location>,
        /// The refusal in the database's own words.
        reason: String,
    },
    /// A migration failed, or the database is of another version of the service.
    #[error("the {location} cannot be migrated: {reason}")]
    Migration {
        /// The place.
        location: Box<Location>,
        /// What the migrator said.
        reason: String,
    },
}

/// Why a query has no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database gave no answer in time.
    #[error("no answer to `{summary}` within {limit:?}")]
    TimedOut {
        /// Operation and table, for example `SELECT activities`.
        summary: &'static str,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The database refused, is lost, or gave something unreadable.
    #[error("failed to run `{summary}`")]
    Failed {
        /// Operation and table, for example `SELECT activities`.
        summary: &'static str,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
}

impl Error {
    /// A short name for the kind of failure, of low cardinality: the database's own code (`23505`, `5`), or
    /// `timeout`, `pool_timeout`, `pool_closed`, `io`, `decode`, `protocol`, `row_not_found`, `_OTHER`.
    #[must_use]
    pub fn error_type(&self) -> Cow<'_, str> {
        match self {
            Self::TimedOut { .. } => Cow::Borrowed("timeout"),
            Self::Failed { source, .. } => error_type(source),
        }
    }

    /// The database's own code, where it answered with one: an SQLSTATE, or a result code of SQLite.
    #[must_use]
    pub fn code(&self) -> Option<Cow<'_, str>> {
        self.as_database_error().and_then(sqlx::error::DatabaseError::code)
    }

    /// Whether a row with the same key was there already.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        self.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }

    /// Whether the row refers to one that does not exist.
    #[must_use]
    pub fn is_foreign_key_violation(&self) -> bool {
        self.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
    }

    fn as_database_error(&self) -> Option<&dyn sqlx::error::DatabaseError> {
        match self {
            Self::Failed { source, .. } => source.as_database_error(),
            Self::TimedOut { .. } => None,
        }
    }
}

fn error_type(error: &sqlx::Error) -> Cow<'_, str> {
    match error {
        sqlx::Error::Database(error) => error.code().unwrap_or(Cow::Borrowed("_OTHER")),
        sqlx::Error::PoolTimedOut => Cow::Borrowed("pool_timeout"),
        sqlx::Error::PoolClosed => Cow::Borrowed("pool_closed"),
        sqlx::Error::Io(_) => Cow::Borrowed("io"),
        sqlx::Error::Tls(_) => Cow::Borrowed("tls"),
        sqlx::Error::Protocol(_) => Cow::Borrowed("protocol"),
        sqlx::Error::RowNotFound => Cow::Borrowed("row_not_found"),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Cow::Borrowed("decode"),
        _ => Cow::Borrowed("_OTHER"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_a_short_name() {
        let name = |source| Error::Failed { summary: "SELECT things", source }.error_type().into_owned();

        assert_eq!(name(sqlx::Error::PoolTimedOut), "pool_timeout");
        assert_eq!(name(sqlx::Error::PoolClosed), "pool_closed");
        assert_eq!(name(sqlx::Error::Io(std::io::ErrorKind::BrokenPipe.into())), "io");
        assert_eq!(name(sqlx::Error::RowNotFound), "row_not_found");
        assert_eq!(name(sqlx::Error::WorkerCrashed), "_OTHER");

        let late = Error::TimedOut { summary: "SELECT things", limit: Duration::from_secs(3) };
        assert_eq!(late.error_type(), "timeout");
    }
}
