//! What a destination answered, and what that means for a batch.

use std::fmt;
use std::time::Duration;

use delivery::Outcome;

/// The end of one attempt to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Taken, but for `refused` items.
    Taken { refused: usize, message: String },
    /// To be sent again.
    Later { code: Code, after: Option<Duration>, message: String },
    /// Never to be sent again.
    Refused { code: Code, message: String },
}

/// The answer in the protocol's own terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// There was no answer.
    None,
    Http(u16),
    Grpc(tonic::Code),
    /// A success, and a page for people instead of OTLP: something stands in between.
    WebPage,
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => out.write_str("no answer"),
            Self::Http(status) => write!(out, "it answers {status}"),
            Self::Grpc(code) => write!(out, "it answers {code:?}"),
            Self::WebPage => out.write_str("it answers with a web page"),
        }
    }
}

impl Answer {
    /// By OTLP's rules for clients ("OTLP/HTTP Response"): 429, 502, 503 and 504 are tried again, everything else that
    /// is no success is final, a redirect included.
    pub(super) fn of_http(status: u16, after: Option<Duration>, message: &str) -> Self {
        let (code, message) = (Code::Http(status), message.to_owned());
        match status {
            429 | 502 | 503 | 504 => Self::Later { code, after, message },
            _ => Self::Refused { code, message },
        }
    }

    /// By OTLP's table of gRPC codes ("OTLP/gRPC Response"); `RESOURCE_EXHAUSTED` is tried again only when the
    /// destination says when.
    pub(super) fn of_grpc(code: tonic::Code, after: Option<Duration>, message: &str) -> Self {
        use tonic::Code::{
            Aborted, Cancelled, DataLoss, DeadlineExceeded, OutOfRange, ResourceExhausted, Unavailable,
        };
        let is_temporary = match code {
            Cancelled | DeadlineExceeded | Aborted | OutOfRange | Unavailable | DataLoss => true,
            ResourceExhausted => after.is_some(),
            _ => false,
        };
        let (code, message) = (Code::Grpc(code), message.to_owned());
        if is_temporary { Self::Later { code, after, message } } else { Self::Refused { code, message } }
    }

    /// No answer at all, which is tried again.
    pub(super) fn none(error: impl std::fmt::Display) -> Self {
        Self::Later { code: Code::None, after: None, message: error.to_string() }
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Taken { refused: 0, .. } => Outcome::Delivered,
            Self::Taken { refused, .. } => Outcome::Partly { rejected: *refused },
            Self::Later { after, .. } => Outcome::Retry { after: *after },
            Self::Refused { .. } => Outcome::Rejected,
        }
    }

    /// What a person should hear of it; `None` when there is nothing to tell.
    pub(super) fn trouble(&self) -> Option<String> {
        match self {
            Self::Taken { refused: 0, message } if message.is_empty() => None,
            Self::Taken { refused: 0, message } => Some(format!("taken with a warning: {message}")),
            Self::Taken { refused, message } => Some(format!("{refused} refused: {message}")),
            Self::Later { code, message, .. } => {
                Some(format!("failed delivery, to be tried again: {code} {message}"))
            }
            Self::Refused { code, message } => Some(format!("refused: {code} {message}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AFTER: Option<Duration> = Some(Duration::from_secs(3));

    #[test]
    fn a_status_is_read_by_the_rules_of_otlp() {
        for status in [429, 502, 503, 504] {
            let outcome = Answer::of_http(status, AFTER, "").outcome();
            assert_eq!(outcome, Outcome::Retry { after: AFTER }, "{status}");
        }
        for status in [302, 400, 401, 403, 404, 413, 500, 501] {
            assert_eq!(Answer::of_http(status, AFTER, "").outcome(), Outcome::Rejected, "{status}");
        }
        assert_eq!(Answer::none("gone").outcome(), Outcome::Retry { after: None });
        let taken = |refused| Answer::Taken { refused, message: String::new() }.outcome();
        assert_eq!((taken(0), taken(2)), (Outcome::Delivered, Outcome::Partly { rejected: 2 }));
    }

    #[test]
    fn a_code_is_read_by_the_table_of_otlp() {
        use tonic::Code::{
            Aborted, AlreadyExists, Cancelled, DataLoss, DeadlineExceeded, FailedPrecondition, Internal,
            InvalidArgument, NotFound, OutOfRange, PermissionDenied, ResourceExhausted, Unauthenticated,
            Unavailable, Unimplemented, Unknown,
        };
        let outcome = |code, after| Answer::of_grpc(code, after, "").outcome();

        for code in [Cancelled, DeadlineExceeded, Aborted, OutOfRange, Unavailable, DataLoss] {
            assert_eq!(outcome(code, None), Outcome::Retry { after: None }, "{code:?}");
        }
        for code in [
            Unknown,
            InvalidArgument,
            NotFound,
            AlreadyExists,
            PermissionDenied,
            Unauthenticated,
            FailedPrecondition,
            Unimplemented,
            Internal,
        ] {
            assert_eq!(outcome(code, AFTER), Outcome::Rejected, "{code:?}");
        }
        assert_eq!(outcome(ResourceExhausted, None), Outcome::Rejected);
        assert_eq!(outcome(ResourceExhausted, AFTER), Outcome::Retry { after: AFTER });
    }
}
