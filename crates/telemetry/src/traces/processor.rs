//! Where spans leave the request: into the queues, and on.

use std::time::Duration;

use delivery::{Account, Pipeline};
use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

/// Hands ended spans to the pipeline, which never blocks.
pub(super) struct Deliver {
    pub(super) pipeline: Pipeline<SpanData>,
}

impl std::fmt::Debug for Deliver {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Deliver").finish_non_exhaustive()
    }
}

impl SpanProcessor for Deliver {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            offer(&self.pipeline, span);
        }
    }

    /// Batches go by count and age; asking for an early one is a hint that the specification lets us ignore.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    /// The guard shuts the pipeline down, and tells of what was lost.
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Hands on a span that has ended.
pub(super) fn offer(pipeline: &Pipeline<SpanData>, span: SpanData) {
    let bytes = size(&span);
    pipeline.offer(span, bytes);
}

/// What a span about takes in memory, in bytes: itself, and the text that it holds.
fn size(span: &SpanData) -> usize {
    let of = |attributes: &[opentelemetry::KeyValue]| -> usize {
        attributes.iter().map(|attribute| size_of_val(attribute) + text(&attribute.value)).sum()
    };
    let events: usize =
        span.events.iter().map(|event| size_of_val(event) + event.name.len() + of(&event.attributes)).sum();
    let links: usize = span.links.iter().map(|link| size_of_val(link) + of(&link.attributes)).sum();
    size_of::<SpanData>() + span.name.len() + of(&span.attributes) + events + links
}

fn text(value: &opentelemetry::Value) -> usize {
    match value {
        opentelemetry::Value::String(text) => text.as_str().len(),
        opentelemetry::Value::Array(_) => value.to_string().len(),
        _ => 0,
    }
}

/// A word on each destination that lost spans, `explorer: 10 delivered, 2 dropped (2 full), 0 pending`.
pub(crate) fn losses(accounts: &[(String, Account)]) -> Vec<String> {
    let lost = accounts.iter().filter(|(_, account)| account.dropped() > 0);
    lost.map(|(name, account)| format!("{name}: {account}")).collect()
}
