//! Log records as OTLP has them.

mod spool;

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope};
use opentelemetry_proto::tonic::logs::v1::{self as proto, ResourceLogs, ScopeLogs, SeverityNumber};
use opentelemetry_proto::tonic::resource::v1::Resource;
use tracing::Level;

use super::{Signal, message};
use crate::logs::LogRecord;
use crate::redaction;

pub(crate) use spool::spool;

impl Signal for LogRecord {
    const PLURAL: &'static str = "log records";
    const REFUSED: &'static str = "rejectedLogRecords";
    const METHOD: &'static str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    type Request = ExportLogsServiceRequest;
    type Response = ExportLogsServiceResponse;

    /// The target of an event is the name of its scope, as in OpenTelemetry's own bridge.
    fn request(batch: &[Arc<Self>], resource: &Resource) -> Self::Request {
        let mut scopes: Vec<(&str, Vec<proto::LogRecord>)> = Vec::new();
        for record in batch {
            let target = record.target.as_ref();
            match scopes.iter_mut().find(|(known, _)| *known == target) {
                Some((_, records)) => records.push(log_record(record)),
                None => scopes.push((target, vec![log_record(record)])),
            }
        }
        let scope_logs = scopes.into_iter().map(|(target, log_records)| ScopeLogs {
            scope: Some(InstrumentationScope { name: target.to_owned(), ..Default::default() }),
            log_records,
            schema_url: String::new(),
        });
        let resource_logs = ResourceLogs {
            resource: Some(resource.clone()),
            scope_logs: scope_logs.collect(),
            schema_url: String::new(),
        };
        ExportLogsServiceRequest { resource_logs: vec![resource_logs] }
    }

    fn refused(response: Self::Response) -> (usize, String) {
        let partial = response.partial_success.unwrap_or_default();
        (usize::try_from(partial.rejected_log_records).unwrap_or(0), partial.error_message)
    }
}

fn log_record(record: &LogRecord) -> proto::LogRecord {
    let (number, text) = severity(record.level);
    let time = message::nanos(record.time);
    let body = Proto::StringValue(redaction::text(&record.message).into_owned());
    let span = Some(&record.span).filter(|span| span.is_valid());
    proto::LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time,
        severity_number: number as i32,
        severity_text: text.to_owned(),
        body: Some(AnyValue { value: Some(body) }),
        attributes: message::attributes(&record.fields),
        dropped_attributes_count: record.dropped_fields,
        flags: span.map_or(0, |span| u32::from(span.trace_flags().to_u8())),
        trace_id: span.map(|span| span.trace_id().to_bytes().to_vec()).unwrap_or_default(),
        span_id: span.map(|span| span.span_id().to_bytes().to_vec()).unwrap_or_default(),
        event_name: String::new(),
    }
}

fn severity(level: Level) -> (SeverityNumber, &'static str) {
    match level {
        Level::TRACE => (SeverityNumber::Trace, "TRACE"),
        Level::DEBUG => (SeverityNumber::Debug, "DEBUG"),
        Level::INFO => (SeverityNumber::Info, "INFO"),
        Level::WARN => (SeverityNumber::Warn, "WARN"),
        Level::ERROR => (SeverityNumber::Error, "ERROR"),
    }
}
