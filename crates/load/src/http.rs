//! What both clients share: how they are built, and why a call failed.

use std::error::Error;
use std::iter;
use std::time::Duration;

use reqwest::{Client, StatusCode, Url};

/// Idle connections are given up before the services close theirs (actix-web: after 5 s), so that no request is sent
/// into a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(2);

/// Why a request has no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    #[error("no whole answer in time")]
    Timeout,
    #[error("no connection: {0}")]
    Connect(String),
    #[error("the connection broke: {0}")]
    Transport(String),
    #[error("answered {0}")]
    Status(StatusCode),
    #[error("answered something that is not understood: {0}")]
    Body(String),
}

impl From<reqwest::Error> for CallError {
    fn from(error: reqwest::Error) -> Self {
        let cause = iter::successors(error.source(), |&cause| cause.source()).last();
        let cause = cause.map_or_else(|| error.to_string(), ToString::to_string);
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_connect() {
            Self::Connect(cause)
        } else if error.is_decode() {
            Self::Body(cause)
        } else {
            Self::Transport(cause)
        }
    }
}

/// A client that goes straight to its address: a proxy of the environment would be part of what is measured.
/// `timeout` is for one request, its body included.
pub(crate) fn client(timeout: Duration) -> reqwest::Result<Client> {
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .pool_idle_timeout(IDLE)
        .user_agent(concat!("cruddur-load/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// `path`, which has no leading slash, below `base`.
pub(crate) fn below(base: &Url, path: &str) -> String {
    format!("{}/{path}", base.as_str().trim_end_matches('/'))
}
