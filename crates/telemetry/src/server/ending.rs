//! What is to be told when a request ends: to its span, to the metrics, and in its log line.

use std::error::Error;

use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use opentelemetry_semantic_conventions::attribute;

use super::Failure;
use super::access::Access;
use crate::metrics::Measure;
use crate::spans::Pending;

/// `error.type` of a body that failed.
const BROKEN: &str = "response_body";

/// A request that has not ended. Dropped, it tells that the caller went away: each part does so by itself.
pub(super) struct Ending {
    pub(super) pending: Pending,
    pub(super) measure: Option<Measure>,
    pub(super) access: Option<Access>,
    /// The status of the answer.
    pub(super) status: u16,
}

impl Ending {
    /// Bytes of the body have left.
    pub(super) fn sent(&mut self, bytes: u64) {
        if let Some(access) = &mut self.access {
            access.bytes += bytes;
        }
    }

    /// All of the answer has left.
    pub(super) fn done(mut self) {
        self.pending.done();
        if let Some(measure) = self.measure {
            measure.end();
        }
        if let Some(access) = self.access {
            access.end();
        }
    }

    /// The body failed in the middle, in the span of the request.
    pub(super) fn broke_off(mut self, error: &dyn Error) {
        self.pending.done();
        if let Some(measure) = self.measure {
            measure.fail(BROKEN);
        }
        if let Some(live) = self.pending.live() {
            live.update(|span| {
                span.set(KeyValue::new(attribute::ERROR_TYPE, BROKEN));
                span.status(Status::error(""));
            });
        }
        let failure = Failure::here(BROKEN, error);
        let occurrence = failure.report(self.status, self.pending.live());
        if let Some(access) = self.access {
            access.broke_off(failure, occurrence);
        }
    }
}
