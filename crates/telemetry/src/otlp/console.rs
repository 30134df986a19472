//! `OTEL_TRACES_EXPORTER=console`, `OTEL_LOGS_EXPORTER=console`: OTLP as JSON on stdout, one line a batch, for a look at
//! what would be sent.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use delivery::{Destination, Outcome};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::Signal;

/// Prints batches in the form of the OTLP file exporter.
pub(crate) struct Console {
    resource: Resource,
}

impl Console {
    pub(crate) fn new(resource: Resource) -> Self {
        Self { resource }
    }
}

impl<S: Signal> Destination<S> for Console {
    fn deliver(&mut self, batch: &[Arc<S>], _: Duration) -> Outcome {
        let request = S::request(batch, &self.resource);
        let Ok(mut line) = serde_json::to_vec(&request) else { return Outcome::Rejected };
        line.push(b'\n');
        match std::io::stdout().lock().write_all(&line) {
            Ok(()) => Outcome::Delivered,
            Err(_) => Outcome::Rejected,
        }
    }
}
