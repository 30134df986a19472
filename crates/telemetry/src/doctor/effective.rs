//! What holds, and where it comes from.

use std::fmt::Display;
use std::time::Duration;

use opentelemetry_sdk::trace::Sampler;
use opentelemetry_semantic_conventions::attribute;

use super::source;
use crate::propagation::TrustPolicy;
use crate::settings::{Batch, CloudWatchDestination, Compression, Destination, LogFormat, Protocol};
use crate::{ServiceInfo, Settings, resource};

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// 0, or how deep it stands below the row that it belongs to.
    pub depth: usize,
    /// What it is about.
    pub what: &'static str,
    /// Its value in effect.
    pub value: String,
    /// The variable that says so, or `default`.
    pub source: String,
}

pub(super) fn rows(service: ServiceInfo, settings: &Settings) -> Vec<Row> {
    let mut rows = Rows { settings, rows: Vec::new() };
    let telemetry = if settings.disabled { "off: nothing is recorded or sent" } else { "on" };
    rows.add(0, "telemetry", telemetry, &["OTEL_SDK_DISABLED"]);
    rows.who(service);
    rows.traces();
    rows.logs();
    rows.metrics();
    rows.reports();
    rows.add(0, "propagators", propagators(settings), &["OTEL_PROPAGATORS"]);
    rows.add(0, "trust", trust(settings.trust.as_ref()), &["TELEMETRY_TRUST"]);
    rows.add(0, "baggage kept", listed(&settings.baggage.from_strangers), &["TELEMETRY_BAGGAGE"]);
    rows.add(0, "baggage recorded", listed(&settings.baggage_attributes), &["TELEMETRY_BAGGAGE_ATTRIBUTES"]);
    rows.add(0, "own trouble", settings.own_level, &["OTEL_LOG_LEVEL"]);
    rows.rows
}

struct Rows<'s> {
    settings: &'s Settings,
    rows: Vec<Row>,
}

