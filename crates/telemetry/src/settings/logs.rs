//! Where log lines go, and how they look.

use std::fmt;
use std::time::Duration;

use super::exporters::Exporters;
use super::short::{self, EXPLORER};
use super::variables::Variables;
use super::{Batch, Destination, LogLimits, endpoint, otlp, shown};

const GROUP: &str = "CLOUDWATCH_LOG_GROUP";
const STREAM: &str = "CLOUDWATCH_LOG_STREAM";
const RETENTION: &str = "CLOUDWATCH_RETENTION_DAYS";
const TAGS: &str = "CLOUDWATCH_TAGS";

/// Our variables.
pub(super) const NAMES: [&str; 6] = [GROUP, STREAM, RETENTION, TAGS, "LOG_FORMAT", "NO_COLOR"];

/// One stream a process, which a restart on the same host does not change.
const DEFAULT_STREAM: &str = "{service}/{instance}";

/// Days that a group can keep its events: CloudWatch Logs, `PutRetentionPolicy`.
const RETENTIONS: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Where log records go besides stdout, and how much of them.
#[derive(Debug, Clone)]
pub struct LogsSettings {
    /// Each destination has a queue of its own.
    pub destinations: Vec<Destination>,
    /// Those that speak the API of CloudWatch Logs. Each has a queue of its own, too.
    pub cloudwatch: Vec<CloudWatchDestination>,
    /// Whether log records are printed on stdout as OTLP in JSON, besides the line.
    pub console: bool,
    /// How much of a record is kept.
    pub limits: LogLimits,
    /// How records wait for company.
    pub batch: Batch,
    /// Directives of `RUST_LOG`. They choose log lines and can never cut a span.
    pub filter: Option<String>,
    /// How lines on stdout look; `None` leaves it to what stdout is.
    pub format: Option<LogFormat>,
    /// Whether lines for people are coloured, where stdout is a terminal.
    pub has_colors: bool,
}

/// How lines on stdout look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// A server of the CloudWatch Logs API. Its `Debug` tells the endpoint without credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct CloudWatchDestination {
    /// For people: `cloudwatch` or `explorer`.
    pub name: &'static str,
    /// The URL of an explorer, which wants no credentials; `None` for AWS, whose SDK finds endpoint, region and credentials.
    pub explorer: Option<String>,
    /// The log group; `None` leaves it to `service.namespace`, or to the service's name.
    pub group: Option<String>,
    /// The log stream, with `{service}`, `{instance}` and `{version}` for those of the process.
    pub stream: String,
    /// Days that a group keeps its events if it is made here; `None` for ever.
    pub retention_days: Option<i32>,
    /// Tags of a group that is made here.
    pub tags: Vec<(String, String)>,
    /// How long records wait for company, instead of what [`LogsSettings::batch`] says.
    pub delay: Option<Duration>,
}

impl CloudWatchDestination {
    /// Where it is, as people may see it.
    pub(crate) fn shown_endpoint(&self) -> String {
        self.explorer
            .as_deref()
            .map_or_else(|| "AWS, by AWS_REGION or AWS_ENDPOINT_URL".to_owned(), shown::endpoint)
    }
}

impl fmt::Debug for CloudWatchDestination {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, explorer: _, group, stream, retention_days, tags, delay } = self;
        out.debug_struct("CloudWatchDestination")
            .field("name", name)
            .field("endpoint", &self.shown_endpoint())
            .field("group", group)
            .field("stream", stream)
            .field("retention_days", retention_days)
            .field("tags", tags)
            .field("delay", delay)
            .finish()
    }
}

impl LogsSettings {
    pub(super) fn read(variables: &Variables<'_>) -> Self {
        let exporters = Exporters::read(variables, "OTEL_LOGS_EXPORTER", "otlp");
        let otlp = exporters.otlp.then(|| otlp::destination(variables, "LOGS", exporters.is_explicit));
        Self {
            destinations: otlp.flatten().map(|(_, destination)| destination).into_iter().collect(),
            cloudwatch: cloudwatch(variables, exporters),
            console: exporters.console,
            limits: LogLimits::read(variables),
            batch: Batch::of_log_records(variables),
            filter: variables.get("RUST_LOG"),
            format: format(variables),
            // Any value counts: https://no-color.org.
            has_colors: variables.get("NO_COLOR").is_none(),
        }
    }
}

fn format(variables: &Variables<'_>) -> Option<LogFormat> {
    const NAME: &str = "LOG_FORMAT";
    let value = variables.get(NAME)?;
    match value.to_ascii_lowercase().as_str() {
        "json" => Some(LogFormat::Json),
        "pretty" => Some(LogFormat::Pretty),
        _ => {
            variables.problem(NAME, format!("`{value}` is not json or pretty; what stdout is decides"));
            None
        }
    }
}

/// AWS if a group is named, and the explorer if there is one. `OTEL_LOGS_EXPORTER=none` switches both off.
fn cloudwatch(variables: &Variables<'_>, exporters: Exporters) -> Vec<CloudWatchDestination> {
    let group = variables.get(GROUP);
    if exporters.is_none() {
        if group.is_some() {
            variables.idle(GROUP, "OTEL_LOGS_EXPORTER=none switches all sending of log records off");
        }
        return Vec::new();
    }
    let explorer = variables.get(EXPLORER).and_then(|base| endpoint::http(variables, EXPLORER, &base, ""));
    if group.is_none() && explorer.is_none() {
        return Vec::new();
    }
    let common = CloudWatchDestination {
        name: "cloudwatch",
        explorer: None,
        group: group.clone(),
        stream: variables.get(STREAM).unwrap_or_else(|| DEFAULT_STREAM.to_owned()),
        retention_days: retention_days(variables),
        tags: tags(variables),
        delay: None,
    };
    let explorer = explorer.map(|explorer| CloudWatchDestination {
        name: "explorer",
        explorer: Some(explorer),
        delay: Some(short::EXPLORER_DELAY),
        ..common.clone()
    });
    group.map(|_| common).into_iter().chain(explorer).collect()
}

fn retention_days(variables: &Variables<'_>) -> Option<i32> {
    let value = variables.get(RETENTION)?;
    let days = value.parse().ok().filter(|days| RETENTIONS.contains(days));
    if days.is_none() {
        let known = RETENTIONS.map(|days| days.to_string()).join(", ");
        variables.problem(RETENTION, format!("`{value}` is none of the days that CloudWatch knows: {known}"));
    }
    days
}

fn tags(variables: &Variables<'_>) -> Vec<(String, String)> {
    let mut tags = Vec::new();
    for pair in variables.list(TAGS) {
        match pair.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                tags.push((key.trim().to_owned(), value.trim().to_owned()));
            }
            _ => variables.flaw(TAGS, format!("`{pair}` is not key=value; it is left out")),
        }
    }
    tags
}
