#![doc = include_str!("../README.md")]

mod background;
pub mod client;
pub mod context;
pub mod database;
pub mod doctor;
mod http_words;
mod layer;
mod logs;
mod metrics;
mod names;
mod otlp;
mod panics;
pub mod propagation;
pub mod redaction;
pub mod reports;
mod resource;
pub mod server;
pub mod settings;
mod spans;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod traces;
mod trouble;
pub mod work;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use delivery::Pipeline;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::logs::{Format, LogRecord, Logs};
use crate::metrics::Metrics;
use crate::reports::{Parcel, Reports};
use crate::settings::LogLimits;

pub use delivery::{Account, Dropped};
/// The API crate of the version that this crate speaks. Another version is another world: its spans are not in our traces.
pub use opentelemetry;
pub use settings::Settings;

/// How long [`TelemetryGuard::shutdown`] waits for the destinations. They flush side by side, so this bounds all of
/// them together and leaves a service that must end within 5 s three of them for the requests in flight.
pub const FLUSH_DEADLINE: Duration = Duration::from_millis(1500);

/// The pipelines of the process, for [`accounts`]; there is one subscriber, and so one of each.
static PIPELINES: OnceLock<Pipelines> = OnceLock::new();

/// Handles of the queues of each signal.
struct Pipelines {
    spans: Pipeline<SpanData>,
    logs: Pipeline<LogRecord>,
    reports: Option<Pipeline<Parcel>>,
}

/// Who is speaking: becomes `service.name` and `service.version` of every span and log line.
///
/// `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` win over it, as the OpenTelemetry specification asks.
#[derive(Debug, Clone, Copy)]
pub struct ServiceInfo {
    /// `service.name`, for example `activities`.
    pub name: &'static str,
    /// `service.version`, for example `0.1.0`.
    pub version: &'static str,
    /// `service.namespace`, the system that it belongs to, for example `shop`; several services share it.
    pub namespace: Option<&'static str>,
}

/// The name and version of the crate that calls it, as a [`ServiceInfo`]; with `namespace = "shop"`, of that system.
#[macro_export]
macro_rules! service_info {
    () => {
        $crate::ServiceInfo {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            namespace: None,
        }
    };
    (namespace = $namespace:expr) => {
        $crate::ServiceInfo { namespace: Some($namespace), ..$crate::service_info!() }
    };
}

/// Why telemetry could not start. A destination that cannot be reached is never a reason.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// [`init`] was called twice, or something else installed a global `tracing` subscriber before it.
    #[error(
        "a tracing subscriber is installed already; call telemetry::init once, before anything else logs"
    )]
    AlreadyInstalled(#[source] tracing_subscriber::util::TryInitError),
}

/// Starts traces and logs for this process.
///
/// Call it once, early, outside of any async runtime's worker. From then on `tracing` spans are OpenTelemetry spans
/// and `tracing` events are JSON lines on stdout. Mistakes in the settings and destinations that cannot be used are
/// told in one warning each; they never keep a service from starting.
///
/// # Errors
/// [`InitError::AlreadyInstalled`] when the process has a global `tracing` subscriber already.
pub fn init(service: ServiceInfo, settings: &Settings) -> Result<TelemetryGuard, InitError> {
    propagation::install(&settings.propagators);
    settings.baggage.clone().install();
    redaction::add(&settings.redact);
    http_words::set_methods(&settings.http_methods);
    panics::install_hook();
    trouble::set_level(settings.own_level);
    let resource = resource::of(service, &settings.resource);
    let (filter, filter_problem) = logs::filter(settings.logs.filter.as_deref());
    let mut warnings = settings.warnings();
    warnings.extend(filter_problem);
    let traces::Started { tracer, provider, pipeline } = traces::start(&resource, settings, &mut warnings);
    let lines = Lines::start(&resource, settings, &mut warnings);
    let metrics =
        if settings.disabled { None } else { Metrics::start(&resource, &settings.metrics, &mut warnings) };

    let reports = if settings.disabled { None } else { Reports::start(settings, &resource, &mut warnings) };
    let reported_by = reports.as_ref().map(|(reports, _)| Arc::clone(reports));
    let layer = layer::Telemetry::new(tracer, lines.logs(filter, settings.logs.limits));

    tracing_subscriber::registry()
        .with(layer.with_reports(reported_by))
        .try_init()
        .map_err(InitError::AlreadyInstalled)?;

    for warning in &warnings {
        tracing::warn!(problem = %warning, "Telemetry setting is wrong, or looks wrong");
    }
    let to_reports = reports.as_ref().map(|(_, pipeline)| pipeline.accounts()).unwrap_or_default();
    tracing::info!(
        traces.sent_to = %names(&pipeline.accounts()),
        logs.sent_to = %names(&lines.pipeline.accounts()),
        reports.sent_to = %names(&to_reports),
        "Telemetry started"
    );
    // The subscriber was not installed before, so this was not set either.
    let _ = PIPELINES.set(Pipelines {
        spans: pipeline.clone(),
        logs: lines.pipeline.clone(),
        reports: reports.as_ref().map(|(_, pipeline)| pipeline.clone()),
    });
    Ok(TelemetryGuard { provider, pipeline, lines, reports, metrics })
}

