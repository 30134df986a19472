//! Log records and the envelopes around them, as far as they are not those of spans.

use opentelemetry_proto::tonic::logs::v1 as proto;
use prost::Message;
use serde::Deserialize;

use super::envelope::{Encode, Encoded, of_resource, of_scope};
use super::scalars::or_default;
use super::types::{LogRecord, Resource, Scope};

/// The body of `POST /v1/logs`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct LogsRequest {
    #[serde(deserialize_with = "or_default")]
    resource_logs: Encoded<ResourceLogs, 1>,
}

impl LogsRequest {
    /// `ExportLogsServiceRequest` in protobuf.
    pub(super) fn into_protobuf(self) -> Vec<u8> {
        self.resource_logs.fields
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ResourceLogs {
    resource: Option<Resource>,
    #[serde(deserialize_with = "or_default")]
    scope_logs: Encoded<ScopeLogs, 2>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ScopeLogs {
    scope: Option<Scope>,
    #[serde(deserialize_with = "or_default")]
    log_records: Encoded<LogRecord, 2>,
}

impl Encode for ResourceLogs {
    fn encode(self) -> Vec<u8> {
        of_resource(self.resource, self.scope_logs.fields)
    }
}

impl Encode for ScopeLogs {
    fn encode(self) -> Vec<u8> {
        of_scope(self.scope, self.log_records.fields)
    }
}

impl Encode for LogRecord {
    fn encode(self) -> Vec<u8> {
        proto::LogRecord::from(self).encode_to_vec()
    }
}

impl From<LogRecord> for proto::LogRecord {
    fn from(json: LogRecord) -> Self {
        Self {
            time_unix_nano: json.time_unix_nano.0,
            observed_time_unix_nano: json.observed_time_unix_nano.0,
            severity_number: json.severity_number,
            severity_text: json.severity_text,
            body: json.body.map(Into::into),
            dropped_attributes_count: json.dropped_attributes_count.saturating_add(json.attributes.dropped),
            attributes: json.attributes.map(Into::into),
            flags: json.flags,
            trace_id: json.trace_id.0,
            span_id: json.span_id.0,
            event_name: json.event_name,
        }
    }
}
