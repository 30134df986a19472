//! One OTLP exporter a destination, which sends that destination's headers and nobody else's.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use secrecy::ExposeSecret;

use crate::settings::{Compression, Destination};

/// Why a destination cannot be set up.
#[derive(Debug, thiserror::Error)]
pub(super) enum BuildError {
    #[error("a header of it cannot be sent: its value has characters that headers do not allow")]
    Header,
    #[error("no HTTP client could be made: {0}")]
    Client(String),
    #[error(transparent)]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

pub(super) fn build(destination: &Destination) -> Result<SpanExporter, BuildError> {
    let client = OwnHeaders { client: client(destination)?, headers: headers(destination)? };
    let builder = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(&destination.endpoint)
        .with_timeout(destination.timeout);
    let builder = match destination.compression {
        Compression::Gzip => builder.with_compression(opentelemetry_otlp::Compression::Gzip),
        Compression::None => builder,
    };
    Ok(builder.build()?)
}

/// The blocking client is made on a thread of its own, because it must not be made inside of an async runtime.
fn client(destination: &Destination) -> Result<reqwest::blocking::Client, BuildError> {
    let timeout = destination.timeout;
    let build = move || {
        let client = reqwest::blocking::Client::builder();
        // A redirect would carry the headers, and so the key, to another host.
        client.timeout(timeout).redirect(reqwest::redirect::Policy::none()).build()
    };
    std::thread::spawn(build)
        .join()
        .map_err(|_| BuildError::Client("making it panicked".to_owned()))?
        .map_err(|error| BuildError::Client(error.to_string()))
}

fn headers(destination: &Destination) -> Result<HeaderMap, BuildError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &destination.headers {
        let name = HeaderName::try_from(name).map_err(|_| BuildError::Header)?;
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| BuildError::Header)?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// The exporter adds `OTEL_EXPORTER_OTLP_HEADERS` to every request, whoever it goes to. With several destinations
/// that would hand one vendor's key to another, so only what describes the body is kept of what it set.
#[derive(Debug)]
struct OwnHeaders {
    client: reqwest::blocking::Client,
    headers: HeaderMap,
}

#[async_trait::async_trait]
impl HttpClient for OwnHeaders {
    async fn send_bytes(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut headers = self.headers.clone();
        for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::USER_AGENT] {
            if let Some(value) = request.headers_mut().remove(&name) {
                headers.insert(name, value);
            }
        }
        *request.headers_mut() = headers;
        self.client.send_bytes(request).await
    }
}
