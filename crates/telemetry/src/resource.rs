//! Who the telemetry is from: the resource.

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_semantic_conventions::attribute;

use crate::ServiceInfo;
use crate::settings::ResourceSettings;

/// What the environment says, what `service` says where the environment does not, and what this SDK is.
pub(crate) fn of(service: ServiceInfo, settings: &ResourceSettings) -> Resource {
    let name = settings.service_name.as_deref().or(settings.attribute(attribute::SERVICE_NAME));
    let name = name.filter(|name| !name.is_empty()).unwrap_or(service.name);
    let attributes = settings.attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    // The later of two values of a key counts.
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attribute(KeyValue::new(attribute::SERVICE_VERSION, service.version))
        .with_attributes(service.namespace.map(|name| KeyValue::new(attribute::SERVICE_NAMESPACE, name)))
        .with_attributes(attributes)
        .with_attribute(KeyValue::new(attribute::SERVICE_NAME, name.to_owned()))
        .build()
}

/// The text of an attribute; empty where there is none.
pub(crate) fn text(resource: &Resource, key: &'static str) -> String {
    resource.get(&Key::from_static_str(key)).map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_variables(variables: &[(&str, &str)]) -> (String, String) {
        let settings = crate::Settings::from_lookup(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        });
        let resource = of(ServiceInfo { name: "users", version: "1", namespace: None }, &settings.resource);
        (text(&resource, attribute::SERVICE_NAME), text(&resource, attribute::SERVICE_VERSION))
    }

    #[test]
    fn the_environment_names_the_service_before_the_service_does() {
        const ATTRIBUTES: (&str, &str) =
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=people,service.version=2,team=a");

        assert_eq!(of_variables(&[]), ("users".into(), "1".into()));
        assert_eq!(of_variables(&[ATTRIBUTES]), ("people".into(), "2".into()));
        assert_eq!(of_variables(&[("OTEL_SERVICE_NAME", "folk"), ATTRIBUTES]), ("folk".into(), "2".into()));
        for nameless in [("OTEL_SERVICE_NAME", ""), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=")] {
            assert_eq!(of_variables(&[nameless]), ("users".into(), "1".into()), "{nameless:?}");
        }
    }

    #[test]
    fn the_sdk_says_what_it_is() {
        let resource =
            of(ServiceInfo { name: "users", version: "1", namespace: None }, &ResourceSettings::default());

        assert_eq!(text(&resource, attribute::TELEMETRY_SDK_NAME), "opentelemetry");
        assert_eq!(text(&resource, attribute::TELEMETRY_SDK_LANGUAGE), "rust");
        assert!(!text(&resource, attribute::TELEMETRY_SDK_VERSION).is_empty());
    }
}
