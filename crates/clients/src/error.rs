//! Why a call has no answer.

use reqwest::StatusCode;

/// Why a call has no answer. The texts hold neither addresses nor bodies; the causes do.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No connection, or it was lost before the answer was whole.
    #[error("{service} cannot be reached")]
    Unreachable {
        /// Name of the callee.
        service: &'static str,
        /// What the HTTP client said.
        #[source]
        source: Box<reqwest_middleware::Error>,
    },
    /// No answer within the limits of the client.
    #[error("{service} did not answer in time")]
    TimedOut {
        /// Name of the callee.
        service: &'static str,
        /// What the HTTP client said.
        #[source]
        source: Box<reqwest_middleware::Error>,
    },
    /// An answer other than the expected one.
    #[error("{service} answered {status}")]
    Status {
        /// Name of the callee.
        service: &'static str,
        /// What it answered.
        status: StatusCode,
    },
    /// A body that is not what the contract promises.
    #[error("{service} answered with a body that cannot be read")]
    Unreadable {
        /// Name of the callee.
        service: &'static str,
        /// Where the body is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A body without end, or nearly.
    #[error("{service} answered with more than {limit} bytes")]
    TooLarge {
        /// Name of the callee.
        service: &'static str,
        /// The most that is read.
        limit: usize,
    },
}

impl ClientError {
    /// Name of the callee.
    #[must_use]
    pub fn service(&self) -> &'static str {
        match self {
            Self::Unreachable { service, .. }
            | Self::TimedOut { service, .. }
            | Self::Status { service, .. }
            | Self::Unreadable { service, .. }
            | Self::TooLarge { service, .. } => service,
        }
    }

    /// A word of few values for the kind of failure.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "callee_unreachable",
            Self::TimedOut { .. } => "callee_timeout",
            Self::Status { .. } => "callee_status",
            Self::Unreadable { .. } => "callee_unreadable",
            Self::TooLarge { .. } => "callee_too_large",
        }
    }

    /// Whether the callee failed by itself, and so has reported the failure: it answered 5xx.
    #[must_use]
    pub fn is_reported_by_callee(&self) -> bool {
        matches!(self, Self::Status { status, .. } if status.is_server_error())
    }

    /// Whether the same call can never succeed: the callee's verdict is on the body itself. Other 4xx speak of the
    /// moment (408, 429) or of a wrong address or set-up (401, 403, 404, 405), which somebody may put right.
    #[must_use]
    pub fn is_final(&self) -> bool {
        const VERDICTS: [StatusCode; 4] = [
            StatusCode::BAD_REQUEST,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ];
        matches!(self, Self::Status { status, .. } if VERDICTS.contains(status))
    }

    pub(crate) fn from_transport(service: &'static str, error: reqwest_middleware::Error) -> Self {
        let timed_out = matches!(&error, reqwest_middleware::Error::Reqwest(error) if error.is_timeout());
        let source = Box::new(error);
        if timed_out { Self::TimedOut { service, source } } else { Self::Unreachable { service, source } }
    }
}
