//! `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.

use opentelemetry_sdk::trace::Sampler;

use super::variables::Variables;

const NAMES: &str = "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or \
                     parentbased_traceidratio";

/// The specification's samplers by name; `parentbased_always_on` by default.
pub(super) fn read(variables: &Variables<'_>) -> Sampler {
    let default = Sampler::ParentBased(Box::new(Sampler::AlwaysOn));
    variables.parse(&["OTEL_TRACES_SAMPLER"], (default, "parentbased_always_on"), NAMES, |name| {
        let name = name.to_ascii_lowercase();
        let (parent_based, root) = match name.strip_prefix("parentbased_") {
            Some(root) => (true, root),
            None => (false, name.as_str()),
        };
        let sampler = match root {
            "always_on" => Sampler::AlwaysOn,
            "always_off" => Sampler::AlwaysOff,
            "traceidratio" => Sampler::TraceIdRatioBased(ratio(variables)),
            _ => return None,
        };
        Some(if parent_based { Sampler::ParentBased(Box::new(sampler)) } else { sampler })
    })
}

fn ratio(variables: &Variables<'_>) -> f64 {
    variables.parse(&["OTEL_TRACES_SAMPLER_ARG"], (1.0, "1.0"), "a number from 0 to 1", |value| {
        value.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio))
    })
}
