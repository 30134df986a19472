//! Every variable that this crate reads, with its default. Nothing else in the crate reads the environment.

mod batch;
mod destination;
mod endpoint;
mod exporters;
mod known;
mod limits;
mod logs;
mod otlp;
mod resource;
mod rollbar;
mod sampler;
mod short;
mod shown;
#[cfg(test)]
mod tests;
mod variables;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use opentelemetry_sdk::trace::Sampler;
use tracing::level_filters::LevelFilter;

use self::exporters::Exporters;
use self::variables::Variables;
use crate::propagation::{BaggageRules, Propagator, TrustPolicy};

pub use batch::Batch;
pub use destination::{Compression, Destination, Protocol, Tls};
pub use limits::{LogLimits, SpanLimits};
pub use logs::{CloudWatchDestination, LogFormat, LogsSettings};
pub use resource::ResourceSettings;
pub use rollbar::{Links, ReportsSettings, RollbarDestination};
pub use variables::Reading;

pub(crate) use otlp::names as otlp_names;

/// What telemetry does, read from the environment by [`Settings::from_env`].
///
/// Variables of the OpenTelemetry specification do what the specification says: an empty one counts as not set, words are
/// compared without case, a bad value is told of once and its default used, and a variable with the name of a signal wins
/// over the general one.
///
/// | variable | does | value | default |
/// |---|---|---|---|
/// | `OTEL_SDK_DISABLED` | nothing is recorded or sent; context is still carried | `true` or `false` | `false` |
/// | `OTEL_SERVICE_NAME` | `service.name`; wins over that of the attributes | text | the service's own |
/// | `OTEL_RESOURCE_ATTRIBUTES` | who it is from | `key=value,…`, percent-encoded | the service's own name and version |
/// | `EXPLORER_URL` | sends spans, log records and reports to an explorer | URL | not sent |
/// | `HONEYCOMB_API_KEY` | sends spans to Honeycomb | key | not sent |
/// | `HONEYCOMB_API_ENDPOINT` | its region | URL | `https://api.honeycomb.io` |
/// | `HONEYCOMB_DATASET` | dataset of a Classic key | text | by service |
/// | `OTEL_EXPORTER_OTLP_ENDPOINT` | sends spans and log records to any receiver of OTLP | URL; over HTTP a base, to which the path of the signal is added | not sent |
/// | `OTEL_EXPORTER_OTLP_PROTOCOL` | how | `grpc`, `http/protobuf`, `http/json` | `http/protobuf` |
/// | `OTEL_EXPORTER_OTLP_HEADERS` | goes with each export | `name=value,…`, percent-encoded | none |
/// | `OTEL_EXPORTER_OTLP_TIMEOUT` | limit of one attempt | milliseconds, 0 for none | 10000 |
/// | `OTEL_EXPORTER_OTLP_COMPRESSION` | of the body | `gzip`, `none` | `none` |
/// | `OTEL_EXPORTER_OTLP_CERTIFICATE` | the authority to trust, where the endpoint is https | PEM file | those of the system |
/// | `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` | what the client shows of itself | PEM file | none |
/// | `OTEL_EXPORTER_OTLP_CLIENT_KEY` | the key of that | PEM file | none |
/// | `OTEL_EXPORTER_OTLP_INSECURE` | a gRPC endpoint without a scheme is http | `true` or `false` | `false` |
/// | each of these with `TRACES_`, `LOGS_` or `METRICS_` behind `OTLP_` | the same, of one signal; an endpoint is used as it is |  | the general one |
/// | `OTEL_TRACES_EXPORTER` | where spans go; `none` switches ours off too, `otlp` without an endpoint is this machine | `otlp`, `console`, `none`, or several | `otlp`, where an endpoint is named |
/// | `OTEL_LOGS_EXPORTER` | the same of log records | the same | the same |
/// | `OTEL_METRICS_EXPORTER` | the same of metrics, which cost something in each request | the same | `none` |
/// | `OTEL_METRIC_EXPORT_INTERVAL` | between two exports | milliseconds | 60000 |
/// | `OTEL_METRIC_EXPORT_TIMEOUT` | limit of one export | milliseconds, 0 for none | 30000 |
/// | `OTEL_TRACES_SAMPLER` | which traces are recorded | `always_on`, `always_off`, `traceidratio`, each also with `parentbased_` | `parentbased_always_on` |
/// | `OTEL_TRACES_SAMPLER_ARG` | the share of `traceidratio` | 0 to 1 | 1 |
/// | `OTEL_BSP_SCHEDULE_DELAY` | how long spans wait for company | milliseconds | 5000 |
/// | `OTEL_BSP_MAX_QUEUE_SIZE` | how many spans may wait for one destination | number above 0 | 16384 |
/// | `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` | how many spans go at once | number above 0 | 512 |
/// | `OTEL_BSP_EXPORT_TIMEOUT` | limit of one export | milliseconds, 0 for none | 30000 |
/// | `OTEL_BLRP_SCHEDULE_DELAY` | how long log records wait for company | milliseconds | 1000 |
/// | `OTEL_BLRP_MAX_QUEUE_SIZE` | how many log records may wait for one destination | number above 0 | 16384 |
/// | `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE` | how many log records go at once | number above 0 | 512 |
/// | `OTEL_BLRP_EXPORT_TIMEOUT` | limit of one export | milliseconds, 0 for none | 30000 |
/// | `OTEL_ATTRIBUTE_COUNT_LIMIT` | attributes of a span or log record | number | 128 |
/// | `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT` | a text value | characters | no limit |
/// | `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` | attributes of a span | number | the general one |
/// | `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` | a text value of it | characters | the general one |
/// | `OTEL_SPAN_EVENT_COUNT_LIMIT` | events of a span | number | 128 |
/// | `OTEL_SPAN_LINK_COUNT_LIMIT` | links of a span | number | 128 |
/// | `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT` | attributes of an event | number | 128 |
/// | `OTEL_LINK_ATTRIBUTE_COUNT_LIMIT` | attributes of a link | number | 128 |
/// | `OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT` | attributes of a log record | number | the general one |
/// | `OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT` | a text value of it | characters | the general one |
/// | `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` | methods that are recorded by name, all of them; any other is `_OTHER` | methods, case-sensitive | those of the conventions |
/// | `OTEL_PROPAGATORS` | formats of context in headers | `tracecontext`, `baggage`, `b3`, `b3multi`, `xray`, `jaeger`, or `none` | `tracecontext,baggage` |
/// | `OTEL_LOG_LEVEL` | what telemetry says about itself on stderr | `none`, `error`, `warn`, `info`, `debug` | `warn` |
/// | `ROLLBAR_ACCESS_TOKEN` | reports failures to Rollbar, with this token | | nothing is sent |
/// | `ROLLBAR_ENDPOINT` | its API | URL | `https://api.rollbar.com` |
/// | `ROLLBAR_ENVIRONMENT` | `environment` of the items | | `deployment.environment.name`, or `development` |
/// | `ROLLBAR_CODE_VERSION` | `code_version` of the items | | the service's version |
/// | `ROLLBAR_LEVEL` | what is less severe is not reported | `critical`, `error`, `warning`, `info`, `debug` | `error` |
/// | `ROLLBAR_IGNORE` | types of errors, and messages, that are not reported | names | none |
/// | `ROLLBAR_ITEMS_PER_MINUTE` | items of a kind that are sent one by one; further ones go as one with a count | number | 60 |
/// | `CLOUDWATCH_LOG_GROUP` | sends log records to CloudWatch Logs, into this group | name | not sent; in the explorer, `service.namespace` or the service's name |
/// | `CLOUDWATCH_LOG_STREAM` | the stream of this process in the group | text with `{service}`, `{instance}`, `{version}` | `{service}/{instance}` |
/// | `CLOUDWATCH_RETENTION_DAYS` | how long a group that is made here keeps its events | days that CloudWatch knows | for ever |
/// | `CLOUDWATCH_TAGS` | tags of a group that is made here | `key=value,…` | none |
/// | `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL` … | region, credentials and endpoint of CloudWatch | as AWS's SDKs read them | as AWS's SDKs find them |
/// | `EXPLORER_PUBLIC_URL` | the explorer as browsers know it, for links in items | URL | `EXPLORER_URL` |
/// | `HONEYCOMB_TEAM` | makes items link to the trace | `team`, `team/environments/name`, or the URL of either | no link |
/// | `TELEMETRY_TRUST` | whose context is believed | `public`, `internal`, or networks | by service |
/// | `TELEMETRY_BAGGAGE` | baggage that strangers may set | keys | none |
/// | `TELEMETRY_BAGGAGE_ATTRIBUTES` | baggage that becomes attributes of each span | keys | none |
/// | `TELEMETRY_SPOOL` | keeps pending spans and reports in this folder, and sends them at the next start | folder | in memory only |
/// | `TELEMETRY_REDACT` | further names whose values are secrets | names | none |
/// | `LOG_FORMAT` | how lines on stdout look | `json`, `pretty` | `pretty` where stdout is a terminal, else `json` |
/// | `NO_COLOR` | lines without colours | anything | coloured on a terminal |
/// | `RUST_LOG` | log lines by target and level; never cuts spans | directives | `info,actix_server=warn` |
#[derive(Debug, Clone)]
pub struct Settings {
    /// Nothing is recorded and nothing is sent. Context is still read and written, and lines are still printed.
    pub disabled: bool,
    /// Who it is from.
    pub resource: ResourceSettings,
    /// Spans.
    pub traces: TracesSettings,
    /// Log records.
    pub logs: LogsSettings,
    /// Metrics.
    pub metrics: MetricsSettings,
    /// Reports of failures.
    pub reports: ReportsSettings,
    /// HTTP methods that are recorded by name; empty for those of the conventions.
    pub http_methods: Vec<String>,
    /// How context is read and written, in this order.
    pub propagators: Vec<Propagator>,
    /// Whose trace context is believed; `None` when `TELEMETRY_TRUST` is not set, so that the service decides.
    pub trust: Option<TrustPolicy>,
    /// Which baggage is kept of callers that are not believed.
    pub baggage: BaggageRules,
    /// Keys of baggage whose values become attributes of each span.
    pub baggage_attributes: Vec<String>,
    /// Names whose values are secrets, besides those of [`redaction`](crate::redaction).
    pub redact: Vec<String>,
    /// Where spans and reports that are pending outlive the process, if they are to.
    pub spool: Option<PathBuf>,
    /// How much telemetry says about itself on stderr.
    pub own_level: LevelFilter,
    /// Each variable that is set, with what became of it.
    pub readings: Vec<Reading>,
}

