//! Why CloudWatch did not take events.

use std::error::Error as StdError;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};

/// Why a call did not succeed.
///
/// No text of it holds credentials or what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody said in which region.
    #[error("no AWS region is known: set AWS_REGION, for example to eu-central-1")]
    MissingRegion,
    /// None of the places where the SDK looks has credentials.
    #[error(
        "no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role"
    )]
    MissingCredentials,
    /// The credentials are wrong, or may not do this: `UnrecognizedClientException`, `AccessDeniedException` and their like.
    #[error("CloudWatch Logs refuses the credentials ({code}): {message}")]
    Denied {
        /// AWS's name of the error.
        code: String,
        /// What AWS says.
        message: String,
    },
    /// Too many calls in a second.
    #[error("CloudWatch Logs is asked too often at the moment ({code})")]
    Throttled {
        /// AWS's name of the error.
        code: String,
    },
    /// It is there and cannot do it just now.
    #[error("CloudWatch Logs cannot do it at the moment: {0}")]
    Unavailable(String),
    /// There was no connection, or it broke.
    #[error("CloudWatch Logs cannot be reached: {0}")]
    Unreachable(String),
    /// It took longer than it was given.
    #[error("CloudWatch Logs did not answer in time")]
    Timeout,
    /// It will never take this.
    #[error("CloudWatch Logs refuses this ({code}): {message}")]
    Refused {
        /// AWS's name of the error; the HTTP status where it has none.
        code: String,
        /// What AWS says.
        message: String,
    },
}

impl Error {
    /// Whether the same may succeed later. Credentials and region count: whoever forgot them may still add them, and a
    /// machine gets its role when it is ready.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Denied { .. } | Self::Refused { .. })
    }

    /// Whether somebody has to set something before anything can be sent.
    #[must_use]
    pub fn is_missing_setting(&self) -> bool {
        matches!(self, Self::MissingRegion | Self::MissingCredentials)
    }

    /// What the SDK says, in our words.
    pub(crate) fn of<E>(error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        match error {
            SdkError::ServiceError(service) => {
                let code = service.err().code().unwrap_or_default();
                Self::of_answer(status, code, service.err().message().unwrap_or_default())
            }
            SdkError::ResponseError(_) => {
                Self::Unavailable(format!("its answer, with status {status}, cannot be read"))
            }
            SdkError::TimeoutError(_) => Self::Timeout,
            other => Self::of_silence(other),
        }
    }

    fn of_answer(status: u16, code: &str, message: &str) -> Self {
        const DENIED: [&str; 7] = [
            "AccessDenied",
            "IncompleteSignature",
            "InvalidClientTokenId",
            "InvalidSignature",
            "MissingAuthenticationToken",
            "SignatureDoesNotMatch",
            "UnrecognizedClient",
        ];
        const THROTTLED: [&str; 5] =
            ["Throttling", "ThrottlingException", "TooManyRequests", "RequestLimitExceeded", "SlowDown"];
        // Somebody else changes the same group; credentials that have just expired are renewed by the SDK.
        const SOON: [&str; 4] = ["OperationAborted", "ExpiredToken", "RequestExpired", "ServiceUnavailable"];
        let is_one_of = |names: &[&str]| names.iter().any(|name| code.starts_with(name));
        let (code, message) = (code.to_owned(), message.to_owned());
        if status == 429 || is_one_of(&THROTTLED) {
            Self::Throttled { code: if code.is_empty() { status.to_string() } else { code } }
        } else if status >= 500 || is_one_of(&SOON) {
            Self::Unavailable(if message.is_empty() { format!("status {status}") } else { message })
        } else if matches!(status, 401 | 403) || is_one_of(&DENIED) {
            Self::Denied { code, message }
        } else {
            Self::Refused { code: if code.is_empty() { status.to_string() } else { code }, message }
        }
    }

    /// Nobody answered: the words are those of the system, at the end of the chain of causes.
    fn of_silence(error: &(dyn StdError + 'static)) -> Self {
        let causes: Vec<_> = std::iter::successors(Some(error), |&error| error.source()).collect();
        let told = causes.last().map(ToString::to_string).unwrap_or_default();
        match causes.iter().find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
            Some(CredentialsError::CredentialsNotLoaded(_)) => Self::MissingCredentials,
            Some(_) => Self::Unreachable(format!("its credentials could not be loaded: {told}")),
            None if causes.iter().any(|cause| is_timeout(*cause)) => Self::Timeout,
            None => Self::Unreachable(told),
        }
    }
}

fn is_timeout(cause: &(dyn StdError + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, code: &str) -> &'static str {
        match Error::of_answer(status, code, "said") {
            Error::Denied { .. } => "denied",
            Error::Throttled { .. } => "throttled",
            Error::Unavailable(_) => "unavailable",
            Error::Refused { .. } => "refused",
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_aws_answers_is_sorted_by_what_can_be_done() {
        for (status, code, expected) in [
            (400, "ThrottlingException", "throttled"),
            (429, "", "throttled"),
            (500, "", "unavailable"),
            (503, "ServiceUnavailableException", "unavailable"),
            (400, "OperationAbortedException", "unavailable"),
            (400, "ExpiredTokenException", "unavailable"),
            (400, "UnrecognizedClientException", "denied"),
            (400, "AccessDeniedException", "denied"),
            (403, "", "denied"),
            (400, "InvalidParameterException", "refused"),
            (413, "", "refused"),
        ] {
            assert_eq!(kind(status, code), expected, "{status} {code}");
        }
    }

    #[test]
    fn what_may_succeed_later_is_transient() {
        assert!(Error::MissingCredentials.is_transient() && Error::Timeout.is_transient());
        assert!(!Error::of_answer(400, "InvalidParameterException", "").is_transient());
        assert!(!Error::of_answer(403, "AccessDeniedException", "").is_transient());
    }
}
