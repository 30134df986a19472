//! Which variable a value comes from.

use crate::Settings;
use crate::settings::{Destination, otlp_names};

/// Where no variable says anything.
const DEFAULT: &str = "default";

/// The first of `names` that is in effect: the more special ones stand first.
pub(super) fn of(settings: &Settings, names: &[&str]) -> String {
    let used =
        |name: &&&str| settings.readings.iter().any(|reading| reading.variable == **name && reading.is_used);
    names.iter().find(used).map_or(DEFAULT, |name| name).to_owned()
}

/// The same of the variable `OTEL_EXPORTER_OTLP_…` of a signal.
pub(super) fn of_otlp(settings: &Settings, signal: &str, suffix: &str) -> String {
    let [own, general] = otlp_names(&signal.to_ascii_uppercase(), suffix);
    of(settings, &[&own, &general])
}

/// The variable of the specification that is in effect, or the one that a person would set.
pub(super) fn otlp_variable(settings: &Settings, signal: &str, suffix: &str) -> String {
    let source = of_otlp(settings, signal, suffix);
    if source == DEFAULT { format!("OTEL_EXPORTER_OTLP_{suffix}") } else { source }
}

/// The variable that holds the endpoint, or would.
pub(super) fn endpoint_variable(settings: &Settings, signal: &str, to: &Destination) -> String {
    match to.name {
        "explorer" => "EXPLORER_URL".to_owned(),
        "honeycomb" => "HONEYCOMB_API_ENDPOINT".to_owned(),
        _ => otlp_variable(settings, signal, "ENDPOINT"),
    }
}