fn names(accounts: &[(String, Account)]) -> String {
    let names: Vec<&str> = accounts.iter().map(|(name, _)| name.as_str()).collect();
    if names.is_empty() { "nowhere".to_owned() } else { names.join(", ") }
}

/// Log lines on their way to stdout.
struct Lines {
    pipeline: Pipeline<LogRecord>,
    format: Format,
    /// Set when the pipeline has ended. What is said after that is written on the spot.
    ended: Arc<AtomicBool>,
}

impl Lines {
    fn start(resource: &Resource, settings: &Settings, warnings: &mut Vec<String>) -> Self {
        let format = Format::of_stdout(resource, &settings.logs);
        let pipeline = logs::pipeline(&format, resource, settings, warnings);
        Self { pipeline, format, ended: Arc::default() }
    }

    fn logs(&self, filter: Targets, limits: LogLimits) -> Logs {
        let (pipeline, ended, format) = (self.pipeline.clone(), Arc::clone(&self.ended), self.format.clone());
        Logs::new(filter, limits, move |record| {
            if ended.load(Ordering::Acquire) {
                logs::print(&format, &record);
            } else {
                let size = record.size();
                pipeline.offer(record, size);
            }
        })
    }
}

/// Keeps telemetry running. Hand it to [`shutdown`](Self::shutdown) as the last act of the process; dropping it does
/// the same.
#[must_use = "dropping the guard flushes and ends telemetry"]
pub struct TelemetryGuard {
    provider: SdkTracerProvider,
    pipeline: Pipeline<SpanData>,
    lines: Lines,
    reports: Option<(Arc<Reports>, Pipeline<Parcel>)>,
    metrics: Option<Metrics>,
}

/// What became of everything so far: created = delivered + dropped, by reason, + pending.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// Spans, by destination.
    pub traces: Vec<(String, Account)>,
    /// Log records, by destination; `stdout` is one.
    pub logs: Vec<(String, Account)>,
    /// Reports of failures, by destination. One that stands for several is one.
    pub reports: Vec<(String, Account)>,
}

/// The accounts of this process at this moment. Empty before [`init`].
#[must_use]
pub fn accounts() -> Accounts {
    let accounts = |pipelines: &Pipelines| Accounts {
        traces: pipelines.spans.accounts(),
        logs: pipelines.logs.accounts(),
        reports: pipelines.reports.as_ref().map(Pipeline::accounts).unwrap_or_default(),
    };
    PIPELINES.get().map(accounts).unwrap_or_default()
}

impl TelemetryGuard {
    /// Sends what is still queued, to all destinations side by side, for at most [`FLUSH_DEADLINE`], and tells in one
    /// log line of what was lost, if anything was.
    ///
    /// It blocks: call it when the server has stopped, not inside a handler.
    pub fn shutdown(self) {
        drop(self);
    }
}

impl TelemetryGuard {
    fn flush_reports(&self) -> Vec<(String, Account)> {
        let Some((reports, pipeline)) = &self.reports else { return Vec::new() };
        reports.release();
        pipeline.shutdown(FLUSH_DEADLINE)
    }
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        let (spans, logs, reports) = std::thread::scope(|scope| {
            if let Some(metrics) = &self.metrics {
                scope.spawn(|| metrics.shutdown(FLUSH_DEADLINE));
            }
            let logs = scope.spawn(|| self.lines.pipeline.shutdown(FLUSH_DEADLINE));
            let reports = scope.spawn(|| self.flush_reports());
            let spans = self.pipeline.shutdown(FLUSH_DEADLINE);
            (spans, logs.join().unwrap_or_default(), reports.join().unwrap_or_default())
        });
        self.lines.ended.store(true, Ordering::Release);
        for loss in traces::losses(&spans) {
            tracing::warn!(spans = %loss, "Telemetry lost spans");
        }
        for loss in traces::losses(&logs) {
            tracing::warn!(records = %loss, "Telemetry lost log records");
        }
        for loss in traces::losses(&reports) {
            tracing::warn!(reports = %loss, "Telemetry lost reports");
        }
        // The pipelines are empty, so this only marks the provider as ended.
        let _ = self.provider.shutdown_with_timeout(FLUSH_DEADLINE);
    }
}
