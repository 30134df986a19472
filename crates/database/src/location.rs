//! Where the data is: a SQLite file or a PostgreSQL database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// Where the data is. `Display` and `Debug` name the file, or host and database, and never hold a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file.
    Sqlite {
        /// The file.
        file: PathBuf,
        /// The URL that opens it.
        url: String,
        /// Whether the directory is made when it is absent: so for the default place, not for one that was asked for,
        /// where an absent directory is more likely a misspelling or a volume that was not mounted.
        create_directory: bool,
    },
    /// A database on a PostgreSQL server.
    Postgres {
        /// Host name, address, or directory of the Unix socket.
        host: String,
        /// TCP port.
        port: u16,
        /// Name of the database.
        database: String,
        /// The URL that opens it; holds the password.
        url: String,
    },
}

/// A `DATABASE_URL` that cannot be used. The text never holds the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// Neither SQLite nor PostgreSQL.
    #[error("must begin with `sqlite://` or `postgres://`")]
    Scheme,
    /// A SQLite database in memory: every connection of the pool would have one of its own.
    #[error("needs a file: a SQLite database in memory is not supported")]
    InMemory,
    /// Not a URL, or with a parameter that the driver does not know.
    #[error("is not a database URL")]
    Malformed(#[source] sqlx::Error),
}

impl Location {
    /// What `DATABASE_URL` says or, without it, the file of the service in the data directory.
    pub fn choose(url: Option<&str>, data_directory: &str, service: &str) -> Result<Self, LocationError> {
        url.map_or_else(|| Ok(Self::file_in(data_directory.as_ref(), service)), str::parse)
    }

    /// The file `{service}.db` in `directory`, which is made when it is absent.
    #[must_use]
    pub fn file_in(directory: &Path, service: &str) -> Self {
        let file = directory.join(format!("{service}.db"));
        let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
        Self::Sqlite { url: options.to_url_lossy().into(), file, create_directory: true }
    }

    fn sqlite(text: &str) -> Result<Self, LocationError> {
        let options = SqliteConnectOptions::from_str(text).map_err(LocationError::Malformed)?;
        let (path, parameters) = text.split_once('?').unwrap_or((text, ""));
        let path = path.trim_start_matches("sqlite:").trim_start_matches("//");
        if path.is_empty() || path == ":memory:" || parameters.contains("mode=memory") {
            return Err(LocationError::InMemory);
        }
        let file = options.get_filename().to_owned();
        let options = options.create_if_missing(!parameters.contains("mode="));
        Ok(Self::Sqlite { url: options.to_url_lossy().into(), file, create_directory: false })
    }

    fn postgres(text: &str) -> Result<Self, LocationError> {
        let options = PgConnectOptions::from_str(text).map_err(LocationError::Malformed)?;
        let socket = options.get_socket().map(|socket| socket.display().to_string());
        Ok(Self::Postgres {
            host: socket.unwrap_or_else(|| options.get_host().to_owned()),
            port: options.get_port(),
            database: options.get_database().unwrap_or(options.get_username()).to_owned(),
            url: text.to_owned(),
        })
    }
}

impl FromStr for Location {
    type Err = LocationError;

    /// Reads a `DATABASE_URL`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("sqlite", _)) => Self::sqlite(text),
            Some(("postgres" | "postgresql", _)) => Self::postgres(text),
            _ => Err(LocationError::Scheme),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { file, .. } => write!(f, "SQLite file {}", file.display()),
            Self::Postgres { host, port, database, .. } => {
                write!(f, "PostgreSQL database `{database}` on {host}:{port}")
            }
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_names_the_place_and_never_the_password() {
        let check = |url: &str, expected: &str| {
            let location: Location = url.parse().unwrap();
            assert_eq!(location.to_string(), expected);
            assert!(!format!("{location:?}").contains("hunter2"));
        };

        check("sqlite:///var/lib/a%20b.db", "SQLite file /var/lib/a b.db");
        check("sqlite://data/users.db?mode=ro", "SQLite file data/users.db");
        check("postgres://me:hunter2@db:5433/cruddur", "PostgreSQL database `cruddur` on db:5433");
        check("postgresql://me:hunter2@db", "PostgreSQL database `me` on db:5432");
    }

    #[test]
    fn what_is_no_database_url_is_refused_without_repeating_it() {
        let refusal = |url: &str| url.parse::<Location>().unwrap_err();

        assert!(matches!(refusal("mysql://me:hunter2@db/x"), LocationError::Scheme));
        assert!(matches!(refusal(""), LocationError::Scheme));
        assert!(matches!(refusal("sqlite::memory:"), LocationError::InMemory));
        assert!(matches!(refusal("sqlite://"), LocationError::InMemory));
        assert!(matches!(refusal("sqlite://a.db?mode=hunter2"), LocationError::Malformed(_)));
        assert!(matches!(refusal("postgres://me:hunter2@db:port/x"), LocationError::Malformed(_)));
        assert!(!refusal("postgres://me:hunter2@db:port/x").to_string().contains("hunter2"));
    }

    #[test]
    fn the_default_file_may_stand_in_any_directory() {
        let location = Location::file_in(Path::new("/tmp/a b?#%"), "users");

        let Location::Sqlite { url, file, .. } = location else { panic!("{location:?}") };

        assert_eq!(file, Path::new("/tmp/a b?#%/users.db"));
        assert_eq!(SqliteConnectOptions::from_str(&url).unwrap().get_filename(), file);
    }
}
