//! OTLP over gRPC.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::resource::v1::Resource;
use secrecy::ExposeSecret;
use tokio::runtime::{Builder, Runtime};
use tonic::codec::CompressionEncoding;
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;

use super::{Answer, BuildError, MAX_RESPONSE_BYTES, Signal, Transport, USER_AGENT};
use crate::settings::{Compression, Destination};

/// One connection, and the runtime that it lives in. The queue's thread blocks on it, so no other runtime is involved.
pub(super) struct Grpc {
    runtime: Runtime,
    channel: Channel,
    headers: MetadataMap,
    gzip: bool,
}

impl Grpc {
    pub(super) fn to(destination: &Destination) -> Result<Self, BuildError> {
        let (runtime, channel) = channel(destination)?;
        let gzip = destination.compression == Compression::Gzip;
        Ok(Self { runtime, channel, headers: headers(destination)?, gzip })
    }
}

/// A connection that is made at the first request, and again whenever that is needed, in a runtime of its own.
pub(crate) fn channel(destination: &Destination) -> Result<(Runtime, Channel), BuildError> {
    let failed = |error: &dyn std::fmt::Display| BuildError::Client(error.to_string());
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
    let endpoint = Endpoint::from_shared(destination.endpoint.clone())
        .and_then(|endpoint| endpoint.user_agent(USER_AGENT))
        .map_err(|error| failed(&error))?
        .connect_timeout(destination.timeout);
    let endpoint = tls(endpoint, destination)?;
    let channel = runtime.block_on(async { endpoint.connect_lazy() });
    Ok((runtime, channel))
}

impl<S: Signal> Transport<S> for Grpc {
    fn send(&mut self, batch: &[Arc<S>], resource: &Resource, limit: Duration) -> Answer {
        let message = if batch.is_empty() { S::Request::default() } else { S::request(batch, resource) };
        let mut client = tonic::client::Grpc::new(self.channel.clone())
            .max_decoding_message_size(usize::try_from(MAX_RESPONSE_BYTES).unwrap_or(usize::MAX));
        if self.gzip {
            client = client.send_compressed(CompressionEncoding::Gzip);
        }
        let mut request = Request::from_parts(self.headers.clone(), tonic::Extensions::new(), message);
        request.set_timeout(limit);
        let call = async {
            client.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
            let path = http::uri::PathAndQuery::from_static(S::METHOD);
            client.unary(request, path, ProstCodec::<S::Request, S::Response>::default()).await
        };
        let answer = self.runtime.block_on(async { tokio::time::timeout(limit, call).await });
        match answer {
            Ok(Ok(response)) => {
                let (refused, message) = S::refused(response.into_inner());
                Answer::Taken { refused, message }
            }
            Ok(Err(status)) => failed(&status),
            Err(_) => Answer::none("no answer in time"),
        }
    }
}

fn failed(status: &Status) -> Answer {
    let after = status.get_details_retry_info().and_then(|info| info.retry_delay);
    let mut message = status.message().to_owned();
    let mut source = std::error::Error::source(status);
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    Answer::of_grpc(status.code(), after, &message)
}

#[cfg(feature = "tls")]
fn tls(endpoint: Endpoint, destination: &Destination) -> Result<Endpoint, BuildError> {
    use tonic::transport::{Certificate, ClientTlsConfig, Identity};
    if !destination.endpoint.starts_with("https://") {
        return Ok(endpoint);
    }
    let mut config = match &destination.tls.certificate {
        Some(file) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(BuildError::read(file)?)),
        None => ClientTlsConfig::new().with_native_roots(),
    };
    if let (Some(certificate), Some(key)) = (&destination.tls.client_certificate, &destination.tls.client_key)
    {
        config = config.identity(Identity::from_pem(BuildError::read(certificate)?, BuildError::read(key)?));
    }
    endpoint.tls_config(config).map_err(|error| BuildError::Client(error.to_string()))
}

#[cfg(not(feature = "tls"))]
fn tls(endpoint: Endpoint, _: &Destination) -> Result<Endpoint, BuildError> {
    Ok(endpoint)
}

/// The destination's own headers.
pub(crate) fn headers(destination: &Destination) -> Result<MetadataMap, BuildError> {
    let mut headers = MetadataMap::new();
    for (name, value) in &destination.headers {
        let wrong = || BuildError::Header(name.clone());
        let key: AsciiMetadataKey = name.to_ascii_lowercase().parse().map_err(|_| wrong())?;
        let mut value: AsciiMetadataValue = value.expose_secret().parse().map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}
