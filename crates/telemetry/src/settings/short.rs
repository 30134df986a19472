//! Where spans are sent, by our short variables and by those of the specification.

use std::time::Duration;

use secrecy::SecretString;

use super::exporters::Exporters;
use super::variables::Variables;
use super::{Compression, Destination, endpoint, otlp};

/// People look at the explorer while they work, so what it gets waits half a second at most.
pub(super) const EXPLORER_DELAY: Duration = Duration::from_millis(500);

pub(super) const EXPLORER: &str = "EXPLORER_URL";
const KEY: &str = "HONEYCOMB_API_KEY";
const ENDPOINT: &str = "HONEYCOMB_API_ENDPOINT";
const DATASET: &str = "HONEYCOMB_DATASET";

/// Our variables.
pub(super) const NAMES: [&str; 4] = [EXPLORER, KEY, ENDPOINT, DATASET];

/// All destinations of spans.
pub(super) fn traces(variables: &Variables<'_>, exporters: Exporters) -> Vec<Destination> {
    if exporters.is_none() {
        for name in NAMES.into_iter().filter(|name| variables.get(name).is_some()) {
            variables.idle(name, "OTEL_TRACES_EXPORTER=none switches all sending of spans off");
        }
        return Vec::new();
    }
    let otlp =
        exporters.otlp.then(|| otlp::destination(variables, "TRACES", exporters.is_explicit)).flatten();
    without_twins(variables, [honeycomb(variables), otlp, explorer(variables)].into_iter().flatten())
}

/// An endpoint that is named twice gets each span once. Each candidate comes with the variable that names it.
fn without_twins(
    variables: &Variables<'_>,
    candidates: impl Iterator<Item = (String, Destination)>,
) -> Vec<Destination> {
    let mut found: Vec<Destination> = Vec::new();
    for (variable, destination) in candidates {
        match found.iter().find(|known| known.is_twin(&destination)) {
            Some(twin) => {
                let told = format!("{} is a destination already, as {}", twin.shown_endpoint(), twin.name);
                variables.hint(&variable, told);
            }
            None => found.push(destination),
        }
    }
    found
}

fn explorer(variables: &Variables<'_>) -> Option<(String, Destination)> {
    let endpoint = endpoint::http(variables, EXPLORER, &variables.get(EXPLORER)?, "/v1/traces")?;
    let destination = Destination { delay: Some(EXPLORER_DELAY), ..Destination::http("explorer", endpoint) };
    Some((EXPLORER.to_owned(), destination))
}

fn honeycomb(variables: &Variables<'_>) -> Option<(String, Destination)> {
    let key = variables.get(KEY)?;
    let base = variables.get(ENDPOINT).unwrap_or_else(|| "https://api.honeycomb.io".to_owned());
    let endpoint = endpoint::http(variables, ENDPOINT, &base, "/v1/traces")?;
    let mut headers = vec![("x-honeycomb-team".to_owned(), SecretString::from(key))];
    if let Some(dataset) = variables.get(DATASET) {
        headers.push(("x-honeycomb-dataset".to_owned(), SecretString::from(dataset)));
    }
    let compression = Compression::Gzip;
    Some((KEY.to_owned(), Destination { headers, compression, ..Destination::http("honeycomb", endpoint) }))
}
