//! Where spans are sent, by the variables of the OpenTelemetry specification and our short ones.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::Variables;

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

/// How spans wait in a queue, by the specification's variables of the batch span processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// `OTEL_BSP_SCHEDULE_DELAY`, milliseconds: how long a span may wait for company. Default 5 s.
    pub delay: Duration,
    /// `OTEL_BSP_MAX_QUEUE_SIZE`: spans that may wait for one destination. Default 16,384; the specification's 2048 is
    /// less than half a second of a busy service.
    pub queue_spans: usize,
    /// `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`: spans of one export at most. Default 512.
    pub batch_spans: usize,
}

impl Default for Batch {
    fn default() -> Self {
        Self { delay: Duration::from_secs(5), queue_spans: 16_384, batch_spans: 512 }
    }
}

impl Batch {
    pub(super) fn read(variables: &Variables<'_>, warnings: &mut Vec<String>) -> Self {
        let mut number = |name: &str, default: usize| {
            let Some(value) = variables.get(name) else { return default };
            value.parse().ok().filter(|number| *number > 0).unwrap_or_else(|| {
                warnings.push(format!("{name}: `{value}` is no number above 0, {default} is used"));
                default
            })
        };
        let default = Self::default();
        let millis = number("OTEL_BSP_SCHEDULE_DELAY", 5000);
        Self {
            delay: Duration::from_millis(millis as u64),
            queue_spans: number("OTEL_BSP_MAX_QUEUE_SIZE", default.queue_spans),
            batch_spans: number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", default.batch_spans),
        }
    }
}

pub(super) fn destinations(variables: &Variables<'_>, warnings: &mut Vec<String>) -> Vec<Destination> {
    let mut found: Vec<Destination> = Vec::new();
    let candidates =
        [honeycomb(variables, warnings), otlp(variables, warnings), explorer(variables, warnings)];
    for destination in candidates.into_iter().flatten() {
        if let Some(twin) = found.iter().find(|known| known.endpoint == destination.endpoint) {
            warnings.push(format!(
                "{} is configured twice ({} and {})",
                twin.endpoint, twin.name, destination.name
            ));
        } else {
            found.push(destination);
        }
    }
    found
}

fn explorer(variables: &Variables<'_>, warnings: &mut Vec<String>) -> Option<Destination> {
    let base = variables.get("EXPLORER_URL")?;
    let endpoint = endpoint("EXPLORER_URL", &base, "/v1/traces", warnings)?;
    Some(Destination { delay: Some(EXPLORER_DELAY), ..Destination::http("explorer", endpoint) })
}

fn honeycomb(variables: &Variables<'_>, warnings: &mut Vec<String>) -> Option<Destination> {
    let key = variables.get("HONEYCOMB_API_KEY")?;
    let base =
        variables.get("HONEYCOMB_API_ENDPOINT").unwrap_or_else(|| "https://api.honeycomb.io".to_owned());
    let endpoint = endpoint("HONEYCOMB_API_ENDPOINT", &base, "/v1/traces", warnings)?;
    let mut headers = vec![("x-honeycomb-team".to_owned(), SecretString::from(key))];
    if let Some(dataset) = variables.get("HONEYCOMB_DATASET") {
        headers.push(("x-honeycomb-dataset".to_owned(), SecretString::from(dataset)));
    }
    Some(Destination { headers, compression: Compression::Gzip, ..Destination::http("honeycomb", endpoint) })
}

fn otlp(variables: &Variables<'_>, warnings: &mut Vec<String>) -> Option<Destination> {
    const PER_SIGNAL: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const GENERAL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    // A per-signal endpoint is used as it is, the general one is a base: specification, "OTLP Exporter", "Endpoint URLs
    // for OTLP/HTTP".
    let endpoint = match (variables.get(PER_SIGNAL), variables.get(GENERAL)) {
        (Some(whole), _) => endpoint(PER_SIGNAL, &whole, "", warnings)?,
        (None, Some(base)) => endpoint(GENERAL, &base, "/v1/traces", warnings)?,
        (None, None) => return None,
    };
    let option = |suffix: &str| {
        variables
            .get(&format!("OTEL_EXPORTER_OTLP_TRACES_{suffix}"))
            .or_else(|| variables.get(&format!("OTEL_EXPORTER_OTLP_{suffix}")))
    };
    if let Some(protocol) = option("PROTOCOL").filter(|protocol| protocol != "http/protobuf") {
        warnings.push(format!(
            "OTEL_EXPORTER_OTLP_PROTOCOL: `{protocol}` is not spoken here, http/protobuf is used"
        ));
    }
    Some(Destination {
        headers: option("HEADERS").map(|list| headers(&list, warnings)).unwrap_or_default(),
        compression: option("COMPRESSION").map_or(Compression::None, |word| compression(&word, warnings)),
        timeout: option("TIMEOUT").map_or(DEFAULT_TIMEOUT, |millis| timeout(&millis, warnings)),
        ..Destination::http("otlp", endpoint)
    })
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

/// `base` with `path` behind it; a warning and nothing when that is no http URL.
fn endpoint(variable: &str, base: &str, path: &str, warnings: &mut Vec<String>) -> Option<String> {
    let parsed = reqwest::Url::parse(base)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = parsed else {
        warnings.push(format!("{variable}: `{base}` is not a URL; write it like http://localhost:4318"));
        return None;
    };
    if url.scheme() == "https" && !cfg!(feature = "tls") {
        warnings.push(format!("{variable}: https needs the crate's feature `tls`"));
        return None;
    }
    if path.is_empty() {
        return Some(url.into());
    }
    // People often paste the whole endpoint where a base is asked for.
    let trimmed = base.trim_end_matches('/').trim_end_matches(path).trim_end_matches('/');
    Some(format!("{trimmed}{path}"))
}

/// `key=value,key=value` with percent-encoded values, as the specification's `OTEL_EXPORTER_OTLP_HEADERS`.
fn headers(list: &str, warnings: &mut Vec<String>) -> Vec<(String, SecretString)> {
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
            None => warnings.push("OTEL_EXPORTER_OTLP_HEADERS: an entry is not `name=value`".to_owned()),
        }
    }
    found
}

