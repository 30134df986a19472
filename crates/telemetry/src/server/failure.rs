//! What a handler's error tells the middleware about a failed request.

use std::error::Error;

/// Why a request failed, put into the extensions of its 5xx response by whoever made that response. The middleware
/// turns it into one log event and one `exception` event on the span, so nobody else has to log it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whether this service failed by itself.
    pub origin: FailureOrigin,
    /// Type of the error, a word of few values: becomes `exception.type`.
    pub kind: String,
    /// What happened, with all causes, outermost first: becomes `exception.message`.
    pub message: String,
}

/// Who failed. Each service reports its own failures, so that one failure is reported once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureOrigin {
    /// This service, or a callee that could not be reached and so cannot report: level ERROR.
    Here,
    /// A callee that answered 5xx, and has reported: level WARN.
    Callee,
}

impl Failure {
    /// A failure of this service, described by `error` and its sources.
    #[must_use]
    pub fn here(kind: impl Into<String>, error: &dyn Error) -> Self {
        Self { origin: FailureOrigin::Here, kind: kind.into(), message: chain(error) }
    }

    /// A failure that a callee has reported already.
    #[must_use]
    pub fn of_callee(kind: impl Into<String>, error: &dyn Error) -> Self {
        Self { origin: FailureOrigin::Callee, kind: kind.into(), message: chain(error) }
    }

    /// A failure of which no error is known, but its text.
    pub(super) fn unknown(kind: &str, message: String) -> Self {
        Self { origin: FailureOrigin::Here, kind: kind.to_owned(), message }
    }

    /// A 5xx that a handler made by hand, without an error.
    pub(super) fn unexplained() -> Self {
        Self::unknown("unexplained", "the handler answered so without giving an error".to_owned())
    }

    /// One event, at the level that the origin asks for. The message is a constant, so that reporters group it.
    pub(super) fn log(&self, status: u16) {
        let status = i64::from(status);
        match self.origin {
            FailureOrigin::Here => tracing::error!(
                http.response.status_code = status,
                "exception.type" = %self.kind,
                "exception.message" = %self.message,
                "Request failed"
            ),
            FailureOrigin::Callee => tracing::warn!(
                http.response.status_code = status,
                "exception.type" = %self.kind,
                "exception.message" = %self.message,
                "Request failed in a callee"
            ),
        }
    }
}

/// An error and its sources, outermost first: `failed to load: connection refused`. A source whose text its parent
/// has already is not repeated.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("failed to load `londo`")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn the_causes_follow_the_error() {
        let error = Outer(std::io::Error::other("disk on fire"));

        assert_eq!(Failure::here("load", &error).message, "failed to load `londo`: disk on fire");
    }
}