/// Where spans go, and how much of them.
#[derive(Debug, Clone)]
pub struct TracesSettings {
    /// Each destination has a queue of its own. Empty: spans are made, carried and logged by id, and sent nowhere.
    pub destinations: Vec<Destination>,
    /// Whether spans are printed on stdout, as OTLP in JSON.
    pub console: bool,
    /// Which traces are recorded.
    pub sampler: Sampler,
    /// How much of a span is kept.
    pub limits: SpanLimits,
    /// How spans wait for company.
    pub batch: Batch,
}

/// Where metrics go. Nowhere by default: they cost something in each request, and Honeycomb bills them.
#[derive(Debug, Clone)]
pub struct MetricsSettings {
    /// The one destination.
    pub destination: Option<Destination>,
    /// Whether metrics are printed on stdout.
    pub console: bool,
    /// Time between two exports.
    pub interval: Duration,
    /// Limit of one export.
    pub timeout: Duration,
}

impl Settings {
    /// Reads the process environment. A bad value is ignored with a warning, an empty one counts as not set.
    #[must_use]
    pub fn from_env() -> Self {
        let text =
            |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        Self::from_variables(std::env::vars_os().filter_map(text))
    }

    /// Reads the variables of an environment. Those that look like ours and are not read get a [`Reading`] too: a name is
    /// easily mistyped, and then nothing happens.
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let set: BTreeMap<String, String> = variables.into_iter().collect();
        Self::read(&|name| set.get(name).cloned(), set.keys().map(String::as_str))
    }

    /// Reads from `lookup`, which answers the value of a variable.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        Self::read(&lookup, std::iter::empty())
    }

    fn read<'n>(lookup: &dyn Fn(&str) -> Option<String>, set: impl Iterator<Item = &'n str>) -> Self {
        let variables = Variables::new(lookup);
        let settings = Self {
            disabled: variables.flag(&["OTEL_SDK_DISABLED"]),
            resource: ResourceSettings::read(&variables),
            traces: TracesSettings::read(&variables),
            logs: LogsSettings::read(&variables),
            metrics: MetricsSettings::read(&variables),
            reports: ReportsSettings::read(&variables),
            http_methods: variables.list("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"),
            propagators: propagators(&variables),
            trust: trust(&variables),
            baggage: BaggageRules { from_strangers: variables.list("TELEMETRY_BAGGAGE") },
            baggage_attributes: variables.list("TELEMETRY_BAGGAGE_ATTRIBUTES"),
            redact: variables.list("TELEMETRY_REDACT"),
            spool: variables.get("TELEMETRY_SPOOL").map(PathBuf::from),
            own_level: own_level(&variables),
            readings: Vec::new(),
        };
        known::note_idle(&variables);
        known::note_unknown(&variables, set);
        Self { readings: variables.readings(), ..settings }
    }

    /// One sentence for each variable that is wrong or looks wrong. One that does nothing is no reason to warn: many
    /// processes share one environment.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let told = |reading: &Reading| {
            let problem = reading.problem.as_ref().or(reading.hint.as_ref());
            problem.map(|problem| format!("{}: {problem}", reading.variable))
        };
        self.readings.iter().filter(|reading| !reading.is_idle()).filter_map(told).collect()
    }
}

