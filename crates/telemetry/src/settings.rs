//! Every variable that this crate reads, with its default. Nothing else in the crate reads the environment, but the
//! OpenTelemetry SDK reads `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER(_ARG)` and `OTEL_SPAN_*_COUNT_LIMIT` itself.

mod traces;

use crate::propagation::TrustPolicy;

pub use traces::{Batch, Compression, Destination, Protocol, Tls};

/// What telemetry does, read from the environment by [`Settings::from_env`].
///
/// | variable | field | default |
/// |---|---|---|
/// | `OTEL_SDK_DISABLED` | `destinations` stays empty when `true` | `false` |
/// | `EXPLORER_URL` | a destination | none |
/// | `HONEYCOMB_API_KEY`, `HONEYCOMB_API_ENDPOINT`, `HONEYCOMB_DATASET` | a destination | none |
/// | `OTEL_EXPORTER_OTLP_ENDPOINT`, `_HEADERS`, `_TIMEOUT`, `_COMPRESSION`, each also with `_TRACES_` | a destination | none |
/// | `OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` | `batch` | 5000 ms, 16384, 512 |
/// | `TELEMETRY_TRUST` | `trust` | by service |
/// | `RUST_LOG` | `log_filter` | `info` |
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where spans go. Each destination has a queue of its own. Empty: spans are made, carried and logged by id, and
    /// sent nowhere.
    pub destinations: Vec<Destination>,
    /// How spans wait for company.
    pub batch: Batch,
    /// Whose trace context is believed; `None` when `TELEMETRY_TRUST` is not set, so that the service decides.
    pub trust: Option<TrustPolicy>,
    /// Directives of `RUST_LOG`. They choose log lines and can never cut a span.
    pub log_filter: Option<String>,
    /// Keys of baggage whose values become attributes of each span: `TELEMETRY_BAGGAGE_ATTRIBUTES`, separated by commas.
    pub baggage_attributes: Vec<String>,
    /// One sentence for each variable that was ignored, and why.
    pub warnings: Vec<String>,
}

impl Settings {
    /// Reads the process environment. A bad value is ignored with a warning, an empty one counts as not set.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Reads from `lookup`, which answers the value of a variable.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let variables = Variables { lookup: &lookup };
        let mut warnings = Vec::new();
        let destinations =
            if variables.get("OTEL_SDK_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true")) {
                Vec::new()
            } else {
                traces::destinations(&variables, &mut warnings)
            };
        let trust = variables.get("TELEMETRY_TRUST").and_then(|value| {
            value.parse().map_err(|error| warnings.push(format!("TELEMETRY_TRUST: {error}"))).ok()
        });
        let batch = Batch::read(&variables, &mut warnings);
        let baggage_attributes = variables.list("TELEMETRY_BAGGAGE_ATTRIBUTES");
        Self {
            destinations,
            batch,
            trust,
            baggage_attributes,
            log_filter: variables.get("RUST_LOG"),
            warnings,
        }
    }
}

/// Variables by name; an empty one is not there.
struct Variables<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl Variables<'_> {
    fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The elements of a list that commas separate.
    fn list(&self, name: &str) -> Vec<String> {
        let value = self.get(name).unwrap_or_default();
        value.split(',').map(str::trim).filter(|element| !element.is_empty()).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Settings {
        Settings::from_lookup(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_variables_nothing_is_sent_and_nothing_is_warned_of() {
        let settings = read(&[]);

        assert!(settings.destinations.is_empty());
        assert!(settings.warnings.is_empty());
        assert!(settings.trust.is_none());
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let settings = read(&[("EXPLORER_URL", ""), ("HONEYCOMB_API_KEY", " "), ("TELEMETRY_TRUST", "")]);

        assert!(settings.destinations.is_empty());
        assert!(settings.warnings.is_empty());
    }

    #[test]
    fn a_bad_trust_policy_is_warned_of_and_ignored() {
        let settings = read(&[("TELEMETRY_TRUST", "everybody")]);

        assert!(settings.trust.is_none());
        assert_eq!(settings.warnings.len(), 1);
        assert!(settings.warnings[0].contains("everybody"), "{:?}", settings.warnings);
    }

    #[test]
    fn a_disabled_sdk_sends_nowhere() {
        let settings = read(&[("OTEL_SDK_DISABLED", "TRUE"), ("EXPLORER_URL", "http://localhost:4318")]);

        assert!(settings.destinations.is_empty());
    }
}
