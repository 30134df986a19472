//! The names of all variables that are read here, and what to say of one that was set and did nothing.

use super::variables::Variables;
use super::{logs, otlp, rollbar, short};

const OTHERS: &[&str] = &[
    "OTEL_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_BLRP_EXPORT_TIMEOUT",
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BLRP_MAX_QUEUE_SIZE",
    "OTEL_BLRP_SCHEDULE_DELAY",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_LOGS_EXPORTER",
    "OTEL_LOG_LEVEL",
    "OTEL_METRICS_EXPORTER",
    "OTEL_METRIC_EXPORT_INTERVAL",
    "OTEL_METRIC_EXPORT_TIMEOUT",
    "OTEL_PROPAGATORS",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT",
    "OTEL_SPAN_LINK_COUNT_LIMIT",
    "OTEL_TRACES_EXPORTER",
    SAMPLER_ARG,
    "OTEL_TRACES_SAMPLER",
    "RUST_LOG",
    "TELEMETRY_BAGGAGE",
    "TELEMETRY_BAGGAGE_ATTRIBUTES",
    "TELEMETRY_REDACT",
    "TELEMETRY_SPOOL",
    "TELEMETRY_TRUST",
];

const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";

/// Who sets a variable that begins like this means telemetry.
const PREFIXES: [&str; 5] = ["OTEL_", "TELEMETRY_", "HONEYCOMB_", "ROLLBAR_", "CLOUDWATCH_"];

/// Letters by which a slip of the pen may differ from a name.
const MAX_SLIPS: usize = 2;

pub(super) fn names() -> impl Iterator<Item = String> {
    OTHERS
        .iter()
        .chain(&short::NAMES)
        .chain(&rollbar::NAMES)
        .chain(&logs::NAMES)
        .map(|name| (*name).to_owned())
        .chain(otlp::all_names())
}

/// Remembers each known variable that is set and was never asked for, with the reason. Call it last.
pub(super) fn note_idle(variables: &Variables<'_>) {
    let sends_otlp = otlp::all_names().any(|name| name.ends_with("_ENDPOINT") && variables.was_read(&name));
    for name in names().filter(|name| !variables.was_read(name)) {
        if variables.get(&name).is_some() {
            variables.idle(&name, reason(&name, sends_otlp));
        }
    }
}

fn reason(name: &str, sends_otlp: bool) -> &'static str {
    if name == SAMPLER_ARG {
        "only OTEL_TRACES_SAMPLER=traceidratio and parentbased_traceidratio ask for it"
    } else if name.starts_with("HONEYCOMB_") {
        "it needs HONEYCOMB_API_KEY"
    } else if name.starts_with("ROLLBAR_") {
        "it needs ROLLBAR_ACCESS_TOKEN"
    } else if name.starts_with("CLOUDWATCH_") {
        "it needs CLOUDWATCH_LOG_GROUP, or EXPLORER_URL"
    } else if name == "EXPLORER_PUBLIC_URL" {
        "it is for links in reports, and nothing is reported"
    } else if name.ends_with("_INSECURE") {
        "it is for gRPC endpoints without a scheme"
    } else if name.starts_with("OTEL_EXPORTER_OTLP_METRICS_") {
        "metrics are sent with OTEL_METRICS_EXPORTER=otlp only"
    } else if name.starts_with("OTEL_EXPORTER_OTLP_") && !sends_otlp {
        "nothing is sent by OTLP; OTEL_EXPORTER_OTLP_ENDPOINT says where to"
    } else if name.ends_with("CERTIFICATE") || name.ends_with("_CLIENT_KEY") {
        "no endpoint that it is for is https"
    } else {
        "what it is for is switched off, or variables of the signals win over it"
    }
}

/// Remembers each of `set` that looks like a variable of telemetry and is none.
pub(super) fn note_unknown<'n>(variables: &Variables<'_>, set: impl Iterator<Item = &'n str>) {
    let known: Vec<String> = names().collect();
    let meant = |name: &&str| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    for name in set.filter(meant).filter(|name| known.iter().all(|known| known != name)) {
        if variables.get(name).is_none() {
            continue;
        }
        let near = known.iter().map(|known| (slips(known, name), known)).min();
        let near = near.filter(|(slips, _)| *slips <= MAX_SLIPS);
        let near = near.map(|(_, known)| format!("; is it {known}?")).unwrap_or_default();
        variables.idle(name, format!("no variable of this name is read here{near}"));
    }
}

/// Letters that were added, left out or mistaken (the distance of Levenshtein).
fn slips(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, a) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (at, b) in right.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        for (left, right, expected) in
            [("a", "a", 0), ("", "ab", 2), ("kitten", "sitting", 3), ("OTLP", "OLTP", 2)]
        {
            assert_eq!(slips(left, right), expected, "{left} {right}");
        }
    }
}