impl Rows<'_> {
    /// Adds a value that one of `variables` decides.
    fn add(&mut self, depth: usize, what: &'static str, value: impl Display, variables: &[&str]) {
        let source = source::of(self.settings, variables);
        self.rows.push(Row { depth, what, value: value.to_string(), source });
    }

    fn who(&mut self, service: ServiceInfo) {
        const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
        let said = &self.settings.resource;
        let resource = resource::of(service, said);
        let says = |attribute| said.attribute(attribute).is_some_and(|value| !value.is_empty());
        let (name, version) = (attribute::SERVICE_NAME, attribute::SERVICE_VERSION);
        let own = ["OTEL_SERVICE_NAME", ATTRIBUTES];
        let names = if says(name) { &own[..] } else { &own[..1] };
        self.add(0, "service.name", resource::text(&resource, name), names);
        let names = if says(version) { &own[1..] } else { &[] };
        self.add(0, "service.version", resource::text(&resource, version), names);
        let others: Vec<&str> = said
            .attributes
            .iter()
            .map(|(key, _)| key.as_str())
            .filter(|key| ![name, version].contains(key))
            .collect();
        if !others.is_empty() {
            self.add(0, "further attributes", others.join(", "), &[ATTRIBUTES]);
        }
    }

    fn traces(&mut self) {
        let traces = &self.settings.traces;
        self.add(0, "traces", sent(&traces.destinations, traces.console), &["OTEL_TRACES_EXPORTER"]);
        for destination in &traces.destinations {
            self.destination("traces", destination);
        }
        let (sampler, ratio) = sampler(&traces.sampler);
        self.add(1, "sampler", sampler, &["OTEL_TRACES_SAMPLER"]);
        if let Some(ratio) = ratio {
            self.add(2, "ratio", ratio, &["OTEL_TRACES_SAMPLER_ARG"]);
        }
        self.batch(&traces.batch, "OTEL_BSP");
        let limits = traces.limits;
        self.limits("OTEL_SPAN", limits.attributes, limits.value_chars);
        self.add(1, "events", limits.events, &["OTEL_SPAN_EVENT_COUNT_LIMIT"]);
        self.add(2, "attributes", limits.event_attributes, &["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"]);
        self.add(1, "links", limits.links, &["OTEL_SPAN_LINK_COUNT_LIMIT"]);
        self.add(2, "attributes", limits.link_attributes, &["OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"]);
    }

    fn logs(&mut self) {
        let logs = &self.settings.logs;
        let otlp = logs.destinations.iter().map(|to| to.name);
        let cloudwatch = logs.cloudwatch.iter().map(|to| to.name);
        let console = logs.console.then_some("console");
        let sent: Vec<_> =
            ["lines on stdout"].into_iter().chain(otlp).chain(cloudwatch).chain(console).collect();
        self.add(0, "logs", sent.join(", "), &["OTEL_LOGS_EXPORTER"]);
        for destination in &logs.destinations {
            self.destination("logs", destination);
        }
        for destination in &logs.cloudwatch {
            self.cloudwatch(destination);
        }
        let format = match logs.format {
            Some(LogFormat::Json) => "json",
            Some(LogFormat::Pretty) => "pretty",
            None => "json, pretty on a terminal",
        };
        self.add(1, "format", format, &["LOG_FORMAT"]);
        let is_bad = super::filter_problem(self.settings).is_some();
        let filter = logs.filter.as_deref().filter(|_| !is_bad).unwrap_or(crate::logs::DEFAULT_FILTER);
        self.add(1, "lines", filter, if is_bad { &[] } else { &["RUST_LOG"] });
        self.batch(&logs.batch, "OTEL_BLRP");
        self.limits("OTEL_LOGRECORD", logs.limits.attributes, logs.limits.value_chars);
    }

    fn cloudwatch(&mut self, to: &CloudWatchDestination) {
        let own = if to.explorer.is_some() { "EXPLORER_URL" } else { "CLOUDWATCH_LOG_GROUP" };
        self.add(1, to.name, to.shown_endpoint(), &[own]);
        let group = to.group.as_deref().unwrap_or("service.namespace, or the service's name");
        self.add(2, "group", group, &["CLOUDWATCH_LOG_GROUP"]);
        self.add(2, "stream", &to.stream, &["CLOUDWATCH_LOG_STREAM"]);
        let retention = to.retention_days.map_or("for ever".to_owned(), |days| format!("{days} days"));
        self.add(2, "kept", retention, &["CLOUDWATCH_RETENTION_DAYS"]);
        let tags: Vec<String> = to.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        self.add(2, "tags", listed(&tags), &["CLOUDWATCH_TAGS"]);
        if let Some(delay) = to.delay {
            self.add(2, "delay", time(delay), &[]);
        }
    }

    fn metrics(&mut self) {
        let metrics = &self.settings.metrics;
        self.add(
            0,
            "metrics",
            sent(metrics.destination.as_slice(), metrics.console),
            &["OTEL_METRICS_EXPORTER"],
        );
        if let Some(destination) = &metrics.destination {
            self.destination("metrics", destination);
        }
        if metrics.destination.is_some() || metrics.console {
            self.add(1, "interval", time(metrics.interval), &["OTEL_METRIC_EXPORT_INTERVAL"]);
            self.add(1, "export timeout", time(metrics.timeout), &["OTEL_METRIC_EXPORT_TIMEOUT"]);
        }
    }

    fn reports(&mut self) {
        let reports = &self.settings.reports;
        let names: Vec<&str> = reports.destinations.iter().map(|to| to.name).collect();
        let told = if names.is_empty() { NOWHERE.to_owned() } else { names.join(", ") };
        self.add(0, "reports", told, &["ROLLBAR_ACCESS_TOKEN", "EXPLORER_URL"]);
        for to in &reports.destinations {
            let own = if to.name == "explorer" { "EXPLORER_URL" } else { "ROLLBAR_ENDPOINT" };
            self.add(1, to.name, &to.endpoint, &[own]);
        }
        if !reports.destinations.is_empty() {
            let by_resource = || "by deployment.environment.name".to_owned();
            self.add(
                1,
                "environment",
                reports.environment.clone().unwrap_or_else(by_resource),
                &["ROLLBAR_ENVIRONMENT"],
            );
            let by_service = || "the service's".to_owned();
            self.add(
                1,
                "code version",
                reports.code_version.clone().unwrap_or_else(by_service),
                &["ROLLBAR_CODE_VERSION"],
            );
            self.add(1, "level", reports.level.as_str(), &["ROLLBAR_LEVEL"]);
            self.add(1, "ignored", listed(&reports.ignore), &["ROLLBAR_IGNORE"]);
            self.add(1, "items a minute", reports.items_per_minute, &["ROLLBAR_ITEMS_PER_MINUTE"]);
        }
    }

    fn destination(&mut self, signal: &str, to: &Destination) {
        let endpoint = source::endpoint_variable(self.settings, signal, to);
        self.add(1, to.name, to.shown_endpoint(), &[&endpoint]);
        if let Some(delay) = to.delay {
            self.add(2, "delay", time(delay), &[]);
        }
        if to.name == "honeycomb" {
            self.add(2, "key", "***", &["HONEYCOMB_API_KEY"]);
            if let [_, _, ..] = to.headers[..] {
                self.add(2, "dataset", "***", &["HONEYCOMB_DATASET"]);
            }
        } else if to.name == "otlp" {
            self.otlp(signal, to);
        }
    }

    fn otlp(&mut self, signal: &str, to: &Destination) {
        let mut add = |what, value: String, suffix| {
            let source = source::of_otlp(self.settings, signal, suffix);
            self.rows.push(Row { depth: 2, what, value, source });
        };
        add("protocol", protocol(to.protocol).to_owned(), "PROTOCOL");
        let headers: Vec<String> = to.headers.iter().map(|(name, _)| format!("{name}: ***")).collect();
        add("headers", listed(&headers), "HEADERS");
        let gzip = if to.compression == Compression::Gzip { "gzip" } else { "none" };
        add("compression", gzip.to_owned(), "COMPRESSION");
        add("timeout", time(to.timeout), "TIMEOUT");
        let files = [
            ("authority", &to.tls.certificate, "CERTIFICATE"),
            ("client certificate", &to.tls.client_certificate, "CLIENT_CERTIFICATE"),
            ("client key", &to.tls.client_key, "CLIENT_KEY"),
        ];
        for (what, file, suffix) in files {
            if let Some(file) = file {
                add(what, file.display().to_string(), suffix);
            }
        }
    }

    fn batch(&mut self, batch: &Batch, prefix: &str) {
        let name = |suffix: &str| format!("{prefix}_{suffix}");
        self.add(1, "delay", time(batch.delay), &[&name("SCHEDULE_DELAY")]);
        self.add(1, "queue", batch.queue_items, &[&name("MAX_QUEUE_SIZE")]);
        self.add(1, "batch", batch.batch_items, &[&name("MAX_EXPORT_BATCH_SIZE")]);
        self.add(1, "export timeout", time(batch.timeout), &[&name("EXPORT_TIMEOUT")]);
    }

    fn limits(&mut self, prefix: &str, attributes: u32, value_chars: Option<usize>) {
        let own = format!("{prefix}_ATTRIBUTE_COUNT_LIMIT");
        self.add(1, "attributes", attributes, &[&own, "OTEL_ATTRIBUTE_COUNT_LIMIT"]);
        let chars = value_chars.map_or("any length".to_owned(), |chars| format!("{chars} characters"));
        let own = format!("{prefix}_ATTRIBUTE_VALUE_LENGTH_LIMIT");
        self.add(1, "values", chars, &[&own, "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"]);
    }
}

