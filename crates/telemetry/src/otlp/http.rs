//! OTLP over HTTP, as protobuf or JSON.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use delivery::retry_after;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use secrecy::ExposeSecret;

use super::protobuf::Writer;
use super::{Answer, BuildError, Code, MAX_RESPONSE_BYTES, Signal, Transport, USER_AGENT};
use crate::background;
use crate::settings::{Compression, Destination, Protocol, Tls};

/// Bytes that are compressed without a pause: some 100 µs.
const PIECE: usize = 32 << 10;

/// More of an answer that is no OTLP is not told.
const TOLD_CHARS: usize = 200;

/// Where requests of one signal go.
pub(super) struct Http {
    client: Client,
    endpoint: String,
    headers: HeaderMap,
    json: bool,
    gzip: bool,
    /// Kept from one request to the next.
    plain: Writer,
}

impl Http {
    pub(super) fn to(destination: &Destination) -> Result<Self, BuildError> {
        Ok(Self {
            client: client(destination)?,
            endpoint: destination.endpoint.clone(),
            headers: headers(destination)?,
            json: destination.protocol == Protocol::HttpJson,
            gzip: destination.compression == Compression::Gzip,
            plain: Writer::with_capacity(0),
        })
    }

    /// The body of a request.
    fn encode<S: Signal>(&mut self, batch: &[Arc<S>], resource: &Resource) -> std::io::Result<Vec<u8>> {
        self.plain.clear();
        if self.json {
            let message = if batch.is_empty() { S::Request::default() } else { S::request(batch, resource) };
            self.plain.raw(&serde_json::to_vec(&message)?);
        } else if !batch.is_empty() {
            S::protobuf(batch, resource, &mut self.plain);
        }
        if !self.gzip {
            return Ok(self.plain.as_bytes().to_vec());
        }
        // The highest speed: a span compresses well at any level, and compression is the largest single cost of sending.
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for piece in self.plain.as_bytes().chunks(PIECE) {
            encoder.write_all(piece)?;
            background::pause();
        }
        encoder.finish()
    }
}

impl<S: Signal> Transport<S> for Http {
    fn send(&mut self, batch: &[Arc<S>], resource: &Resource, limit: Duration) -> Answer {
        let body = match self.encode(batch, resource) {
            Ok(body) => body,
            Err(error) => {
                let message = format!("it cannot be encoded: {error}");
                return Answer::Refused { code: Code::None, message };
            }
        };
        let mut sending = self
            .client
            .post(&self.endpoint)
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, if self.json { "application/json" } else { "application/x-protobuf" })
            .timeout(limit);
        if self.gzip {
            sending = sending.header(CONTENT_ENCODING, "gzip");
        }
        match sending.body(body).send() {
            Ok(response) => read::<S>(response, self.json),
            Err(error) => Answer::none(chain(&error)),
        }
    }
}

fn read<S: Signal>(response: Response, json: bool) -> Answer {
    let status = response.status();
    let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let after = after.and_then(|value| retry_after::parse(value, SystemTime::now()));
    let is_page =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let mut body = Vec::new();
    // A body that breaks off says nothing; the status says enough.
    let _ = response.take(MAX_RESPONSE_BYTES).read_to_end(&mut body);
    if !status.is_success() {
        let told: String = String::from_utf8_lossy(&body).chars().take(TOLD_CHARS).collect();
        return Answer::of_http(status.as_u16(), after, &told);
    }
    if is_page {
        return Answer::Refused { code: Code::WebPage, message: String::new() };
    }
    // A success whose body is no OTLP is a success all the same.
    let refused =
        if json { refused_json(&body, S::REFUSED) } else { S::Response::decode(&*body).ok().map(S::refused) };
    let (refused, message) = refused.unwrap_or_default();
    Answer::Taken { refused, message }
}

/// The partial success in a response as JSON; a 64-bit number may stand there as text.
fn refused_json(body: &[u8], member: &str) -> Option<(usize, String)> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let partial = body.get("partialSuccess")?;
    let number = partial.get(member)?;
    let number = number.as_u64().or_else(|| number.as_str()?.parse().ok())?;
    let message = partial.get("errorMessage").and_then(serde_json::Value::as_str).unwrap_or_default();
    Some((usize::try_from(number).ok()?, message.to_owned()))
}

/// An error of the client and its causes; the outermost names the URL, which may hold a key.
fn chain(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "no answer in time".to_owned() } else { "no answer".to_owned() };
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// The blocking client is made on a thread of its own, because it must not be made inside of an async runtime.
pub(crate) fn client(destination: &Destination) -> Result<Client, BuildError> {
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .timeout(destination.timeout)
        // A redirect would carry the headers, and so the key, to another host.
        .redirect(reqwest::redirect::Policy::none());
    builder = tls(builder, &destination.tls)?;
    std::thread::spawn(move || builder.build())
        .join()
        .map_err(|_| BuildError::Client("making it panicked".to_owned()))?
        .map_err(|error| BuildError::Client(chain(&error)))
}

type Builder = reqwest::blocking::ClientBuilder;

/// Trusts the certificate authority of the settings, and shows the client's own certificate.
#[cfg(feature = "tls")]
fn tls(mut builder: Builder, tls: &Tls) -> Result<Builder, BuildError> {
    let wrong = |file: &std::path::Path, error: &reqwest::Error| BuildError::File {
        file: file.display().to_string(),
        reason: format!("it is no PEM certificate or key: {error}"),
    };
    if let Some(file) = &tls.certificate {
        let pem = BuildError::read(file)?;
        let bundle = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| wrong(file, &error))?;
        if bundle.is_empty() {
            let (file, reason) = (file.display().to_string(), "it holds no PEM certificate".to_owned());
            return Err(BuildError::File { file, reason });
        }
        builder = builder.tls_certs_only(bundle);
    }
    if let (Some(certificate), Some(key)) = (&tls.client_certificate, &tls.client_key) {
        let mut pem = BuildError::read(key)?;
        pem.push(b'\n');
        pem.extend(BuildError::read(certificate)?);
        let identity = reqwest::Identity::from_pem(&pem).map_err(|error| wrong(certificate, &error))?;
        builder = builder.identity(identity);
    }
    Ok(builder)
}

#[cfg(not(feature = "tls"))]
fn tls(builder: Builder, _: &Tls) -> Result<Builder, BuildError> {
    Ok(builder)
}

/// The destination's own headers.
pub(crate) fn headers(destination: &Destination) -> Result<HeaderMap, BuildError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &destination.headers {
        let wrong = || BuildError::Header(name.clone());
        let key = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}
