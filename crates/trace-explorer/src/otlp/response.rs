//! What an OTLP sender gets back: `ExportTraceServiceResponse` or its like, or `google.rpc.Status` when the request failed.

use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;
use serde_json::json;

use super::{Rejection, Signal};

/// The two encodings of OTLP over HTTP. An answer has that of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`
    Protobuf,
    /// `application/json`
    Json,
}

impl Encoding {
    /// The encoding of a `Content-Type`; parameters (`; charset=utf-8`) do not matter.
    #[must_use]
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/x-protobuf") {
            Some(Self::Protobuf)
        } else if essence.eq_ignore_ascii_case("application/json") {
            Some(Self::Json)
        } else {
            None
        }
    }

    /// The `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// `google.rpc.Status`, as much of it as OTLP asks for.
#[derive(Clone, PartialEq, Message)]
pub struct Status {
    /// A code of gRPC: 3 invalid argument, 14 unavailable.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// For the developer who reads it.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// The body of a 200. Nothing rejected: no partial success, which in JSON is `{}`.
#[must_use]
pub fn encode_response(signal: Signal, encoding: Encoding, rejected: &Rejection) -> Vec<u8> {
    match encoding {
        Encoding::Json if rejected.count == 0 => b"{}".to_vec(),
        Encoding::Json => {
            let field = match signal {
                Signal::Traces => "rejectedSpans",
                Signal::Logs => "rejectedLogRecords",
            };
            // OTLP/JSON writes 64-bit numbers as text.
            let partial = json!({field: rejected.count.to_string(), "errorMessage": rejected.reason});
            json!({"partialSuccess": partial}).to_string().into_bytes()
        }
        Encoding::Protobuf if rejected.count == 0 => Vec::new(),
        Encoding::Protobuf => partial_success(signal, rejected),
    }
}

fn partial_success(signal: Signal, rejected: &Rejection) -> Vec<u8> {
    let count = i64::try_from(rejected.count).unwrap_or(i64::MAX);
    let error_message = rejected.reason.clone();
    match signal {
        Signal::Traces => {
            let partial = ExportTracePartialSuccess { rejected_spans: count, error_message };
            ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec()
        }
        Signal::Logs => {
            let partial = ExportLogsPartialSuccess { rejected_log_records: count, error_message };
            ExportLogsServiceResponse { partial_success: Some(partial) }.encode_to_vec()
        }
    }
}

/// The body of a 4xx or 5xx.
#[must_use]
pub fn encode_status(encoding: Encoding, status: &Status) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => status.encode_to_vec(),
        Encoding::Json => json!({"code": status.code, "message": status.message}).to_string().into_bytes(),
    }
}