const NOWHERE: &str = "nowhere";

/// The names of where a signal goes.
fn sent(destinations: &[Destination], console: bool) -> String {
    let all: Vec<&str> = destinations.iter().map(|to| to.name).chain(console.then_some("console")).collect();
    if all.is_empty() { NOWHERE.to_owned() } else { all.join(", ") }
}

fn time(time: Duration) -> String {
    if time >= Duration::from_millis(i32::MAX as u64) { "no limit".to_owned() } else { format!("{time:?}") }
}

fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "grpc",
        Protocol::HttpProtobuf => "http/protobuf",
        Protocol::HttpJson => "http/json",
    }
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

/// The name in `OTEL_TRACES_SAMPLER`, and the ratio if it has one. The SDK's sampler tells both by `Debug` only.
fn sampler(sampler: &Sampler) -> (String, Option<String>) {
    let told = format!("{sampler:?}");
    let (prefix, root) = match told.strip_prefix("ParentBased(").and_then(|rest| rest.strip_suffix(')')) {
        Some(root) => ("parentbased_", root),
        None => ("", told.as_str()),
    };
    let (root, ratio) = match root.strip_prefix("TraceIdRatioBased(").and_then(|rest| rest.strip_suffix(')'))
    {
        Some(ratio) => ("traceidratio", Some(ratio.to_owned())),
        None if root == "AlwaysOn" => ("always_on", None),
        None if root == "AlwaysOff" => ("always_off", None),
        None => (root, None),
    };
    (format!("{prefix}{root}"), ratio)
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
