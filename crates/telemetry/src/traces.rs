//! From `tracing` spans to OTLP: the tracer provider, and one queue a destination.

mod processor;

use std::sync::Arc;

use delivery::Pipeline;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData};

use crate::Settings;
use crate::otlp::{self, Console, Otlp};
use crate::spans::{Limits, Tracer};

pub(crate) use processor::losses;

pub(crate) struct Started {
    /// Of spans that `tracing` makes.
    pub(crate) tracer: Arc<Tracer>,
    /// Of spans that libraries make by the OpenTelemetry API.
    pub(crate) provider: SdkTracerProvider,
    pub(crate) pipeline: Pipeline<SpanData>,
}

/// Builds the pipeline, and makes the provider the global one. A destination that cannot be set up is left out with a
/// warning.
pub(crate) fn start(resource: &Resource, settings: &Settings, warnings: &mut Vec<String>) -> Started {
    let wanted = &settings.traces;
    let mut builder = Pipeline::builder();
    if !settings.disabled {
        let sent = otlp::resource(resource);
        for destination in &wanted.destinations {
            match Otlp::to(destination, sent.clone()) {
                Ok(otlp) => {
                    let policy = otlp::policy(destination, &wanted.batch);
                    builder = builder.destination(destination.name, policy, otlp);
                }
                Err(error) => warnings.push(format!("{} gets no traces: {error}", destination.name)),
            }
        }
        if wanted.console {
            builder = builder.destination("console", otlp::console_policy(&wanted.batch), Console::new(sent));
        }
    }
    if let Some(directory) = settings.spool.as_deref().filter(|_| !settings.disabled) {
        builder = builder.spool(otlp::trace_spool(directory));
    }
    let pipeline = builder.start();
    let sink = pipeline.clone();
    let limits = Limits::from(wanted.limits);
    let mut tracer = Tracer::new(wanted.sampler.clone(), limits, move |span| processor::offer(&sink, span));
    tracer.baggage.clone_from(&settings.baggage_attributes);
    tracer.is_disabled = settings.disabled;
    let sampler = if settings.disabled { Sampler::AlwaysOff } else { wanted.sampler.clone() };
    let provider = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_sampler(sampler)
        .with_span_limits(limits.counts)
        .with_span_processor(processor::Deliver { pipeline: pipeline.clone() })
        .build();
    opentelemetry::global::set_tracer_provider(provider.clone());
    Started { tracer: Arc::new(tracer), provider, pipeline }
}
