//! OTLP: batches as messages, messages over HTTP or gRPC, answers by the rules of the protocol.
//!
//! The exporters of opentelemetry-otlp answer with a text only, and try again by themselves. A queue that keeps exact
//! accounts has to know the status, what was refused and when to come again, so spans and log records are sent here;
//! the messages are those of opentelemetry-proto. See <https://opentelemetry.io/docs/specs/otlp/>.

mod answer;
mod console;
mod destination;
mod grpc;
mod http;
mod logs;
mod message;
mod probe;
mod protobuf;
mod read;
#[cfg(test)]
mod tests;
mod traces;

use std::sync::Arc;
use std::time::Duration;

use delivery::Policy;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use serde::Serialize;

use self::protobuf::Writer;
use crate::settings::{Batch, Destination};

pub(crate) use answer::{Answer, Code};
pub(crate) use console::Console;
pub(crate) use destination::Otlp;
pub(crate) use grpc::{channel as grpc_channel, headers as grpc_headers};
pub(crate) use http::{client as http_client, headers as http_headers};
pub(crate) use logs::spool as log_spool;
pub(crate) use message::resource;
pub(crate) use probe::{probe, probe_metrics};
pub(crate) use traces::spool as trace_spool;

/// Who the client is, to the receiver.
const USER_AGENT: &str = concat!("telemetry/", env!("CARGO_PKG_VERSION"));

/// A response beyond this is not read: specification, "OTLP/HTTP Response".
const MAX_RESPONSE_BYTES: u64 = 4 << 20;

/// What one signal sends and is answered.
pub(crate) trait Signal: Send + Sync + Sized + 'static {
    /// For people: `spans`.
    const PLURAL: &'static str;
    /// In a response as JSON, the number of items that were refused.
    const REFUSED: &'static str;
    /// Path of the gRPC method.
    const METHOD: &'static str;
    type Request: prost::Message + Serialize + Default + Clone + 'static;
    type Response: prost::Message + Default + 'static;

    /// A whole request, for a batch that is not empty; secrets do not get into it.
    fn request(batch: &[Arc<Self>], resource: &Resource) -> Self::Request;

    /// The same request as protobuf.
    fn protobuf(batch: &[Arc<Self>], resource: &Resource, writer: &mut Writer) {
        writer.raw(&Self::request(batch, resource).encode_to_vec());
    }

    /// How many items were refused though the request succeeded, and why.
    fn refused(response: Self::Response) -> (usize, String);
}

/// Sends requests of one signal to one place.
pub(crate) trait Transport<S: Signal>: Send {
    /// Sends a batch; an empty one is an empty request. Blocks for at most `limit`.
    fn send(&mut self, batch: &[Arc<S>], resource: &Resource, limit: Duration) -> Answer;
}

/// How a queue before a destination behaves.
pub(crate) fn policy(destination: &Destination, batch: &Batch) -> Policy {
    Policy {
        batch_age: destination.delay.unwrap_or(batch.delay),
        timeout: destination.timeout.min(batch.timeout),
        ..console_policy(batch)
    }
}

/// The same before [`Console`], which is for looking at.
pub(crate) fn console_policy(batch: &Batch) -> Policy {
    Policy {
        queue_items: batch.queue_items,
        batch_items: batch.batch_items,
        batch_age: batch.delay,
        timeout: batch.timeout,
        ..Policy::default()
    }
}

/// Why a destination cannot be set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error(
        "its header `{0}` cannot be sent: the name or the value has characters that headers do not allow"
    )]
    Header(String),
    #[error("no client could be made for it: {0}")]
    Client(String),
    #[cfg(feature = "tls")]
    #[error("the file {file} cannot be used: {reason}")]
    File { file: String, reason: String },
}

impl BuildError {
    /// Reads a file of certificates or keys.
    #[cfg(feature = "tls")]
    fn read(path: &std::path::Path) -> Result<Vec<u8>, Self> {
        std::fs::read(path)
            .map_err(|error| Self::File { file: path.display().to_string(), reason: error.to_string() })
    }
}
