//! Failures as items in Rollbar, joined to their trace: ERROR events, requests that failed, panics.
//!
//! An item names the trace and the span (`data.attributes`), and the span names the item (an event `rollbar.occurrence`), so
//! that each is found from the other. What failed in another service is that service's item: of one failure there is one
//! item, however many services it passed through.
//!
//! Reports are made when `ROLLBAR_ACCESS_TOKEN` or `EXPLORER_URL` is set; see [`Settings`]. Without
//! either, nothing of this costs anything.

mod causes;
mod context;
mod fingerprint;
pub(crate) mod frames;
mod item;
mod limiter;
mod parcel;
mod report;
mod rollbar;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use delivery::{Pipeline, Policy};
use opentelemetry::trace::SpanContext;
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use rollbar_rust::Uuid;
use tracing::{Event, Metadata};

pub use rollbar_rust::Level;

pub(crate) use causes::Cause;
pub(crate) use context::RequestFacts;
pub(crate) use parcel::Parcel;
pub(crate) use report::Report;
pub(crate) use rollbar::probe;

use self::frames::Stack;
use self::item::Items;
use self::limiter::Limiter;
use crate::Settings;
use crate::layer::Telemetry;
use crate::server::{Failure, FailureOrigin};
use crate::spans::{self, Live};

/// Names the item of a failure: an attribute of the span's event, and a field of the log line.
pub(crate) const OCCURRENCE: &str = "rollbar.occurrence.uuid";

/// Items that may wait. One has up to 512 KiB and a few kB mostly; the queue is bounded in bytes, too.
const QUEUE_ITEMS: usize = 1024;
const QUEUE_BYTES: usize = 16 << 20;

/// Takes what failed, and hands on what is to be sent.
pub(crate) struct Reports {
    level: Level,
    ignore: Vec<String>,
    limiter: Limiter,
}

impl Reports {
    /// Starts the queues; `None` when nobody is to be told. A destination that cannot be set up is left out with a warning.
    pub(crate) fn start(
        settings: &Settings,
        resource: &Resource,
        warnings: &mut Vec<String>,
    ) -> Option<(Arc<Self>, Pipeline<Parcel>)> {
        let (spool, settings) = (settings.spool.as_deref(), &settings.reports);
        let items = Arc::new(Items::new(settings, resource));
        let mut builder = Pipeline::builder();
        for destination in &settings.destinations {
            match rollbar::Rollbar::to(destination, Arc::clone(&items)) {
                Ok(rollbar) => {
                    builder = builder.destination(destination.name, policy(destination.timeout), rollbar);
                }
                Err(error) => warnings.push(format!("{} gets no reports: {error}", destination.name)),
            }
        }
        if settings.destinations.is_empty() {
            return None;
        }
        if let Some(directory) = spool {
            builder = builder.spool(parcel::spool(directory, items));
        }
        let pipeline = builder.start();
        let sink = pipeline.clone();
        let limiter = Limiter::start(settings.items_per_minute, move |report: Report| {
            let size = report.size();
            sink.offer(Parcel::Fresh(Box::new(report)), size);
        });
        let reports = Self { level: settings.level, ignore: settings.ignore.clone(), limiter };
        Some((Arc::new(reports), pipeline))
    }

    /// Whether events of this level may be reported.
    pub(crate) fn wants(&self, metadata: &Metadata<'_>) -> bool {
        level(*metadata.level()) >= self.level
    }

    /// Reports an event that happened in the span `live`, with these ids. Answers the uuid of the report.
    pub(crate) fn event(&self, event: &Event<'_>, ids: &SpanContext, live: Option<&Live>) -> Option<Uuid> {
        self.take(Report::of(event, ids.clone()), live)
    }

    /// Reports a request that failed in the span `live`, under the message of its log line. Answers the uuid of the report,
    /// unless somebody asked for none.
    pub(crate) fn failure(
        &self,
        failure: &Failure,
        message: &str,
        status: u16,
        live: Option<&Live>,
    ) -> Option<Uuid> {
        let level = match failure.origin {
            FailureOrigin::Here if failure.is_panic() => Level::Critical,
            FailureOrigin::Here => Level::Error,
            FailureOrigin::Callee => Level::Warning,
        };
        if level < self.level {
            return None;
        }
        self.take(Report::failure(failure, message, level, status), live)
    }

    /// Reports a panic that nobody catches. Answers the uuid of the report.
    pub(crate) fn panic(&self, message: &str, text: &str, stack: Stack) -> Option<Uuid> {
        self.take(Report::panic(message, text, stack), spans::current().as_deref())
    }

    /// Reports `report`, unless somebody asked not to. Answers its uuid.
    fn take(&self, report: Report, live: Option<&Live>) -> Option<Uuid> {
        let is_ignored = |kind: &str| self.ignore.iter().any(|ignored| ignored == kind);
        if is_ignored(&report.message) || report.causes.iter().any(|cause| is_ignored(&cause.class)) {
            return None;
        }
        let uuid = report.uuid;
        if let Some(live) = live {
            live.try_update(|span| {
                let uuid = KeyValue::new(OCCURRENCE, uuid.to_string());
                span.event("rollbar.occurrence", vec![uuid]);
            });
        }
        self.limiter.take(report);
        Some(uuid)
    }

    /// Sends what was held back to be counted.
    pub(crate) fn release(&self) {
        self.limiter.release();
    }
}

/// One item a request: that is what the API takes.
fn policy(timeout: Duration) -> Policy {
    Policy {
        queue_items: QUEUE_ITEMS,
        queue_bytes: QUEUE_BYTES,
        batch_items: 1,
        batch_age: Duration::ZERO,
        timeout,
        ..Policy::default()
    }
}

fn level(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warning,
        tracing::Level::INFO => Level::Info,
        _ => Level::Debug,
    }
}

/// Logs a message that is no failure, and reports it, whatever `ROLLBAR_LEVEL` is: to see whether reports arrive, for example.
/// Answers the uuid of the item; `None` when nothing is reported to anybody.
#[allow(clippy::must_use_candidate, reason = "it is called for its effect")]
pub fn message(level: Level, text: &'static str) -> Option<String> {
    let report = current().map(|reports| (reports, Report::message(level, text)));
    let uuid = report.as_ref().map(|(_, report)| report.uuid.to_string());
    log(level, text, uuid.as_deref());
    if let Some((reports, report)) = report {
        reports.take(report, spans::current().as_deref());
    }
    uuid
}

/// Where log lines about messages come from.
pub(crate) const LOG_TARGET: &str = module_path!();

fn log(level: Level, text: &'static str, uuid: Option<&str>) {
    match level {
        Level::Critical | Level::Error => tracing::error!(rollbar.occurrence.uuid = uuid, "{text}"),
        Level::Warning => tracing::warn!(rollbar.occurrence.uuid = uuid, "{text}"),
        Level::Info => tracing::info!(rollbar.occurrence.uuid = uuid, "{text}"),
        Level::Debug => tracing::debug!(rollbar.occurrence.uuid = uuid, "{text}"),
    }
}

/// Says whose request this is: reports of what fails in it carry `id` as the person's. The last one to say so wins.
pub fn set_person(id: &str) {
    if let Some(facts) = Context::map_current(RequestFacts::of) {
        facts.set_person(id);
    }
}

/// The reports of this thread's subscriber, if it makes any.
pub(crate) fn current() -> Option<Arc<Reports>> {
    tracing::dispatcher::get_default(|subscriber| {
        subscriber.downcast_ref::<Telemetry>().and_then(|layer| layer.reports().cloned())
    })
}
