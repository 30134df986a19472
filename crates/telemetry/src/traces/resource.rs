//! Who the spans are from: the resource.

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_semantic_conventions::attribute;

use crate::ServiceInfo;

/// The SDK's own attributes, `OTEL_RESOURCE_ATTRIBUTES`, and what `service` says where the environment does not.
pub(crate) fn of(service: ServiceInfo) -> Resource {
    let environment = Resource::builder().build();
    let version = environment.get(&Key::new(attribute::SERVICE_VERSION));
    let name = service_name(service, |name| std::env::var(name).ok());
    let mut builder = Resource::builder().with_service_name(name);
    if version.is_none() {
        builder = builder.with_attribute(KeyValue::new(attribute::SERVICE_VERSION, service.version));
    }
    builder.build()
}

/// `OTEL_SERVICE_NAME`, else `service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else what the service calls itself.
pub(crate) fn service_name(service: ServiceInfo, variable: impl Fn(&str) -> Option<String>) -> String {
    let named = variable("OTEL_SERVICE_NAME").filter(|name| !name.is_empty());
    named
        .or_else(|| {
            let attributes = variable("OTEL_RESOURCE_ATTRIBUTES")?;
            let name = attributes.split(',').find_map(|pair| {
                let (key, value) = pair.split_once('=')?;
                (key.trim() == attribute::SERVICE_NAME).then(|| value.trim().to_owned())
            });
            name.filter(|name| !name.is_empty())
        })
        .unwrap_or_else(|| service.name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_the_service_before_the_service_does() {
        let service = ServiceInfo { name: "users", version: "1" };
        let with = |variables: &[(&str, &str)]| {
            let find =
                |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned());
            service_name(service, find)
        };

        assert_eq!(with(&[]), "users");
        assert_eq!(with(&[("OTEL_RESOURCE_ATTRIBUTES", "a=b,service.name=people")]), "people");
        assert_eq!(
            with(&[("OTEL_SERVICE_NAME", "folk"), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=people")]),
            "folk"
        );
        assert_eq!(with(&[("OTEL_SERVICE_NAME", "")]), "users");
    }
}
