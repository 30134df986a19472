//! Metrics on their way to a destination, by opentelemetry-otlp: an export that is lost is made up for by the next one, so
//! its own retries are enough.

use std::time::Duration;

use bytes::Bytes;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{MetricExporter, WithExportConfig, WithHttpConfig, WithTonicConfig};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use tokio::runtime::Runtime;

use crate::otlp::{self, BuildError};
use crate::settings::{Compression, Destination, Protocol};
use crate::trouble;

/// An exporter with the runtime that its connection lives in, where it has one.
pub(super) struct Exporter {
    name: &'static str,
    inner: MetricExporter,
    runtime: Option<Runtime>,
}

impl Exporter {
    /// `limit` is the time that one export may take; the destination's own may be shorter.
    pub(super) fn to(destination: &Destination, limit: Duration) -> Result<Self, BuildError> {
        let limit = limit.min(destination.timeout);
        let (inner, runtime) = match destination.protocol {
            Protocol::Grpc => grpc(destination, limit)?,
            Protocol::HttpProtobuf => {
                (http(destination, limit, opentelemetry_otlp::Protocol::HttpBinary)?, None)
            }
            Protocol::HttpJson => (http(destination, limit, opentelemetry_otlp::Protocol::HttpJson)?, None),
        };
        Ok(Self { name: destination.name, inner, runtime })
    }
}

fn http(
    destination: &Destination,
    limit: Duration,
    protocol: opentelemetry_otlp::Protocol,
) -> Result<MetricExporter, BuildError> {
    let client = Client { inner: otlp::http_client(destination)?, headers: otlp::http_headers(destination)? };
    let builder = MetricExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(protocol)
        .with_endpoint(&destination.endpoint)
        .with_timeout(limit);
    let builder = match destination.compression {
        Compression::Gzip => builder.with_compression(opentelemetry_otlp::Compression::Gzip),
        Compression::None => builder,
    };
    builder.build().map_err(|error| BuildError::Client(error.to_string()))
}

fn grpc(destination: &Destination, limit: Duration) -> Result<(MetricExporter, Option<Runtime>), BuildError> {
    let (runtime, channel) = otlp::grpc_channel(destination)?;
    let builder = MetricExporter::builder()
        .with_tonic()
        .with_channel(channel)
        .with_metadata(otlp::grpc_headers(destination)?)
        .with_timeout(limit);
    let builder = match destination.compression {
        Compression::Gzip => builder.with_compression(opentelemetry_otlp::Compression::Gzip),
        Compression::None => builder,
    };
    let built = {
        let _entered = runtime.enter();
        builder.build().map_err(|error| BuildError::Client(error.to_string()))?
    };
    Ok((built, Some(runtime)))
}

impl PushMetricExporter for Exporter {
    /// It is called on the SDK's own thread, which has no runtime and may block.
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let outcome = match &self.runtime {
            Some(runtime) => runtime.block_on(self.inner.export(metrics)),
            None => self.inner.export(metrics).await,
        };
        if let Err(error) = &outcome {
            trouble::report(self.name, &format!("metrics: {error}"));
        }
        outcome
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.inner.temporality()
    }
}

/// opentelemetry-otlp adds `OTEL_EXPORTER_OTLP_HEADERS` to every request by itself; only what describes the body is kept of
/// what it set, and the destination's own headers go with it.
#[derive(Debug)]
struct Client {
    inner: reqwest::blocking::Client,
    headers: HeaderMap,
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(
        &self,
        mut request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, HttpError> {
        let mut headers = self.headers.clone();
        for name in [CONTENT_TYPE, CONTENT_ENCODING] {
            if let Some(value) = request.headers_mut().remove(&name) {
                headers.insert(name, value);
            }
        }
        *request.headers_mut() = headers;
        self.inner.send_bytes(request).await
    }
}
