//! `ExportLogsServiceRequest` in protobuf: checked as a whole, then handed on as lines, some at a time.

mod line;

use std::borrow::Cow;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message;

use self::line::Source;
use super::check::check;
use super::limits::MAX_LOG_RECORD_BYTES;
use super::request::{each, schema_url, single};
use super::schema::{LOG_RECORD, RESOURCE, SCOPE};
use super::trim::trim;
use super::{DecodeError, Rejection};

/// Field numbers of the three envelopes: request, `ResourceLogs`, `ScopeLogs`.
const RESOURCE_LOGS: u32 = 1;
const RESOURCE_FIELD: u32 = 1;
const SCOPE_LOGS: u32 = 2;
const SCOPE_FIELD: u32 = 1;
const LOG_RECORDS: u32 = 2;

/// So many bytes of lines are handed on at once: a small record can become a long line, and a request has many.
const HANDED_ON_BYTES: usize = 1024 * 1024;

/// Lines of one process in the order of the request, each with its time in milliseconds since 1970.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    /// The service and its instance.
    pub(crate) source: String,
    pub(crate) lines: Vec<(u64, String)>,
}

/// Reads a request and hands its records to `keep`, which may refuse some for a reason. A record that does not say
/// when it happened has happened now. A request that is not OTLP at all is an error, and nothing of it is handed on.
pub(crate) fn decode_logs(
    body: &[u8],
    now_unix_nano: u64,
    keep: impl FnMut(Lines) -> Result<(), String>,
) -> Result<Rejection, DecodeError> {
    check_request(body)?;
    let mut reader = Reader { now_unix_nano, keep, bytes: 0, rejected: Rejection::default() };
    each(body, RESOURCE_LOGS, |resource_logs| reader.resource(resource_logs))?;
    Ok(reader.rejected)
}

fn check_request(body: &[u8]) -> Result<(), DecodeError> {
    each(body, RESOURCE_LOGS, |resource_logs| {
        check(&RESOURCE, single(resource_logs, RESOURCE_FIELD)?)?;
        schema_url(resource_logs)?;
        each(resource_logs, SCOPE_LOGS, |scope_logs| {
            check(&SCOPE, single(scope_logs, SCOPE_FIELD)?)?;
            schema_url(scope_logs)?;
            each(scope_logs, LOG_RECORDS, |record| check(&LOG_RECORD, record).map(drop))
        })
    })
}

struct Reader<F> {
    now_unix_nano: u64,
    keep: F,
    /// Of the lines that are not handed on yet.
    bytes: usize,
    rejected: Rejection,
}

impl<F: FnMut(Lines) -> Result<(), String>> Reader<F> {
    fn resource(&mut self, resource_logs: &[u8]) -> Result<(), DecodeError> {
        let resource = single(resource_logs, RESOURCE_FIELD)?;
        let mut lines = Lines { source: line::process(resource), lines: Vec::new() };
        each(resource_logs, SCOPE_LOGS, |scope_logs| {
            let source = Source::of(resource, single(scope_logs, SCOPE_FIELD)?);
            each(scope_logs, LOG_RECORDS, |record| {
                self.record(&source, record, &mut lines)?;
                if self.bytes >= HANDED_ON_BYTES {
                    self.hand_on(&mut lines);
                }
                Ok(())
            })
        })?;
        self.hand_on(&mut lines);
        Ok(())
    }

    fn record(&mut self, source: &Source, record: &[u8], lines: &mut Lines) -> Result<(), DecodeError> {
        let mut within = Cow::Borrowed(record);
        if !check(&LOG_RECORD, record)? {
            let mut trimmed = Vec::with_capacity(record.len());
            trim(&LOG_RECORD, record, &mut trimmed);
            within = Cow::Owned(trimmed);
        }
        let record = LogRecord::decode(&within[..])
            .map_err(|_| DecodeError::Wire(crate::wire::WireError::WireType))?;
        let (time, line) = source.line(record, self.now_unix_nano);
        if line.len() > MAX_LOG_RECORD_BYTES {
            self.rejected.add(format!("a log record is larger than {MAX_LOG_RECORD_BYTES} bytes"));
            return Ok(());
        }
        self.bytes += line.len();
        lines.lines.push((time, line));
        Ok(())
    }

    fn hand_on(&mut self, lines: &mut Lines) {
        self.bytes = 0;
        let full = Lines { source: lines.source.clone(), lines: std::mem::take(&mut lines.lines) };
        let count = full.lines.len() as u64;
        if count > 0
            && let Err(reason) = (self.keep)(full)
        {
            self.rejected.add_all(count, reason);
        }
    }
}

#[cfg(test)]
mod tests;
