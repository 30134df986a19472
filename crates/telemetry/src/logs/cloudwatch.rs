//! Lines on their way to a server of the CloudWatch Logs API.

use std::sync::{Arc, Weak};
use std::time::{Duration, UNIX_EPOCH};

use cloudwatch_logs::{
    Batch, Client, Error, InvalidName, LogEvent, LogStream, MAX_CALL_BYTES, MAX_MESSAGE_BYTES,
};
use delivery::{Destination, Outcome, Policy};
use opentelemetry::Key;
use opentelemetry_sdk::Resource;
use opentelemetry_semantic_conventions::attribute;
use tokio::runtime::{Builder, Runtime};

use super::{Format, LogRecord, QUEUE_LINES};
use crate::settings::{self, CloudWatchDestination};
use crate::{background, resource, trouble};

/// Lines of a batch: about a call, which may have 1 MiB, as lines have some 400 bytes. More would only take memory on their way.
const BATCH_LINES: usize = 2500;

/// How much of each text stays, in bytes, of a record whose line is too long for an event; the least that does.
const TEXT_BYTES: [usize; 4] = [128 << 10, 32 << 10, 4 << 10, 256];

/// Puts records as events, each the same JSON object as the line on stdout.
pub(super) struct CloudWatch {
    name: &'static str,
    client: Client,
    stream: LogStream,
    format: Format,
    /// Of this queue's own thread.
    runtime: Runtime,
    /// What was begun and is to be tried again.
    begun: Option<Begun>,
    /// Whether it was told that something is not set up: who knows that need not read it every minute, and the lines are on stdout
    /// all the same.
    told_missing: bool,
}

/// A batch that was not put as a whole, with the first of its records.
struct Begun {
    first: Weak<LogRecord>,
    batch: Batch,
}

