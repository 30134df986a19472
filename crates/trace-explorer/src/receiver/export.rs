//! What OTLP over HTTP and OTLP over gRPC do with a request whose body has arrived.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Receiver;
use super::ingest::{IngestError, Job, Written};
use crate::otlp::{self, Encoding, Rejection, Signal};
use crate::store::log_events::{LogError, LogEvents};

/// The log group of everything that comes by OTLP.
const GROUP: &str = "otlp";

impl Receiver {
    /// Waits until the spans or log records of a request are kept, or why they are not.
    pub(super) async fn export(&self, signal: Signal, job: Job) -> Result<Rejection, IngestError> {
        let rejected = match signal {
            Signal::Traces => self.ingest.take(job).await?,
            Signal::Logs => self.take_logs(job).await?,
        };
        self.counters.count_rejected(signal, rejected.count);
        Ok(rejected)
    }

    /// The ingest thread reads one at a time, so that memory is bounded whatever comes.
    async fn take_logs(&self, job: Job) -> Result<Rejection, IngestError> {
        let (logs, limit) = (self.logs.clone(), self.body_limit);
        self.ingest.write(move || (keep(&logs, job, limit), Written::Nothing)).await?
    }
}

fn keep(logs: &LogEvents, job: Job, limit: usize) -> Result<Rejection, IngestError> {
    let (body, encoding, _reservation) = job.plain(limit)?;
    let body = match encoding {
        Encoding::Protobuf => body,
        Encoding::Json => otlp::logs_from_json(&body).map_err(|error| IngestError::malformed(&error))?,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let now_nano = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
    let rejected = otlp::decode_logs(&body, now_nano, |lines| {
        logs.append((GROUP, &lines.source), lines.lines, now_ms, true).map_err(reason)
    });
    rejected.map_err(|error| IngestError::malformed(&error))
}

fn reason(error: LogError) -> String {
    match error {
        LogError::TooMany => "there is no room for another log stream".to_owned(),
        other => format!("the log stream cannot be used: {other:?}"),
    }
}
