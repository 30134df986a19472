//! Spans on their way to one destination: what an answer means for them.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use delivery::{Destination, Outcome};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};

use super::exporter::{Answer, LastAnswer};
use crate::trouble;

/// A destination that speaks OTLP.
pub(super) struct Otlp {
    pub(super) name: &'static str,
    pub(super) exporter: SpanExporter,
    pub(super) answer: LastAnswer,
}

impl Otlp {
    pub(super) fn from(mut self, resource: &Resource) -> Self {
        self.exporter.set_resource(resource);
        self
    }
}

impl Destination<SpanData> for Otlp {
    fn deliver(&mut self, batch: &[Arc<SpanData>], _: Duration) -> Outcome {
        let spans = batch.iter().map(|span| SpanData::clone(span)).collect();
        // The HTTP client blocks, so this is no more than a call.
        let sent = futures_executor::block_on(self.exporter.export(spans));
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let outcome = outcome(answer.as_ref());
        if outcome != Outcome::Delivered {
            let told = answer.map(|answer| format!("it answers {} {}", answer.status, answer.message));
            let said = told.unwrap_or_else(|| sent.err().map_or_else(String::new, |error| error.to_string()));
            trouble::report(
                self.name,
                &format!("{} of {} spans: {}", word(&outcome), batch.len(), said.trim()),
            );
        }
        outcome
    }
}

/// By OTLP's rules for clients ([specification][otlp], "OTLP/HTTP Response"): 429, 502, 503, 504 and a lost connection
/// are tried again, everything else that is no success is final, a redirect included.
///
/// [otlp]: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
fn outcome(answer: Option<&Answer>) -> Outcome {
    let Some(answer) = answer else { return Outcome::Retry { after: None } };
    match answer.status.as_u16() {
        200..=299 if answer.rejected == 0 => Outcome::Delivered,
        200..=299 => Outcome::Partly { rejected: answer.rejected },
        429 | 502 | 503 | 504 => Outcome::Retry { after: answer.retry_after },
        _ => Outcome::Rejected,
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivery",
        Outcome::Partly { .. } => "partial refusal",
        Outcome::Retry { .. } => "failed delivery, to be tried again,",
        Outcome::Rejected => "refusal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, rejected: usize, after: Option<u64>) -> Outcome {
        let status = status.try_into().unwrap();
        let retry_after = after.map(Duration::from_secs);
        outcome(Some(&Answer { status, retry_after, rejected, message: String::new() }))
    }

    #[test]
    fn an_answer_is_read_by_the_rules_of_otlp() {
        assert_eq!(of(200, 0, None), Outcome::Delivered);
        assert_eq!(of(202, 0, None), Outcome::Delivered);
        assert_eq!(of(200, 2, None), Outcome::Partly { rejected: 2 });
        for status in [429, 502, 503, 504] {
            assert_eq!(of(status, 0, Some(3)), Outcome::Retry { after: Some(Duration::from_secs(3)) });
        }
        for status in [302, 400, 401, 403, 404, 413, 500, 501] {
            assert_eq!(of(status, 0, Some(3)), Outcome::Rejected, "{status}");
        }
        assert_eq!(outcome(None), Outcome::Retry { after: None }, "no answer at all");
    }
}
