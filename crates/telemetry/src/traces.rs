//! From `tracing` spans to OTLP: the tracer provider, and one queue a destination.

mod deliver;
mod exporter;
mod processor;
pub(crate) mod resource;

use std::time::Duration;

use delivery::{Pipeline, Policy};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::settings::Destination;
use crate::{ServiceInfo, Settings};

pub(crate) use processor::losses;

/// The instrumentation scope of all spans.
pub(crate) const SCOPE: &str = env!("CARGO_PKG_NAME");

pub(crate) struct Started {
    pub(crate) provider: SdkTracerProvider,
    pub(crate) pipeline: Pipeline<SpanData>,
    pub(crate) warnings: Vec<String>,
}

/// Builds the provider and makes it the global one. A destination that cannot be set up is left out with a warning.
pub(crate) fn start(service: ServiceInfo, settings: &Settings) -> Started {
    let resource = resource::of(service);
    let (mut builder, mut warnings) = (Pipeline::builder(), Vec::new());
    for destination in &settings.destinations {
        match exporter::build(destination) {
            Ok((exporter, answer)) => {
                let otlp = deliver::Otlp { name: destination.name, exporter, answer }.from(&resource);
                builder = builder.destination(destination.name, policy(destination, settings), otlp);
            }
            Err(error) => warnings.push(format!("{} gets no traces: {error}", destination.name)),
        }
    }
    let pipeline = builder.start();
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_span_processor(processor::Deliver { pipeline: pipeline.clone() })
        .build();
    opentelemetry::global::set_tracer_provider(provider.clone());
    Started { provider, pipeline, warnings }
}

fn policy(destination: &Destination, settings: &Settings) -> Policy {
    let Settings { batch, .. } = settings;
    Policy {
        queue_items: batch.queue_spans,
        batch_items: batch.batch_spans.min(batch.queue_spans),
        batch_age: destination.delay.unwrap_or(batch.delay),
        timeout: destination.timeout.max(Duration::from_millis(1)),
        ..Policy::default()
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
