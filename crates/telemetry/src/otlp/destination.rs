//! A queue's destination that speaks OTLP.

use std::sync::Arc;
use std::time::Duration;

use delivery::{Destination, Outcome};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::grpc::Grpc;
use super::http::Http;
use super::{BuildError, Signal, Transport};
use crate::settings::{self, Protocol};
use crate::{background, trouble};

/// Sends batches of one signal.
pub(crate) struct Otlp<S: Signal> {
    name: &'static str,
    resource: Resource,
    transport: Box<dyn Transport<S>>,
}

impl<S: Signal> Otlp<S> {
    /// Nothing is sent, and nothing looked up, before the first batch.
    pub(crate) fn to(destination: &settings::Destination, resource: Resource) -> Result<Self, BuildError> {
        Ok(Self { name: destination.name, resource, transport: transport(destination)? })
    }
}

/// The transport by the destination's protocol.
pub(super) fn transport<S: Signal>(
    destination: &settings::Destination,
) -> Result<Box<dyn Transport<S>>, BuildError> {
    Ok(match destination.protocol {
        Protocol::Grpc => Box::new(Grpc::to(destination)?),
        Protocol::HttpProtobuf | Protocol::HttpJson => Box::new(Http::to(destination)?),
    })
}

impl<S: Signal> Destination<S> for Otlp<S> {
    fn deliver(&mut self, batch: &[Arc<S>], limit: Duration) -> Outcome {
        background::give_way();
        let answer = self.transport.send(batch, &self.resource, limit);
        if let Some(told) = answer.trouble() {
            trouble::report(self.name, &format!("{} {}: {}", batch.len(), S::PLURAL, told.trim()));
        }
        answer.outcome()
    }
}