fn compression(word: &str, warnings: &mut Vec<String>) -> Compression {
    match word.to_ascii_lowercase().as_str() {
        "gzip" => Compression::Gzip,
        "none" => Compression::None,
        _ => {
            warnings.push(format!(
                "OTEL_EXPORTER_OTLP_COMPRESSION: `{word}` is neither gzip nor none, none is used"
            ));
            Compression::None
        }
    }
}

fn timeout(millis: &str, warnings: &mut Vec<String>) -> Duration {
    millis.parse().ok().filter(|millis| *millis > 0).map_or_else(
        || {
            warnings.push(format!(
                "OTEL_EXPORTER_OTLP_TIMEOUT: `{millis}` is no number of milliseconds, 10000 is used"
            ));
            DEFAULT_TIMEOUT
        },
        Duration::from_millis,
    )
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Vec<Destination>, Vec<String>) {
        let lookup =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned());
        let mut warnings = Vec::new();
        (destinations(&Variables { lookup: &lookup }, &mut warnings), warnings)
    }

    fn endpoints(variables: &[(&str, &str)]) -> Vec<String> {
        read(variables).0.into_iter().map(|destination| destination.endpoint).collect()
    }

    #[test]
    fn the_general_endpoint_is_a_base_and_the_per_signal_one_is_whole() {
        assert_eq!(
            endpoints(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/base/")]),
            ["http://collector:4318/base/v1/traces"]
        );
        assert_eq!(
            endpoints(&[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
                ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://other:1/spans"),
            ]),
            ["http://other:1/spans"]
        );
    }

    #[test]
    fn several_destinations_stand_side_by_side() {
        let found = endpoints(&[
            ("HONEYCOMB_API_KEY", "k"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
            ("EXPLORER_URL", "http://localhost:4318/v1/traces"),
        ]);

        assert_eq!(
            found,
            [
                "https://api.honeycomb.io/v1/traces",
                "http://collector:4318/v1/traces",
                "http://localhost:4318/v1/traces"
            ]
        );
    }

    #[test]
    fn one_endpoint_named_twice_gets_each_span_once() {
        let (found, warnings) = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"),
            ("EXPLORER_URL", "http://localhost:4318"),
        ]);

        assert_eq!(found.len(), 1);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
    }

    #[test]
    fn headers_are_decoded_and_stay_with_their_destination() {
        let (found, _) = read(&[
            ("EXPLORER_URL", "http://localhost:4318"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, other=c=d"),
        ]);

        let of = |name: &str| {
            let destination = found.iter().find(|destination| destination.name == name).unwrap();
            destination
                .headers
                .iter()
                .map(|(k, v)| (k.clone(), v.expose_secret().to_owned()))
                .collect::<Vec<_>>()
        };
        assert_eq!(of("otlp"), [("api-key".into(), "a b".into()), ("other".into(), "c=d".into())]);
        assert!(of("explorer").is_empty());
    }

    #[test]
    fn what_cannot_be_used_is_said_in_words_that_help() {
        for (variables, expected) in [
            (vec![("EXPLORER_URL", "localhost:4318")], "http://localhost:4318"),
            (
                vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")],
                "soon",
            ),
            (
                vec![
                    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"),
                    ("OTEL_EXPORTER_OTLP_COMPRESSION", "zip"),
                ],
                "zip",
            ),
            (
                vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
                "grpc",
            ),
            (
                vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"), ("OTEL_EXPORTER_OTLP_HEADERS", "key")],
                "name=value",
            ),
        ] {
            let (_, warnings) = read(&variables);
            assert!(warnings.iter().any(|warning| warning.contains(expected)), "{variables:?}: {warnings:?}");
        }
    }

    #[test]
    fn batches_follow_the_variables_of_the_specification() {
        let read = |variables: &[(&str, &str)]| {
            let lookup =
                |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned());
            let mut warnings = Vec::new();
            (Batch::read(&Variables { lookup: &lookup }, &mut warnings), warnings.len())
        };

        assert_eq!(read(&[]), (Batch::default(), 0));
        let set = [("OTEL_BSP_SCHEDULE_DELAY", "50"), ("OTEL_BSP_MAX_QUEUE_SIZE", "9")];
        let expected = Batch { delay: Duration::from_millis(50), queue_spans: 9, batch_spans: 512 };
        assert_eq!(read(&set), (expected, 0));
        assert_eq!(
            read(&[("OTEL_BSP_SCHEDULE_DELAY", "soon"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0")]),
            (Batch::default(), 2)
        );
    }

    #[test]
    fn a_key_is_not_shown_by_debug() {
        let (found, _) = read(&[("HONEYCOMB_API_KEY", "hcaik_secret")]);

        assert!(!format!("{found:?}").contains("hcaik_secret"));
    }
}
