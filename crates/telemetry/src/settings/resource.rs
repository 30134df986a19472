//! `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`.

use super::variables::Variables;
use crate::propagation::percent;

/// Who the telemetry is from, as far as the environment says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceSettings {
    /// `OTEL_SERVICE_NAME`; wins over `service.name` of the attributes.
    pub service_name: Option<String>,
    /// `OTEL_RESOURCE_ATTRIBUTES`: `key=value,key=value`, percent-decoded.
    pub attributes: Vec<(String, String)>,
}

impl ResourceSettings {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    pub(super) fn read(variables: &Variables<'_>) -> Self {
        const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
        let pairs = variables.list(ATTRIBUTES);
        let attributes: Option<Vec<_>> = pairs.iter().map(|pair| attribute(pair)).collect();
        if attributes.is_none() {
            // "In case of any error the entire environment variable value SHOULD be discarded": "Resource SDK".
            variables.problem(
                ATTRIBUTES,
                "an entry is not `key=value` with percent-encoding; none of the entries is used",
            );
        }
        let service_name = variables.get("OTEL_SERVICE_NAME");
        Self { service_name, attributes: attributes.unwrap_or_default() }
    }
}

fn attribute(pair: &str) -> Option<(String, String)> {
    let (key, value) = pair.split_once('=')?;
    let key = percent::decode(key.trim())?;
    let value = percent::decode(value.trim())?;
    (!key.is_empty()).then_some((key, value))
}
