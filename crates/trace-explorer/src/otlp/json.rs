//! OTLP in JSON: read into the same protobuf that is stored, and written from it.

mod convert;
mod envelope;
mod logs;
mod scalars;
mod types;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde::de::DeserializeOwned;

use self::envelope::{Request, WrittenRequest};
use self::logs::LogsRequest;
use super::{Batch, DecodeError, decode_protobuf, exact};

/// Reads a request in JSON by the rules of [`decode_protobuf`].
///
/// Text nested deeper than 128 levels is refused by the JSON reader, before it could cost a stack.
pub fn decode_json(body: &[u8]) -> Result<Batch, DecodeError> {
    decode_protobuf(exact(read::<Request>(body)?.into_protobuf()))
}

/// `ExportLogsServiceRequest` in protobuf, of the same in JSON.
pub(crate) fn logs_from_json(body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    Ok(read::<LogsRequest>(body)?.into_protobuf())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    // Serde would read a list as a struct whose fields are given by their places.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(DecodeError::Json("it is not an object".to_owned()));
    }
    serde_json::from_slice(body).map_err(|error| DecodeError::Json(error.to_string()))
}

/// Writes a stored request as JSON that can be posted to any OTLP receiver.
pub fn encode_json(request: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let request =
        ExportTraceServiceRequest::decode(request).map_err(|error| DecodeError::Json(error.to_string()))?;
    serde_json::to_vec(&WrittenRequest::from(request.resource_spans))
        .map_err(|error| DecodeError::Json(error.to_string()))
}
