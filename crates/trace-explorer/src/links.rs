//! Pages of the vendors about the same trace, item or log line, for whoever sends there too.

use std::fmt::Write;

use crate::ids::TraceId;

/// Which vendors have the same telemetry. By default none has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// `HONEYCOMB_TEAM`: a team, `team/environments/name`, or the URL of either.
    pub honeycomb: Option<String>,
    /// `ROLLBAR_URL`: where people look at Rollbar, `https://rollbar.com`.
    pub rollbar: Option<String>,
    /// `CLOUDWATCH_LOG_GROUP` and `AWS_REGION` or `AWS_DEFAULT_REGION`: the group and its region.
    pub cloudwatch: Option<(String, String)>,
}

impl Links {
    /// A trace at Honeycomb, which looks for it around its start.
    pub(crate) fn trace_at_honeycomb(
        &self,
        trace_id: TraceId,
        start_unix_nano: Option<u64>,
    ) -> Option<String> {
        let team = self.honeycomb.as_deref()?.trim_matches('/');
        let base = if is_url(team) {
            team.to_owned()
        } else {
            format!("https://ui.honeycomb.io/{}", encoded(team, "/"))
        };
        let start = start_unix_nano.map(|nanos| format!("&trace_start_ts={}", nanos / 1_000_000_000));
        Some(format!("{base}/trace?trace_id={trace_id}{}", start.unwrap_or_default()))
    }

    /// An item at Rollbar.
    pub(crate) fn item_at_rollbar(&self, uuid: &str) -> Option<String> {
        let base = self.rollbar.as_deref()?.trim_end_matches('/');
        Some(format!("{base}/occurrence/uuid/?uuid={}", encoded(uuid, "")))
    }

    /// The lines of a trace in the console of CloudWatch Logs.
    pub(crate) fn lines_at_cloudwatch(&self, trace_id: TraceId) -> Option<String> {
        let (group, region) = self.cloudwatch.as_ref()?;
        let (group, region) = (twice_encoded(group), encoded(region, ""));
        let pattern = twice_encoded(&format!("{{ $.trace_id = \"{trace_id}\" }}"));
        Some(format!(
            "https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}\
             #logsV2:log-groups/log-group/{group}/log-events$3FfilterPattern$3D{pattern}"
        ))
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// A text as a part of a URL; the characters of `kept` stay.
fn encoded(text: &str, kept: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "-_.~".contains(c) || kept.contains(c) {
            out.push(c);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A text as the console of AWS has it in the fragment: encoded twice, with `$` in place of the outer `%`.
fn twice_encoded(text: &str) -> String {
    encoded(&encoded(text, ""), "").replace('%', "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace_id() -> TraceId {
        "5b8efff798038103d269b633813fc60c".parse().unwrap()
    }

    #[test]
    fn nothing_is_linked_where_nothing_is_configured() {
        let links = Links::default();

        assert_eq!(links.trace_at_honeycomb(trace_id(), None), None);
        assert_eq!(links.item_at_rollbar("u"), None);
        assert_eq!(links.lines_at_cloudwatch(trace_id()), None);
    }

    #[test]
    fn links_lead_to_the_vendors_pages() {
        let links = Links {
            honeycomb: Some("acme/environments/prod".into()),
            rollbar: Some("https://rollbar.com/".into()),
            cloudwatch: Some(("cruddur/a".into(), "eu-central-1".into())),
        };

        assert_eq!(
            links.trace_at_honeycomb(trace_id(), Some(1_700_000_000_500_000_000)).unwrap(),
            "https://ui.honeycomb.io/acme/environments/prod/trace?trace_id=5b8efff798038103d269b633813fc60c\
             &trace_start_ts=1700000000"
        );
        assert_eq!(
            links.item_at_rollbar("a b\"").unwrap(),
            "https://rollbar.com/occurrence/uuid/?uuid=a%20b%22"
        );
        assert_eq!(
            links.lines_at_cloudwatch(trace_id()).unwrap(),
            "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:log-groups/log-group/\
             cruddur$252Fa/log-events$3FfilterPattern$3D$257B$2520$2524.trace_id$2520$253D$2520$2522\
             5b8efff798038103d269b633813fc60c$2522$2520$257D"
        );
    }

    #[test]
    fn a_team_may_be_a_url() {
        let links = Links { honeycomb: Some("https://ui.eu1.honeycomb.io/acme/".into()), ..Links::default() };

        let link = links.trace_at_honeycomb(trace_id(), None).unwrap();
        assert!(link.starts_with("https://ui.eu1.honeycomb.io/acme/trace?trace_id=5b8e"), "{link}");
    }
}
