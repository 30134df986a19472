//! Several destinations, none of which holds up another.

use std::thread;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor};

/// Gives each span to every queue, and flushes all queues side by side: the provider would do it one after the other,
/// and one destination that hangs would take the time of all.
#[derive(Debug)]
pub(super) struct FanOut {
    queues: Vec<BatchSpanProcessor>,
}

impl FanOut {
    pub(super) fn new(queues: Vec<BatchSpanProcessor>) -> Self {
        Self { queues }
    }

    fn side_by_side(&self, work: impl Fn(&BatchSpanProcessor) -> OTelSdkResult + Sync) -> OTelSdkResult {
        let work = &work;
        let results = thread::scope(|scope| {
            let started: Vec<_> = self.queues.iter().map(|queue| scope.spawn(move || work(queue))).collect();
            started
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|_| Err(panicked())))
                .collect::<Vec<_>>()
        });
        results.into_iter().collect()
    }
}

fn panicked() -> OTelSdkError {
    OTelSdkError::InternalFailure("a queue panicked while it was flushed".to_owned())
}

impl SpanProcessor for FanOut {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let Some((last, others)) = self.queues.split_last() else { return };
        for queue in others {
            queue.on_end(span.clone());
        }
        last.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.side_by_side(BatchSpanProcessor::force_flush)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.side_by_side(|queue| queue.shutdown_with_timeout(timeout))
    }

    fn set_resource(&mut self, resource: &Resource) {
        for queue in &mut self.queues {
            queue.set_resource(resource);
        }
    }
}
