//! One OTLP exporter a destination, which sends that destination's headers and nobody else's, and tells what the
//! answer was.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use delivery::retry_after;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
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

/// What a destination answered to the last export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// `Retry-After`, counted from the answer.
    pub(super) retry_after: Option<Duration>,
    /// Spans that were refused though the export succeeded, and why.
    pub(super) rejected: usize,
    pub(super) message: String,
}

/// Where the exporter's HTTP client leaves the answer: the exporter itself tells of a failure by a text only.
pub(super) type LastAnswer = Arc<Mutex<Option<Answer>>>;

/// An exporter that tries once. Trying again is up to the queue, which has more time and knows `Retry-After`.
pub(super) fn build(destination: &Destination) -> Result<(SpanExporter, LastAnswer), BuildError> {
    let answer = LastAnswer::default();
    let client =
        Client { inner: client(destination)?, headers: headers(destination)?, answer: Arc::clone(&answer) };
    let builder = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(&destination.endpoint)
        .with_timeout(destination.timeout)
        .with_retry_policy(RetryPolicy::disabled());
    let builder = match destination.compression {
        Compression::Gzip => builder.with_compression(opentelemetry_otlp::Compression::Gzip),
        Compression::None => builder,
    };
    Ok((builder.build()?, answer))
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
struct Client {
    inner: reqwest::blocking::Client,
    headers: HeaderMap,
    answer: LastAnswer,
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut headers = self.headers.clone();
        for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::USER_AGENT] {
            if let Some(value) = request.headers_mut().remove(&name) {
                headers.insert(name, value);
            }
        }
        *request.headers_mut() = headers;
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let response = self.inner.send_bytes(request).await?;
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(Answer::of(&response));
        Ok(response)
    }
}

impl Answer {
    fn of(response: &Response<Bytes>) -> Self {
        let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let partial = response
            .status()
            .is_success()
            .then(|| ExportTraceServiceResponse::decode(response.body().as_ref()));
        let partial = partial.and_then(Result::ok).and_then(|body| body.partial_success).unwrap_or_default();
        Self {
            status: response.status(),
            retry_after: retry_after.and_then(|value| retry_after::parse(value, SystemTime::now())),
            rejected: usize::try_from(partial.rejected_spans).unwrap_or(0),
            message: partial.error_message,
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;

    use super::*;

    #[test]
    fn an_answer_tells_what_was_refused_and_when_to_come_again() {
        let partial = ExportTracePartialSuccess { rejected_spans: 3, error_message: "too old".to_owned() };
        let body = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
        let answer = Answer::of(&Response::new(body.into()));
        assert_eq!((answer.rejected, answer.message.as_str()), (3, "too old"));

        let busy = Response::builder()
            .status(429)
            .header("retry-after", "7")
            .body(Bytes::from_static(b"no"))
            .unwrap();
        let answer = Answer::of(&busy);
        assert_eq!((answer.status.as_u16(), answer.retry_after), (429, Some(Duration::from_secs(7))));
    }

    #[test]
    fn a_success_whose_body_is_no_protobuf_is_a_success() {
        let answer = Answer::of(&Response::new(Bytes::from_static(b"{}")));

        assert_eq!((answer.status, answer.rejected), (StatusCode::OK, 0));
    }
}
