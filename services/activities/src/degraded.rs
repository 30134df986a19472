//! Answers that lack something because another service is down.

use actix_web::HttpResponse;
use clients::ClientError;
use serde::Serialize;

/// Tells the caller what the answer lacks: the names of the services that could not be asked.
const DEGRADED: &str = "x-degraded";

/// The services that an answer had to do without.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Degraded(Vec<&'static str>);

impl Degraded {
    /// The answer, or `fallback` when there is none. The failure is told here, once: at WARN when the callee answered
    /// 5xx and so has reported it, at ERROR when it could not.
    pub(crate) fn or<T>(&mut self, answer: Result<T, ClientError>, fallback: T) -> T {
        answer.unwrap_or_else(|error| {
            record(&error);
            self.0.push(error.service());
            fallback
        })
    }

    /// 200 with what there is.
    pub(crate) fn answer(&self, body: &impl Serialize) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if !self.0.is_empty() {
            response.insert_header((DEGRADED, self.0.join(", ")));
        }
        response.json(body)
    }
}

fn record(error: &ClientError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    if error.is_reported_by_callee() {
        tracing::warn!(
            peer.service = error.service(),
            "exception.type" = error.kind(),
            "exception.message" = %error,
            "Answered without a callee that failed"
        );
    } else {
        tracing::error!(
            peer.service = error.service(),
            "exception.type" = error.kind(),
            "exception.message" = %error,
            exception.cause = cause,
            "Answered without a callee that could not be asked"
        );
    }
}
