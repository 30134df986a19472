//! From `tracing` spans to OTLP: the tracer provider with one batch queue a destination.

mod exporter;
mod fan_out;
pub(crate) mod resource;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::settings::Destination;
use crate::{ServiceInfo, Settings};

/// The instrumentation scope of all spans.
pub(crate) const SCOPE: &str = env!("CARGO_PKG_NAME");

/// Spans that wait for one destination, at most. The specification's default, 2048, is less than half a second of a
/// busy service; a queued span takes about 2 KiB.
const QUEUE: usize = 16_384;

pub(crate) struct Started {
    pub(crate) provider: SdkTracerProvider,
    pub(crate) destinations: Vec<&'static str>,
    pub(crate) warnings: Vec<String>,
}

/// Builds the provider and makes it the global one. A destination that cannot be set up is left out with a warning.
pub(crate) fn start(service: ServiceInfo, settings: &Settings) -> Started {
    let (mut processors, mut names, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for destination in &settings.destinations {
        match exporter::build(destination) {
            Ok(exporter) => {
                let config = batch_config(destination);
                processors.push(BatchSpanProcessor::builder(exporter).with_batch_config(config).build());
                names.push(destination.name);
            }
            Err(error) => warnings.push(format!("{} gets no traces: {error}", destination.name)),
        }
    }
    let provider = SdkTracerProvider::builder()
        .with_resource(resource::of(service))
        .with_span_processor(fan_out::FanOut::new(processors))
        .build();
    opentelemetry::global::set_tracer_provider(provider.clone());
    Started { provider, destinations: names, warnings }
}

fn batch_config(destination: &Destination) -> opentelemetry_sdk::trace::BatchConfig {
    let config = BatchConfigBuilder::default();
    let config = match std::env::var("OTEL_BSP_MAX_QUEUE_SIZE") {
        Ok(size) if !size.is_empty() => config,
        _ => config.with_max_queue_size(QUEUE),
    };
    match destination.delay {
        Some(delay) => config.with_scheduled_delay(delay).build(),
        None => config.build(),
    }
}

/// The layer that turns `tracing` spans into OpenTelemetry spans.
///
/// Its filter is fixed: `RUST_LOG` chooses log lines, and must not be able to cut a trace. Events stay out, because the
/// bridge marks a span as failed for each ERROR event inside of it, also when the request succeeds.
pub(crate) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(SCOPE))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_target(false)
        .with_level(false)
        .with_filter(filter_fn(|metadata| metadata.is_span() && *metadata.level() <= tracing::Level::INFO))
}
