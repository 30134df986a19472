//! What `docker-compose.yml` passes on.

use std::collections::BTreeSet;

const COMPOSE: &str = include_str!("../../docker-compose.yml");
const SETTINGS: &str = include_str!("../../crates/telemetry/src/settings.rs");

/// The file says why not.
const NOT_PASSED_ON: [&str; 2] = ["OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME"];

/// The names in the table of telemetry's settings; those of OTLP also with each signal's name.
fn documented() -> BTreeSet<String> {
    let rows = SETTINGS.lines().filter_map(|line| line.strip_prefix("/// | `")?.split('`').next());
    let variants = |name: &str| match name.strip_prefix("OTEL_EXPORTER_OTLP_") {
        Some(rest) => {
            ["", "TRACES_", "LOGS_", "METRICS_"].map(|of| format!("OTEL_EXPORTER_OTLP_{of}{rest}")).to_vec()
        }
        None => vec![name.to_owned()],
    };
    rows.flat_map(variants).collect()
}

#[test]
fn every_variable_of_telemetry_reaches_the_containers() {
    let documented = documented();
    assert!(
        documented.contains("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL") && documented.contains("TELEMETRY_REDACT")
    );

    let passed: BTreeSet<_> =
        COMPOSE.lines().filter_map(|line| line.trim().split(':').next()).map(str::to_owned).collect();

    let missing: Vec<_> = documented.difference(&passed).collect();
    assert_eq!(missing, NOT_PASSED_ON);
}
