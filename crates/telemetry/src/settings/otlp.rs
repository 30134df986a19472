//! The variables `OTEL_EXPORTER_OTLP_…`: specification, "OpenTelemetry Protocol Exporter".

use std::path::PathBuf;

use secrecy::SecretString;

use super::destination::DEFAULT_TIMEOUT;
use super::variables::Variables;
use super::{Compression, Destination, Protocol, Tls, endpoint};

const GENERAL: &str = "OTEL_EXPORTER_OTLP";

/// What stands behind `OTEL_EXPORTER_OTLP_`, and behind that with the name of a signal.
const SUFFIXES: [&str; 9] = [
    "ENDPOINT",
    "PROTOCOL",
    "HEADERS",
    "TIMEOUT",
    "COMPRESSION",
    "CERTIFICATE",
    "CLIENT_CERTIFICATE",
    "CLIENT_KEY",
    "INSECURE",
];

/// The variable of one signal, in upper case, and the general one, which it wins over.
pub(crate) fn names(signal: &str, suffix: &str) -> [String; 2] {
    [format!("{GENERAL}_{signal}_{suffix}"), format!("{GENERAL}_{suffix}")]
}

/// The names of all of them.
pub(super) fn all_names() -> impl Iterator<Item = String> {
    ["", "_TRACES", "_LOGS", "_METRICS"]
        .into_iter()
        .flat_map(|signal| SUFFIXES.map(|suffix| format!("{GENERAL}{signal}_{suffix}")))
}

/// Where `signal`, in upper case, is sent, with the variable that names the endpoint. Where none does there is a
/// destination only if the exporter was asked for by name: then it is the specification's default, on this machine.
pub(super) fn destination(
    variables: &Variables<'_>,
    signal: &'static str,
    is_explicit: bool,
) -> Option<(String, Destination)> {
    let of = OfSignal { variables, signal };
    let named = of.set("ENDPOINT");
    if named.is_none() && !is_explicit {
        return None;
    }
    let protocol = of.parse(
        "PROTOCOL",
        (Protocol::HttpProtobuf, "http/protobuf"),
        "grpc, http/protobuf or http/json",
        Protocol::read,
    );
    let exporter = format!("OTEL_{signal}_EXPORTER");
    let (variable, endpoint) = match named {
        Some((name, written)) => {
            let endpoint = of.endpoint(protocol, &name, &written)?;
            (name, endpoint)
        }
        None if protocol == Protocol::Grpc => (exporter, "http://localhost:4317".to_owned()),
        None => (exporter, format!("http://localhost:4318{}", of.path())),
    };
    let compression = of.parse("COMPRESSION", (Compression::None, "none"), "gzip or none", Compression::read);
    let timeout = names(signal, "TIMEOUT");
    let destination = Destination {
        headers: of.headers(),
        compression,
        timeout: variables.timeout(&timeout.each_ref().map(String::as_str), DEFAULT_TIMEOUT),
        protocol,
        tls: of.tls(&endpoint),
        ..Destination::http("otlp", endpoint)
    };
    Some((variable, destination))
}

/// Reads the variables of one signal.
struct OfSignal<'v> {
    variables: &'v Variables<'v>,
    signal: &'static str,
}

impl OfSignal<'_> {
    fn set(&self, suffix: &str) -> Option<(String, String)> {
        let names = names(self.signal, suffix);
        let found = self.variables.first(&names.each_ref().map(String::as_str));
        found.map(|(name, value)| (name.to_owned(), value))
    }

    fn parse<T: Clone>(
        &self,
        suffix: &str,
        default: (T, &str),
        what: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        self.variables.parse(&names(self.signal, suffix).each_ref().map(String::as_str), default, what, read)
    }

    fn path(&self) -> String {
        format!("/v1/{}", self.signal.to_ascii_lowercase())
    }

    /// A per-signal endpoint is used as it is, the general one is a base: specification, "Endpoint URLs for OTLP/HTTP".
    fn endpoint(&self, protocol: Protocol, name: &str, written: &str) -> Option<String> {
        let [own, _] = names(self.signal, "ENDPOINT");
        if protocol == Protocol::Grpc {
            let names = names(self.signal, "INSECURE");
            let insecure = || self.variables.flag(&names.each_ref().map(String::as_str));
            endpoint::grpc(self.variables, name, written, insecure)
        } else if name == own {
            endpoint::http_whole(self.variables, name, written, &self.path())
        } else {
            endpoint::http(self.variables, name, written, &self.path())
        }
    }

    fn headers(&self) -> Vec<(String, SecretString)> {
        self.set("HEADERS").map(|(name, list)| headers(self.variables, &name, &list)).unwrap_or_default()
    }

    fn tls(&self, endpoint: &str) -> Tls {
        // Where nothing is encrypted nothing is asked for, so that the doctor can say so.
        if !endpoint.starts_with("https://") {
            return Tls::default();
        }
        let set = ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"].map(|suffix| self.set(suffix));
        if let [_, Some((name, _)), None] | [_, None, Some((name, _))] = &set {
            let told =
                "a certificate of the client needs its key, and a key its certificate; neither is used";
            self.variables.problem(name, told);
        }
        let [certificate, client_certificate, client_key] =
            set.map(|set| set.map(|(_, path)| PathBuf::from(path)));
        Tls { certificate, client_certificate, client_key }
    }
}

/// `key=value,key=value` with percent-encoded values.
fn headers(variables: &Variables<'_>, variable: &str, list: &str) -> Vec<(String, SecretString)> {
    let entries: Vec<&str> = list.split(',').filter(|entry| !entry.trim().is_empty()).collect();
    let found: Vec<_> = entries.iter().filter_map(|entry| header(variables, variable, entry)).collect();
    // A value may be a key, so it is not repeated here.
    let told = if entries.iter().any(|entry| !entry.contains('=') && entry.contains(':')) {
        "an entry has `:` where `name=value` has `=`, and is left out"
    } else {
        "an entry is not `name=value` and is left out"
    };
    match found.len() {
        0 => variables.problem(variable, told),
        some if some < entries.len() => variables.flaw(variable, told),
        _ => {}
    }
    found
}

fn header(variables: &Variables<'_>, variable: &str, entry: &str) -> Option<(String, SecretString)> {
    let (name, value) = entry.split_once('=')?;
    let mut value = value.trim();
    if let Some(bare) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        variables.hint(variable, "the quotes around a value are left out");
        value = bare;
    }
    let value = crate::propagation::percent::decode(value)?;
    http::HeaderValue::from_str(&value).ok()?;
    Some((http::HeaderName::try_from(name.trim()).ok()?.to_string(), SecretString::from(value)))
}
