//! Log lines: one a `tracing` event on stdout, as a JSON object or for people, with the ids of the span that it happened in.
//!
//! The thread of the event reads its fields; the line is made and written on a thread of its own.

#[cfg(feature = "cloudwatch")]
pub(crate) mod cloudwatch;
mod format;
mod line;
mod pretty;
mod record;
mod stdout;
mod text;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use delivery::{Builder, Destination, Pipeline, Policy};
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanContext;
use opentelemetry_sdk::Resource;
use rollbar_rust::Uuid;
use tracing::{Event, Level, Metadata};
use tracing_subscriber::filter::Targets;

pub(crate) use format::Format;
pub(crate) use record::{LogRecord, is_of_caller};
use stdout::Stdout;

use crate::Settings;
use crate::layer::Telemetry;
use crate::otlp::{self, Console, Otlp};
use crate::reports;
use crate::settings::LogLimits;

/// Used when `RUST_LOG` is not set. actix tells of each worker that it starts.
pub(crate) const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// How long a line waits for company: not long enough for a person to notice.
const DELAY: Duration = Duration::from_millis(20);

/// Lines that may wait while stdout is stuck: a few seconds of a busy service.
const QUEUE_LINES: usize = 65_536;

/// The filter of log lines, and a warning when `directives` are none.
pub(crate) fn filter(directives: Option<&str>) -> (Targets, Option<String>) {
    let default = || DEFAULT_FILTER.parse().expect("the default filter is one");
    match directives.map(str::parse) {
        None => (default(), None),
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (default(), Some(format!("RUST_LOG: {error}; `{DEFAULT_FILTER}` is used"))),
    }
}

/// The pipeline of log records: lines on stdout, and wherever the settings say. A destination that cannot be set up is
/// left out with a warning.
pub(crate) fn pipeline(
    format: &Format,
    resource: &Resource,
    settings: &Settings,
    warnings: &mut Vec<String>,
) -> Pipeline<LogRecord> {
    let stdout = Policy { queue_items: QUEUE_LINES, batch_age: DELAY, ..Policy::default() };
    let mut builder = Pipeline::builder().destination("stdout", stdout, Stdout::new(format.clone()));
    let logs = &settings.logs;
    if settings.disabled {
        return builder.start();
    }
    let sent = otlp::resource(resource);
    for destination in &logs.destinations {
        match Otlp::to(destination, sent.clone()) {
            Ok(otlp) => {
                let policy = otlp::policy(destination, &logs.batch);
                builder = add(builder, settings, destination.name, policy, otlp);
            }
            Err(error) => warnings.push(format!("{} gets no log records: {error}", destination.name)),
        }
    }
    #[cfg(feature = "cloudwatch")]
    for destination in &logs.cloudwatch {
        match cloudwatch::CloudWatch::to(destination, resource) {
            Ok(cloudwatch) => {
                let policy = cloudwatch::policy(destination, &logs.batch);
                builder = add(builder, settings, destination.name, policy, cloudwatch);
            }
            Err(error) => warnings.push(format!("{} gets no log records: {error}", destination.name)),
        }
    }
    if logs.console {
        builder = builder.destination("console", otlp::console_policy(&logs.batch), Console::new(sent));
    }
    builder.start()
}

/// Adds a destination over the network, with a spool if one is asked for. stdout has none: a line that nobody read in its time is
/// read by nobody later.
fn add(
    builder: Builder<LogRecord>,
    settings: &Settings,
    name: &'static str,
    policy: Policy,
    destination: impl Destination<LogRecord>,
) -> Builder<LogRecord> {
    match &settings.spool {
        Some(directory) => builder.spooled_destination(name, policy, destination, otlp::log_spool(directory)),
        None => builder.destination(name, policy, destination),
    }
}

/// Prints a line at once, on the caller's thread.
pub(crate) fn print(format: &Format, record: &LogRecord) {
    let mut line = Vec::new();
    format.write(record, &mut line);
    // Where stdout is closed there is nobody left to tell.
    let _ = std::io::stdout().lock().write_all(&line);
}

/// The log lines of the current subscriber, if they are ours.
pub(crate) fn current() -> Option<Arc<Logs>> {
    tracing::dispatcher::get_default(|subscriber| {
        subscriber.downcast_ref::<Telemetry>().map(|layer| Arc::clone(layer.logs()))
    })
}

/// Takes events that pass the filter.
pub(crate) struct Logs {
    filter: Targets,
    limits: LogLimits,
    take: Arc<dyn Fn(LogRecord) + Send + Sync>,
}

impl Logs {
    /// Hands records to `take`, which must not block.
    pub(crate) fn new(
        filter: Targets,
        limits: LogLimits,
        take: impl Fn(LogRecord) + Send + Sync + 'static,
    ) -> Self {
        Self { filter, limits, take: Arc::new(take) }
    }

    /// Takes nothing.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn none() -> Self {
        Self::new(Targets::new(), LogLimits::default(), |_| ())
    }

    pub(crate) fn wants(&self, metadata: &Metadata<'_>) -> bool {
        self.wants_target(metadata.target(), *metadata.level())
    }

    /// Whether anything that `target` says at `level` is wanted.
    pub(crate) fn wants_target(&self, target: &str, level: Level) -> bool {
        self.filter.would_enable(target, &level)
    }

    /// Takes an event that happened in the span `ids`, and the uuid of its report if there is one.
    pub(crate) fn event(&self, event: &Event<'_>, ids: SpanContext, occurrence: Option<Uuid>) {
        let mut record = LogRecord::of(event, ids);
        let occurrence = occurrence.map(|uuid| KeyValue::new(reports::OCCURRENCE, uuid.to_string()));
        record.fields.extend(occurrence);
        self.record(record);
    }

    /// Takes a record that is wanted.
    pub(crate) fn record(&self, record: LogRecord) {
        (self.take)(record.within(&self.limits));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_none_is_told_and_replaced() {
        assert!(filter(Some("users=loud")).1.unwrap().contains("RUST_LOG"));
        assert!(filter(Some("warn,users=debug")).1.is_none());
        assert!(filter(None).1.is_none());
    }
}
