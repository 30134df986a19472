//! The durations of requests, in and out, by the stable HTTP conventions of OpenTelemetry:
//! <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>.
//!
//! They are measured only when `OTEL_METRICS_EXPORTER` asks for them; without it each request costs one look at an empty
//! cell.

mod console;
mod export;
mod measure;

use std::sync::OnceLock;
use std::sync::mpsc::channel;
use std::time::Duration;

use opentelemetry::metrics::{Histogram, MeterProvider};
use opentelemetry_sdk::Resource;

use opentelemetry_sdk::metrics::{MeterProviderBuilder, PeriodicReader, SdkMeterProvider};
use opentelemetry_semantic_conventions::metric;

use crate::settings::MetricsSettings;

pub(crate) use measure::{Measure, client, server};

/// Boundaries in seconds, as the conventions give them.
const BOUNDARIES: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// There is one meter provider in a process, and so one of each instrument.
static INSTRUMENTS: OnceLock<Instruments> = OnceLock::new();

struct Instruments {
    server: Histogram<f64>,
    client: Histogram<f64>,
}

/// Keeps metrics going.
pub(crate) struct Metrics {
    provider: SdkMeterProvider,
}

impl Metrics {
    /// Starts what the settings ask for; nothing when that is nothing.
    pub(crate) fn start(
        resource: &Resource,
        settings: &MetricsSettings,
        warnings: &mut Vec<String>,
    ) -> Option<Self> {
        let builder = SdkMeterProvider::builder().with_resource(resource.clone());
        let builder = readers(builder, settings, warnings)?;
        let provider = builder.build();
        let meter = provider.meter(env!("CARGO_PKG_NAME"));
        let histogram = |name, description| {
            meter
                .f64_histogram(name)
                .with_unit("s")
                .with_description(description)
                .with_boundaries(BOUNDARIES.to_vec())
                .build()
        };
        let instruments = Instruments {
            server: histogram(metric::HTTP_SERVER_REQUEST_DURATION, "Duration of HTTP server requests."),
            client: histogram(metric::HTTP_CLIENT_REQUEST_DURATION, "Duration of HTTP client requests."),
        };
        // The first provider stands, as there is one `init`.
        let _ = INSTRUMENTS.set(instruments);
        opentelemetry::global::set_meter_provider(provider.clone());
        Some(Self { provider })
    }

    /// Sends what was measured since the last time, for at most `limit`. The SDK waits as long as its exporter does, so
    /// it is left behind when that takes longer.
    pub(crate) fn shutdown(&self, limit: Duration) {
        let (done, is_done) = channel();
        let provider = self.provider.clone();
        std::thread::spawn(move || {
            // The trouble of an export is told where it happens.
            let _ = provider.shutdown();
            let _ = done.send(());
        });
        let _ = is_done.recv_timeout(limit);
    }
}

fn readers(
    mut builder: MeterProviderBuilder,
    settings: &MetricsSettings,
    warnings: &mut Vec<String>,
) -> Option<MeterProviderBuilder> {
    let mut readers = 0;
    if let Some(destination) = &settings.destination {
        match export::Exporter::to(destination, settings.timeout) {
            Ok(exporter) => {
                let reader = PeriodicReader::builder(exporter).with_interval(settings.interval).build();
                builder = builder.with_reader(reader);
                readers += 1;
            }
            Err(error) => warnings.push(format!("{} gets no metrics: {error}", destination.name)),
        }
    }
    if settings.console {
        let reader = PeriodicReader::builder(console::Console).with_interval(settings.interval).build();
        builder = builder.with_reader(reader);
        readers += 1;
    }
    (readers > 0).then_some(builder)
}
