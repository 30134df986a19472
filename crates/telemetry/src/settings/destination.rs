//! Where spans are sent, by the variables of the OpenTelemetry specification and our short ones.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::endpoint;
use super::exporters::Exporters;
use super::variables::Variables;

/// The specification's default of `OTEL_EXPORTER_OTLP_TIMEOUT`, for one export with all its retries.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// People look at the explorer while they work, so its spans wait half a second at most.
const EXPLORER_DELAY: Duration = Duration::from_millis(500);

/// One place that spans are sent to, by OTLP over HTTP with protobuf.
#[derive(Debug, Clone)]
pub struct Destination {
    /// What people call it: `explorer`, `honeycomb` or `otlp`.
    pub name: &'static str,
    /// The whole URL of the traces endpoint, ending in `/v1/traces` unless a per-signal variable said otherwise.
    pub endpoint: String,
    /// Headers sent with each export, and to this destination alone. Values are secrets.
    pub headers: Vec<(String, SecretString)>,
    /// Compression of the request body.
    pub compression: Compression,
    /// Limit of one export, retries included.
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

/// Where a signal goes by its short variables and by those of the specification.
pub(super) fn traces(variables: &Variables<'_>, exporters: Exporters) -> Vec<Destination> {
    if exporters.is_none() {
        return Vec::new();
    }
    let otlp = exporters.otlp.then(|| otlp(variables, "TRACES", exporters.is_explicit)).flatten();
    without_twins(variables, [honeycomb(variables), otlp, explorer(variables)].into_iter().flatten())
}

/// An endpoint that is named twice gets each span once.
fn without_twins(
    variables: &Variables<'_>,
    candidates: impl Iterator<Item = (&'static str, Destination)>,
) -> Vec<Destination> {
    let mut found: Vec<Destination> = Vec::new();
    for (variable, destination) in candidates {
        match found.iter().find(|known| known.endpoint == destination.endpoint) {
            Some(twin) => variables
                .problem(variable, format!("{} is a destination already, as {}", twin.endpoint, twin.name)),
            None => found.push(destination),
        }
    }
    found
}

fn explorer(variables: &Variables<'_>) -> Option<(&'static str, Destination)> {
    const NAME: &str = "EXPLORER_URL";
    let endpoint = endpoint::http(variables, NAME, &variables.get(NAME)?, "/v1/traces")?;
    Some((NAME, Destination { delay: Some(EXPLORER_DELAY), ..Destination::http("explorer", endpoint) }))
}

fn honeycomb(variables: &Variables<'_>) -> Option<(&'static str, Destination)> {
    const ENDPOINT: &str = "HONEYCOMB_API_ENDPOINT";
    let key = variables.get("HONEYCOMB_API_KEY")?;
    let base = variables.get(ENDPOINT).unwrap_or_else(|| "https://api.honeycomb.io".to_owned());
    let endpoint = endpoint::http(variables, ENDPOINT, &base, "/v1/traces")?;
    let mut headers = vec![("x-honeycomb-team".to_owned(), SecretString::from(key))];
    if let Some(dataset) = variables.get("HONEYCOMB_DATASET") {
        headers.push(("x-honeycomb-dataset".to_owned(), SecretString::from(dataset)));
    }
    let compression = Compression::Gzip;
    Some((ENDPOINT, Destination { headers, compression, ..Destination::http("honeycomb", endpoint) }))
}

/// The destination of the specification's own variables, of `signal` in upper case. Where none names an endpoint there
/// is one only if the exporter was asked for by name: then it is the specification's default, on this machine.
pub(super) fn otlp(
    variables: &Variables<'_>,
    signal: &str,
    is_explicit: bool,
) -> Option<(&'static str, Destination)> {
    const GENERAL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let names = |suffix: &str| {
        [format!("OTEL_EXPORTER_OTLP_{signal}_{suffix}"), format!("OTEL_EXPORTER_OTLP_{suffix}")]
    };
    let set = |suffix: &str| {
        let [special, general] = names(suffix);
        variables.first(&[&special, &general]).map(|(name, value)| (name.to_owned(), value))
    };
    let (special, general) = (variables.get(&names("ENDPOINT")[0]), variables.get(GENERAL));
    if special.is_none() && general.is_none() && !is_explicit {
        return None;
    }
    let [special_protocol, general_protocol] = names("PROTOCOL");
    let protocol = variables.parse(
        &[&special_protocol, &general_protocol],
        (Protocol::HttpProtobuf, "http/protobuf"),
        "grpc, http/protobuf or http/json",
        Protocol::read,
    );
    let path = format!("/v1/{}", signal.to_ascii_lowercase());
    let insecure = set("INSECURE").is_some_and(|(_, value)| value.eq_ignore_ascii_case("true"));
    let endpoint = match (protocol, special, general) {
        (Protocol::Grpc, None, None) => "http://localhost:4317".to_owned(),
        (_, None, None) => format!("http://localhost:4318{path}"),
        (Protocol::Grpc, Some(own), _) => endpoint::grpc(variables, &names("ENDPOINT")[0], &own, insecure)?,
        (Protocol::Grpc, None, Some(base)) => endpoint::grpc(variables, GENERAL, &base, insecure)?,
        // A per-signal endpoint is used as it is, the general one is a base: specification, "OTLP Exporter", "Endpoint
        // URLs for OTLP/HTTP".
        (_, Some(own), _) => endpoint::http_whole(variables, &names("ENDPOINT")[0], &own, &path)?,
        (_, None, Some(base)) => endpoint::http(variables, GENERAL, &base, &path)?,
    };
    let headers = set("HEADERS").map(|(name, list)| headers(variables, &name, &list)).unwrap_or_default();
    let [special, general] = names("COMPRESSION");
    let compression = variables.parse(
        &[&special, &general],
        (Compression::None, "none"),
        "gzip or none",
        Compression::read,
    );
    let [special, general] = names("TIMEOUT");
    let timeout = variables.millis(&[&special, &general], DEFAULT_TIMEOUT);
    let file = |suffix: &str| set(suffix).map(|(_, path)| PathBuf::from(path));
    let tls = Tls {
        certificate: file("CERTIFICATE"),
        client_certificate: file("CLIENT_CERTIFICATE"),
        client_key: file("CLIENT_KEY"),
    };
    let destination =
        Destination { headers, compression, timeout, protocol, tls, ..Destination::http("otlp", endpoint) };
    Some((GENERAL, destination))
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
}

/// `key=value,key=value` with percent-encoded values, as the specification's `OTEL_EXPORTER_OTLP_HEADERS`.
fn headers(variables: &Variables<'_>, variable: &str, list: &str) -> Vec<(String, SecretString)> {
    let mut found = Vec::new();
    for pair in list.split(',').filter(|pair| !pair.trim().is_empty()) {
        let parsed = pair.split_once('=').and_then(|(name, value)| {
            let value = crate::propagation::percent::decode(value.trim())?;
            http::HeaderValue::from_str(&value).ok()?;
            Some((http::HeaderName::try_from(name.trim()).ok()?.to_string(), SecretString::from(value)))
        });
        match parsed {
            Some(header) => found.push(header),
            // The value may be a key, so it is not repeated here.
            None => variables.problem(variable, "an entry is not `name=value` and is left out"),
        }
    }
    found
}

impl Protocol {
    fn read(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "grpc" => Some(Self::Grpc),
            "http/protobuf" => Some(Self::HttpProtobuf),
            "http/json" => Some(Self::HttpJson),
            _ => None,
        }
    }
}

impl Compression {
    fn read(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "gzip" => Some(Self::Gzip),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}
