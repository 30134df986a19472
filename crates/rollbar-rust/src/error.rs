//! Why something was not taken, and whether it may be sent again.

use std::time::Duration;

use crate::answer::RateLimit;

/// Why an item or a deploy was not taken.
///
/// Texts of the server are cut to one short line, and the token is replaced in them, so an error may be logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// 400: there was no JSON in the request, or none that could be read.
    #[error("the server cannot read the request: {message}")]
    BadRequest {
        /// What the server said.
        message: String,
    },
    /// 401: there was no token in the request.
    #[error("the server saw no access token: {message}")]
    Unauthorized {
        /// What the server said.
        message: String,
    },
    /// 403: the token is wrong, switched off, or not for this.
    #[error("the server refuses the access token: {message}")]
    Forbidden {
        /// What the server said.
        message: String,
    },
    /// 404: there is no such API, or no such deploy.
    #[error("the server does not know the address: {message}")]
    NotFound {
        /// What the server said.
        message: String,
    },
    /// 413: it is too large for this server. [`Item::payload_within`](crate::Item::payload_within) makes it smaller.
    #[error("the request is too large for the server: {message}")]
    TooLarge {
        /// What the server said.
        message: String,
    },
    /// 422: it was read, and something in it is wrong.
    #[error("the server refuses the content: {message}")]
    Unprocessable {
        /// What the server said.
        message: String,
    },
    /// 429: too many were sent, and this one was dropped.
    #[error("the rate limit is reached: {message}")]
    RateLimited {
        /// What the server said.
        message: String,
        /// When it may be sent again, by `Retry-After` or else by the headers of the rate limit, if they say.
        retry_after: Option<Duration>,
        /// What the headers say about the limit.
        limit: RateLimit,
    },
    /// 5xx: the server failed.
    #[error("the server answers {status}: {message}")]
    Server {
        /// The status.
        status: u16,
        /// What the server said.
        message: String,
        /// When it may be sent again, by `Retry-After`, if it says.
        retry_after: Option<Duration>,
    },
    /// 3xx: it is somewhere else. Nothing is sent there, because that would hand the token to another host.
    #[error("the server answers {status}, a redirect, which is not followed")]
    Redirected {
        /// The status.
        status: u16,
    },
    /// A status that the API does not have.
    #[error("the server answers {status}, which the API does not have: {message}")]
    Unexpected {
        /// The status.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// A success without the answer that belongs to it: by its status it was taken, but it may not have been Rollbar
    /// that said so.
    #[error("the server answers {status} and something that is no answer of the API: {reason}")]
    Unreadable {
        /// The status.
        status: u16,
        /// What is wrong with the answer.
        reason: String,
    },
    /// There was no answer in time; it may have arrived all the same.
    #[error("there was no answer in time")]
    Timeout(#[source] reqwest::Error),
    /// The connection could not be made, or was lost before the answer; it may have arrived all the same.
    #[error("the connection failed")]
    Connection(#[source] reqwest::Error),
}

/// Whether the same may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It would fail again.
    Never,
    /// It may succeed then, or after a time of the caller's choosing. An item's uuid makes a repeat harmless.
    After(Option<Duration>),
}

impl Error {
    /// Whether the same may be sent again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Server { retry_after, .. } => {
                Retry::After(*retry_after)
            }
            // 408: the server waited for us too long.
            Self::Timeout(_) | Self::Connection(_) | Self::Unexpected { status: 408, .. } => {
                Retry::After(None)
            }
            _ => Retry::Never,
        }
    }

    /// The status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::BadRequest { .. } => Some(400),
            Self::Unauthorized { .. } => Some(401),
            Self::Forbidden { .. } => Some(403),
            Self::NotFound { .. } => Some(404),
            Self::TooLarge { .. } => Some(413),
            Self::Unprocessable { .. } => Some(422),
            Self::RateLimited { .. } => Some(429),
            Self::Server { status, .. }
            | Self::Redirected { status }
            | Self::Unexpected { status, .. }
            | Self::Unreadable { status, .. } => Some(*status),
            Self::Timeout(_) | Self::Connection(_) => None,
        }
    }

    /// The client's error, without the URL: whoever logs an error wants its cause, not its address.
    pub(crate) fn of_transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_timeout() { Self::Timeout(error) } else { Self::Connection(error) }
    }
}
