//! What holds, and where it comes from.

use opentelemetry_sdk::trace::Sampler;
use opentelemetry_semantic_conventions::attribute;

use crate::propagation::TrustPolicy;
use crate::settings::{Compression, Destination, Protocol};
use crate::{ServiceInfo, Settings, resource};

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is about.
    pub what: &'static str,
    /// Its value in effect.
    pub value: String,
    /// The variable that says so, or `default`.
    pub source: String,
}

pub(super) fn rows(service: ServiceInfo, settings: &Settings) -> Vec<Row> {
    let Settings { traces, logs, metrics, .. } = settings;
    let row =
        |what, value: String, variables: &[&str]| Row { what, value, source: source(settings, variables) };
    let resource = resource::of(service, &settings.resource);
    let name = resource::text(&resource, attribute::SERVICE_NAME);
    let version = resource::text(&resource, attribute::SERVICE_VERSION);
    let (spans, records) = (&traces.batch, &logs.batch);
    let limit =
        |chars: Option<usize>| chars.map_or("any length".to_owned(), |chars| format!("{chars} characters"));
    vec![
        row("sdk", if settings.disabled { "disabled" } else { "enabled" }.to_owned(), &["OTEL_SDK_DISABLED"]),
        row("service.name", name, &["OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"]),
        row("service.version", version, &["OTEL_RESOURCE_ATTRIBUTES"]),
        row(
            "traces",
            sent(&traces.destinations, traces.console),
            &[
                "OTEL_TRACES_EXPORTER",
                "HONEYCOMB_API_KEY",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "EXPLORER_URL",
            ],
        ),
        row("sampler", sampler(&traces.sampler), &["OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"]),
        row(
            "spans wait",
            format!("{:?}, {} at most, batches of {}", spans.delay, spans.queue_items, spans.batch_items),
            &["OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"],
        ),
        row(
            "span limits",
            format!("{} attributes, {}", traces.limits.attributes, limit(traces.limits.value_chars)),
            &[
                "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
                "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
                "OTEL_ATTRIBUTE_COUNT_LIMIT",
                "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            ],
        ),
        row(
            "logs",
            format!("stdout, {}", sent(&logs.destinations, logs.console)).replace(", nowhere", ""),
            &["OTEL_LOGS_EXPORTER", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"],
        ),
        row(
            "log lines",
            logs.filter.clone().unwrap_or_else(|| crate::logs::DEFAULT_FILTER.to_owned()),
            &["RUST_LOG"],
        ),
        row(
            "log records wait",
            format!(
                "{:?}, {} at most, batches of {}",
                records.delay, records.queue_items, records.batch_items
            ),
            &["OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BLRP_MAX_QUEUE_SIZE", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"],
        ),
        row(
            "metrics",
            sent(metrics.destination.as_slice(), metrics.console),
            &["OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"],
        ),
        row("propagators", propagators(settings), &["OTEL_PROPAGATORS"]),
        row("trust", trust(settings.trust.as_ref()), &["TELEMETRY_TRUST"]),
        row("baggage kept", listed(&settings.baggage.from_strangers), &["TELEMETRY_BAGGAGE"]),
        row("baggage recorded", listed(&settings.baggage_attributes), &["TELEMETRY_BAGGAGE_ATTRIBUTES"]),
        row("own trouble", settings.own_level.to_string(), &["OTEL_LOG_LEVEL"]),
    ]
}

/// Those of `variables` that are set and not ignored.
fn source(settings: &Settings, variables: &[&str]) -> String {
    let is_used = |name: &&&str| {
        settings.readings.iter().any(|reading| reading.variable == **name && reading.problem.is_none())
    };
    let used: Vec<&str> = variables.iter().filter(is_used).copied().collect();
    if used.is_empty() { "default".to_owned() } else { used.join(", ") }
}

fn sent(destinations: &[Destination], console: bool) -> String {
    let console = console.then(|| "console".to_owned());
    let all: Vec<String> = destinations.iter().map(described).chain(console).collect();
    if all.is_empty() { "nowhere".to_owned() } else { all.join(", ") }
}

fn described(destination: &Destination) -> String {
    let protocol = match destination.protocol {
        Protocol::Grpc => "grpc",
        Protocol::HttpProtobuf => "http/protobuf",
        Protocol::HttpJson => "http/json",
    };
    let gzip = if destination.compression == Compression::Gzip { ", gzip" } else { "" };
    let headers: Vec<String> = destination.headers.iter().map(|(name, _)| format!(", {name}: ***")).collect();
    let headers = headers.concat();
    format!("{} ({protocol}{gzip}{headers})", destination.name)
}

fn propagators(settings: &Settings) -> String {
    let names: Vec<&str> = settings.propagators.iter().map(|propagator| propagator.name()).collect();
    if names.is_empty() { "none: no context is read or written".to_owned() } else { names.join(", ") }
}

fn trust(policy: Option<&TrustPolicy>) -> String {
    match policy {
        None => "as the service decides".to_owned(),
        Some(TrustPolicy::Public) => "public: no caller is believed".to_owned(),
        Some(TrustPolicy::Internal) => "internal: every caller is believed".to_owned(),
        Some(TrustPolicy::Peers(networks)) => {
            let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
            format!("callers from {}", networks.join(", "))
        }
    }
}

/// By the names of `OTEL_TRACES_SAMPLER`.
fn sampler(sampler: &Sampler) -> String {
    let name = format!("{sampler:?}");
    let (prefix, root) = match name.strip_prefix("ParentBased(").and_then(|rest| rest.strip_suffix(')')) {
        Some(root) => ("parentbased_", root),
        None => ("", name.as_str()),
    };
    let root = match root {
        "AlwaysOn" => "always_on".to_owned(),
        "AlwaysOff" => "always_off".to_owned(),
        other => other.replace("TraceIdRatioBased(", "traceidratio ("),
    };
    format!("{prefix}{root}")
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
