//! What became of one request.

use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::http::CallError;
use crate::scenario::Scenario;

/// What became of one request.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) scenario: Scenario,
    /// From the moment at which it was due to the end of the answer, or of waiting for it; `None` when it was not sent.
    pub(crate) latency: Option<Duration>,
    /// `None` when all went well.
    pub(crate) failure: Option<Failure>,
    /// Its trace, or why the answer names none; `None` when there was no answer.
    pub(crate) trace: Option<Result<TraceRef, NoTrace>>,
}

/// Why a request counts as failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("answered with what there was, without {0}")]
    Degraded(String),
    #[error("not sent: {0} requests were in flight already")]
    Bound(usize),
}

/// The trace of an answered request, from `traceresponse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TraceRef {
    /// 32 hexadecimal digits.
    pub(crate) trace_id: String,
    /// The span that answered: 16 hexadecimal digits.
    pub(crate) span_id: String,
}

/// Why an answer names no trace that could be looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoTrace {
    #[error("the answer has no traceresponse header")]
    Absent,
    #[error("the traceresponse header is malformed")]
    Malformed,
    #[error("the trace {0} was not sampled")]
    NotSampled(String),
}

impl Outcome {
    /// A request that was due while `bound` others were in flight.
    pub(crate) fn not_sent(scenario: Scenario, bound: usize) -> Self {
        Self { scenario, latency: None, failure: Some(Failure::Bound(bound)), trace: None }
    }
}

impl TraceRef {
    /// Reads `traceresponse: 00-<trace id>-<span id>-<flags>`.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Self, NoTrace> {
        let value = headers.get("traceresponse").ok_or(NoTrace::Absent)?;
        let value = value.to_str().map_err(|_| NoTrace::Malformed)?;
        let mut parts = value.split('-');
        let (Some("00"), Some(trace_id), Some(span_id), Some(flags), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NoTrace::Malformed);
        };
        if !(is_id(trace_id, 32) && is_id(span_id, 16) && is_hexadecimal(flags, 2)) {
            return Err(NoTrace::Malformed);
        }
        let flags = u8::from_str_radix(flags, 16).map_err(|_| NoTrace::Malformed)?;
        if flags & 1 == 0 {
            return Err(NoTrace::NotSampled(trace_id.to_owned()));
        }
        Ok(Self { trace_id: trace_id.to_owned(), span_id: span_id.to_owned() })
    }
}

/// An id is not all zeros.
fn is_id(text: &str, digits: usize) -> bool {
    is_hexadecimal(text, digits) && text.bytes().any(|byte| byte != b'0')
}

/// In lower case, as the recommendation says.
fn is_hexadecimal(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<TraceRef, NoTrace> {
        let mut headers = HeaderMap::new();
        headers.insert("traceresponse", value.parse().unwrap());
        TraceRef::from_headers(&headers)
    }

    #[test]
    fn the_answer_names_its_trace_and_span() {
        let trace = read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();

        assert_eq!(trace.trace_id, "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(trace.span_id, "b7ad6b7169203331");
    }

    #[test]
    fn an_answer_without_the_header_names_none() {
        assert_eq!(TraceRef::from_headers(&HeaderMap::new()), Err(NoTrace::Absent));
    }

    #[test]
    fn a_trace_that_was_not_sampled_cannot_be_looked_up() {
        let id = "0af7651916cd43dd8448eb211c80319c";

        assert_eq!(read(&format!("00-{id}-b7ad6b7169203331-00")), Err(NoTrace::NotSampled(id.to_owned())));
    }

    #[test]
    fn anything_else_is_malformed() {
        for value in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-+1",
        ] {
            assert_eq!(read(value), Err(NoTrace::Malformed), "{value}");
        }
    }
}
