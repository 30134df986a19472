//! Why there was no run at all.

use std::io;

use crate::http::CallError;

/// What keeps a run from starting, or its figures from being written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(
        "the service at {url} cannot be used; start everything with `docker compose up --build --wait` or \
         `scripts/up`, or name another address with --url"
    )]
    Service { url: String, source: CallError },
    #[error(
        "the explorer at {url} cannot be used; start everything with `docker compose up --build --wait` or \
         `scripts/up`, or name another address with --explorer"
    )]
    Explorer { url: String, source: CallError },
    #[error("cannot prepare the run: {0}")]
    Prepare(String),
    #[error("cannot make an HTTP client")]
    Client(#[source] reqwest::Error),
    #[error("cannot start the runtime")]
    Start(#[source] io::Error),
    #[error("cannot {action} the file of --json")]
    Json { action: &'static str, source: io::Error },
}