impl Default for Settings {
    /// What holds when no variable is set.
    fn default() -> Self {
        Self::from_lookup(|_| None)
    }
}

impl TracesSettings {
    fn read(variables: &Variables<'_>) -> Self {
        let exporters = Exporters::read(variables, "OTEL_TRACES_EXPORTER", "otlp");
        Self {
            destinations: short::traces(variables, exporters),
            console: exporters.console,
            sampler: sampler::read(variables),
            limits: SpanLimits::read(variables),
            batch: Batch::of_spans(variables),
        }
    }
}

impl MetricsSettings {
    fn read(variables: &Variables<'_>) -> Self {
        let exporters = Exporters::read(variables, "OTEL_METRICS_EXPORTER", "none");
        let wanted = exporters.is_explicit && exporters.otlp;
        let destination = wanted.then(|| otlp::destination(variables, "METRICS", true)).flatten();
        let (interval, timeout) = (Duration::from_mins(1), Duration::from_secs(30));
        Self {
            destination: destination.map(|(_, destination)| destination),
            console: exporters.console,
            interval: Self::interval(variables, interval),
            timeout: variables.timeout(&["OTEL_METRIC_EXPORT_TIMEOUT"], timeout),
        }
    }

    /// Exports without any pause would do nothing else.
    fn interval(variables: &Variables<'_>, default: Duration) -> Duration {
        const NAME: &str = "OTEL_METRIC_EXPORT_INTERVAL";
        let interval = variables.millis(&[NAME], default);
        if interval.is_zero() {
            variables.problem(NAME, format!("`0` is no pause at all; {} ms is used", default.as_millis()));
            return default;
        }
        interval
    }
}

