//! One place that a signal is sent to.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::shown;

/// The specification's default of `OTEL_EXPORTER_OTLP_TIMEOUT`.
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// One place that spans, log records or metrics are sent to, by OTLP.
#[derive(Clone)]
pub struct Destination {
    /// What people call it: `explorer`, `honeycomb` or `otlp`.
    pub name: &'static str,
    /// The whole URL over HTTP, ending in the path of the signal unless a per-signal variable said otherwise; scheme, host
    /// and port for gRPC. It may hold credentials.
    pub endpoint: String,
    /// Headers sent with each export, and to this destination alone. Values are secrets.
    pub headers: Vec<(String, SecretString)>,
    /// Compression of the request body.
    pub compression: Compression,
    /// Limit of one attempt to send.
    pub timeout: Duration,
    /// How requests are encoded and carried.
    pub protocol: Protocol,
    /// Certificates for a destination that speaks https.
    pub tls: Tls,
    /// How long a span may wait for company before its batch is sent; `None` leaves it to `OTEL_BSP_SCHEDULE_DELAY`
    /// (5 s by default).
    pub delay: Option<Duration>,
}

/// How requests are encoded and carried, by the words of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `grpc`.
    Grpc,
    /// `http/protobuf`, the default.
    HttpProtobuf,
    /// `http/json`.
    HttpJson,
}

/// Files in PEM form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// The certificate authority to trust instead of those of the system.
    pub certificate: Option<PathBuf>,
    /// What this client shows of itself.
    pub client_certificate: Option<PathBuf>,
    /// The key of `client_certificate`.
    pub client_key: Option<PathBuf>,
}

/// Compression of an export's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// As it is.
    None,
    /// `Content-Encoding: gzip`.
    Gzip,
}

impl Destination {
    /// A destination that is sent OTLP as protobuf over HTTP, with the defaults of the specification. `endpoint` is the
    /// whole URL, `http://localhost:4318/v1/traces`.
    #[must_use]
    pub fn http(name: &'static str, endpoint: String) -> Self {
        let (headers, compression) = (Vec::new(), Compression::None);
        let (protocol, tls) = (Protocol::HttpProtobuf, Tls::default());
        Self { name, endpoint, headers, compression, timeout: DEFAULT_TIMEOUT, protocol, tls, delay: None }
    }
    /// The endpoint as people may see it: credentials and the values of a query are `***`.
    #[must_use]
    pub fn shown_endpoint(&self) -> String {
        shown::endpoint(&self.endpoint)
    }

    /// Whether what goes to `self` and to `other` arrives at one place, twice. Headers may tell two accounts apart that
    /// share an endpoint.
    pub(super) fn is_twin(&self, other: &Self) -> bool {
        let sent = |of: &Self| -> Vec<(String, String)> {
            let header = |(name, value): &(String, SecretString)| {
                (name.to_ascii_lowercase(), value.expose_secret().to_owned())
            };
            let mut headers: Vec<_> = of.headers.iter().map(header).collect();
            headers.sort();
            headers
        };
        let are_apart = !self.headers.is_empty() && !other.headers.is_empty() && sent(self) != sent(other);
        self.endpoint == other.endpoint && !are_apart
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, endpoint: _, headers, compression, timeout, protocol, tls, delay } = self;
        out.debug_struct("Destination")
            .field("name", name)
            .field("endpoint", &self.shown_endpoint())
            .field("headers", headers)
            .field("compression", compression)
            .field("timeout", timeout)
            .field("protocol", protocol)
            .field("tls", tls)
            .field("delay", delay)
            .finish()
    }
}

impl Protocol {
    pub(super) fn read(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "grpc" => Some(Self::Grpc),
            "http/protobuf" => Some(Self::HttpProtobuf),
            "http/json" => Some(Self::HttpJson),
            _ => None,
        }
    }
}

impl Compression {
    pub(super) fn read(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "gzip" => Some(Self::Gzip),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}
