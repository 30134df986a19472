//! From `tracing` spans to OTLP: the tracer provider, and one queue a destination.

mod processor;
pub(crate) mod resource;

use std::sync::Arc;
use std::time::Duration;

use delivery::{Pipeline, Policy};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData};

use crate::otlp::{self, Otlp};
use crate::settings::Destination;
use crate::spans::{Limits, Tracer};
use crate::{ServiceInfo, Settings};

pub(crate) use processor::losses;

pub(crate) struct Started {
    /// Of spans that `tracing` makes.
    pub(crate) tracer: Arc<Tracer>,
    /// Of spans that libraries make by the OpenTelemetry API.
    pub(crate) provider: SdkTracerProvider,
    pub(crate) pipeline: Pipeline<SpanData>,
    pub(crate) warnings: Vec<String>,
}

/// Builds the provider and makes it the global one. A destination that cannot be set up is left out with a warning.
pub(crate) fn start(service: ServiceInfo, settings: &Settings) -> Started {
    let resource = resource::of(service);
    let sent = otlp::resource(&resource);
    let (mut builder, mut warnings) = (Pipeline::builder(), Vec::new());
    for destination in &settings.destinations {
        match Otlp::to(destination, sent.clone()) {
            Ok(otlp) => builder = builder.destination(destination.name, policy(destination, settings), otlp),
            Err(error) => warnings.push(format!("{} gets no traces: {error}", destination.name)),
        }
    }
    let pipeline = builder.start();
    let (sampler, limits) = (Sampler::ParentBased(Box::new(Sampler::AlwaysOn)), Limits::default());
    let sink = pipeline.clone();
    let mut tracer = Tracer::new(sampler, limits, move |span| processor::offer(&sink, span));
    tracer.baggage.clone_from(&settings.baggage_attributes);
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_span_processor(processor::Deliver { pipeline: pipeline.clone() })
        .build();
    opentelemetry::global::set_tracer_provider(provider.clone());
    Started { tracer: Arc::new(tracer), provider, pipeline, warnings }
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