/// Why a destination cannot be set up.
#[derive(Debug, thiserror::Error)]
pub(super) enum BuildError {
    #[error("{0}")]
    Name(#[from] InvalidName),
    #[error("its runtime does not start")]
    Runtime(#[from] std::io::Error),
}

impl CloudWatch {
    /// Nothing is sent, and nothing looked up, before the first batch.
    pub(super) fn to(destination: &CloudWatchDestination, resource: &Resource) -> Result<Self, BuildError> {
        Ok(Self {
            name: destination.name,
            client: client(destination),
            stream: stream(destination, resource)?,
            format: Format::json(resource),
            runtime: Builder::new_current_thread().enable_all().build()?,
            begun: None,
            told_missing: false,
        })
    }

    /// The batch as events, or what is left of it if it was begun already.
    fn batch(&mut self, records: &[Arc<LogRecord>]) -> Batch {
        match self.begun.take() {
            Some(begun) if std::ptr::eq(begun.first.as_ptr(), Arc::as_ptr(&records[0])) => begun.batch,
            _ => Batch::new(records.chunks(background::PIECE).flat_map(|piece| {
                background::pause();
                piece.iter().map(|record| self.event(record))
            })),
        }
    }

    fn event(&self, record: &LogRecord) -> LogEvent {
        let mut line = self.line(record);
        // Cut as a whole it would be no JSON any more, and its level and trace id could not be found.
        let mut limits = TEXT_BYTES.into_iter();
        while line.len() > MAX_MESSAGE_BYTES
            && let Some(limit) = limits.next()
        {
            line = self.line(&record.with_texts_of(limit));
        }
        let since = record.time.duration_since(UNIX_EPOCH).unwrap_or_default();
        LogEvent::new(i64::try_from(since.as_millis()).unwrap_or(i64::MAX), line)
    }

    /// The line without its end.
    fn line(&self, record: &LogRecord) -> String {
        let mut line = Vec::with_capacity(512);
        self.format.write(record, &mut line);
        line.pop();
        String::from_utf8(line).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    fn tell(&mut self, count: usize, error: &Error) {
        let is_missing = error.is_missing_setting();
        if !(is_missing && self.told_missing) {
            trouble::report(self.name, &format!("{count} log records: {error}"));
        }
        self.told_missing |= is_missing;
    }
}

impl Destination<LogRecord> for CloudWatch {
    fn deliver(&mut self, records: &[Arc<LogRecord>], limit: Duration) -> Outcome {
        background::give_way();
        let mut batch = self.batch(records);
        let put = self.runtime.block_on(Box::pin(self.client.put(&self.stream, &mut batch, limit)));
        let refused = batch.rejected();
        if let Err(error) = put {
            self.tell(batch.pending(), &error);
            if error.is_transient() {
                self.begun = Some(Begun { first: Arc::downgrade(&records[0]), batch });
                return Outcome::Retry { after: None };
            }
        }
        if refused.total() > 0 {
            let told = format!("{} log records were refused for their age: {refused:?}", refused.total());
            trouble::report(self.name, &told);
        }
        match refused.total() + batch.pending() {
            0 => Outcome::Delivered,
            rejected if rejected == records.len() => Outcome::Rejected,
            rejected => Outcome::Partly { rejected },
        }
    }
}

/// How the queue before it behaves: a batch of usual lines is a call.
pub(super) fn policy(destination: &CloudWatchDestination, batch: &settings::Batch) -> Policy {
    Policy {
        queue_items: QUEUE_LINES,
        batch_items: BATCH_LINES,
        batch_bytes: 4 * MAX_CALL_BYTES,
        batch_age: destination.delay.unwrap_or(batch.delay),
        timeout: batch.timeout.min(Policy::default().timeout),
        ..Policy::default()
    }
}

/// What `destination` answers when it is asked for the group.
pub(crate) fn probe(
    destination: &CloudWatchDestination,
    resource: &Resource,
    limit: Duration,
) -> Result<String, String> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    stream(destination, resource).map_err(|error| format!("{error}. Check CLOUDWATCH_LOG_GROUP"))?;
    let (client, group) = (client(destination), group(destination, resource));
    match runtime.block_on(Box::pin(client.check(&group, limit))) {
        Ok(true) => Ok(format!("it takes log events, and has the group {group}")),
        Ok(false) => Ok(format!("it takes log events; the group {group} will be made")),
        Err(Error::Denied { code, .. }) if code.starts_with("AccessDenied") => Ok(format!(
            "it knows the credentials, which may not list groups ({code}); whether they may put events shows with the first one"
        )),
        Err(error) => Err(error.to_string()),
    }
}

fn client(destination: &CloudWatchDestination) -> Client {
    destination.explorer.as_ref().map_or_else(Client::from_env, Client::standing_in)
}

fn stream(destination: &CloudWatchDestination, resource: &Resource) -> Result<LogStream, InvalidName> {
    let text = |key| resource::text(resource, key);
    let (service, version) = (text(attribute::SERVICE_NAME), text(attribute::SERVICE_VERSION));
    let instance = instance(resource);
    let values = [("service", &*service), ("version", &*version), ("instance", &*instance)];
    let name = cloudwatch_logs::stream_name(&destination.stream, &values);
    let stream = LogStream::new(group(destination, resource), name)?;
    Ok(stream.retention_days(destination.retention_days).tags(destination.tags.iter().cloned()))
}

/// Services of one system share a group, so that a request can be followed through all of them.
pub(crate) fn group(destination: &CloudWatchDestination, resource: &Resource) -> String {
    let text = |key| Some(resource::text(resource, key)).filter(|text| !text.is_empty());
    let group = destination.group.clone().or_else(|| text(attribute::SERVICE_NAMESPACE));
    group.or_else(|| text(attribute::SERVICE_NAME)).unwrap_or_default()
}

/// `service.instance.id`, or the host's name: a stream that goes on after a restart, and not one more each time.
fn instance(resource: &Resource) -> String {
    let id = resource.get(&Key::from_static_str(attribute::SERVICE_INSTANCE_ID));
    id.map_or_else(host, |id| id.to_string())
}

#[cfg(target_os = "linux")]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(target_os = "linux"))]
fn host() -> String {
    std::env::var("HOSTNAME").unwrap_or_else(|_| "host".to_owned())
}
