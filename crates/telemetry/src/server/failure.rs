//! What a handler's error tells the middleware about a failed request.

use std::error::Error;
use std::panic::Location;

use rollbar_rust::Uuid;

use crate::reports::frames::Stack;
use crate::reports::{self, Cause};
use crate::spans::Live;

/// Why a request failed, put into the extensions of its 5xx response by whoever made that response. The middleware
/// turns it into one log event, one `exception` event on the span and one report, so nobody else has to tell of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// Whether this service failed by itself.
    pub origin: FailureOrigin,
    /// Type of the error, a word of few values: becomes `exception.type`.
    pub kind: String,
    /// What happened, with all causes, outermost first: becomes `exception.message`.
    pub message: String,
    /// What is for reports alone; boxed, because every `Result` of a handler has room for it.
    pub(crate) details: Box<Details>,
}

/// What a report says more than a log line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Details {
    /// The error and its causes one by one, outermost first.
    pub(crate) causes: Vec<Cause>,
    /// Where it failed, the most recent call last.
    pub(crate) stack: Stack,
}

/// The type of a panic.
const PANIC: &str = "panic";

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
    #[track_caller]
    pub fn here(kind: impl Into<String>, error: &dyn Error) -> Self {
        Self::of(FailureOrigin::Here, kind.into(), error)
    }

    /// A failure that a callee has reported already.
    #[must_use]
    #[track_caller]
    pub fn of_callee(kind: impl Into<String>, error: &dyn Error) -> Self {
        Self::of(FailureOrigin::Callee, kind.into(), error)
    }

    #[track_caller]
    fn of(origin: FailureOrigin, kind: String, error: &dyn Error) -> Self {
        let mut causes = Cause::chain(error);
        // The caller knows better than an error can tell.
        if let Some(outermost) = causes.first_mut() {
            outermost.class.clone_from(&kind);
        }
        let stack = Stack::at(Location::caller());
        Self { origin, kind, message: chain(error), details: Box::new(Details { causes, stack }) }
    }

    /// A panic of a handler.
    pub(super) fn panic(error: &dyn Error, text: &str, stack: Stack) -> Self {
        let causes = vec![Cause { class: PANIC.to_owned(), message: text.to_owned() }];
        Self {
            details: Box::new(Details { causes, stack }),
            ..Self::of(FailureOrigin::Here, PANIC.to_owned(), error)
        }
    }

    pub(crate) fn is_panic(&self) -> bool {
        self.kind == PANIC
    }

    /// A failure of which no error is known, but its text.
    pub(super) fn unknown(kind: &str, message: String) -> Self {
        let causes = vec![Cause { class: kind.to_owned(), message: message.clone() }];
        Self {
            origin: FailureOrigin::Here,
            kind: kind.to_owned(),
            message,
            details: Box::new(Details { causes, stack: Stack::default() }),
        }
    }

    /// A 5xx that a handler made by hand, without an error.
    pub(super) fn unexplained() -> Self {
        Self::unknown("unexplained", "the handler answered so without giving an error".to_owned())
    }

    /// What its log line and its report are called. It is a constant, so that both are grouped by it.
    pub(super) fn summary(&self) -> &'static str {
        match self.origin {
            FailureOrigin::Here => HERE,
            FailureOrigin::Callee => CALLEE,
        }
    }

    /// Reports it, in the span of the request, which is `live` if it is recorded. Answers the uuid of the report.
    pub(super) fn report(&self, status: u16, live: Option<&Live>) -> Option<Uuid> {
        reports::current()?.failure(self, self.summary(), status, live)
    }
}

/// What is said of a failure of this service, and of one of a callee.
const HERE: &str = "Request failed";
const CALLEE: &str = "Request failed in a callee";

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