fn trust(variables: &Variables<'_>) -> Option<TrustPolicy> {
    const NAME: &str = "TELEMETRY_TRUST";
    let value = variables.get(NAME)?;
    value.to_ascii_lowercase().parse().map_err(|error| variables.problem(NAME, format!("{error}"))).ok()
}

fn propagators(variables: &Variables<'_>) -> Vec<Propagator> {
    const NAME: &str = "OTEL_PROPAGATORS";
    const DEFAULT: [Propagator; 2] = [Propagator::TraceContext, Propagator::Baggage];
    let names = variables.list(NAME);
    if names.is_empty() {
        return DEFAULT.to_vec();
    }
    if names.iter().any(|name| name.eq_ignore_ascii_case("none")) {
        return Vec::new();
    }
    let (mut known, mut wrong) = (Vec::new(), None);
    for name in &names {
        match name.to_ascii_lowercase().parse::<Propagator>() {
            Ok(propagator) if known.contains(&propagator) => {}
            Ok(propagator) => known.push(propagator),
            Err(error) => wrong = Some(error),
        }
    }
    match wrong {
        Some(error) if known.is_empty() => {
            variables.problem(NAME, format!("{error}; tracecontext and baggage are used"));
        }
        Some(error) => variables.flaw(NAME, format!("{error}; it is left out")),
        None => {}
    }
    if known.is_empty() { DEFAULT.to_vec() } else { known }
}

fn own_level(variables: &Variables<'_>) -> LevelFilter {
    let default = (LevelFilter::WARN, "warn");
    variables.parse(&["OTEL_LOG_LEVEL"], default, "none, error, warn, info or debug", |word| {
        match word.to_ascii_lowercase().as_str() {
            "none" | "off" => Some(LevelFilter::OFF),
            "warning" => Some(LevelFilter::WARN),
            "error" | "warn" | "info" | "debug" | "trace" => word.parse().ok(),
            _ => None,
        }
    })
}
