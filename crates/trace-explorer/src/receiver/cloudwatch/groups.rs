//! Operations on log groups and log streams.

use std::cmp::Reverse;

use serde_json::{Map, Value, json};

use super::answer::Failure;
use super::input::Input;
use crate::store::log_events::{Group, LogEvents, Stream};

/// Of one answer.
const PAGE: usize = 50;

/// The days that a retention may have.
const RETENTIONS: [u64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// The account and the Region of all groups: there are none here.
const ARN: &str = "arn:aws:logs:us-east-1:000000000000:log-group";

type Answer = Result<Option<Value>, Failure>;

/// Tags, a key and a class are read by AWS and not by the explorer.
pub(super) fn create_group(logs: &LogEvents, input: &Input, now_ms: u64) -> Answer {
    let name = input.group()?;
    logs.change_groups(|groups| groups.create(name, now_ms))?;
    Ok(None)
}

pub(super) fn create_stream(logs: &LogEvents, input: &Input, now_ms: u64) -> Answer {
    let (group, stream) = (input.group()?, input.stream()?);
    logs.change_groups(|groups| groups.create_stream(group, stream, now_ms))?;
    Ok(None)
}

pub(super) fn put_retention(logs: &LogEvents, input: &Input, _now_ms: u64) -> Answer {
    let group = input.group()?;
    let days = input.number("retentionInDays")?;
    let days = days.ok_or_else(|| Failure::constraint("null", "retentionInDays", "not be null"))?;
    if !RETENTIONS.contains(&days) {
        let rule = format!("satisfy enum value set: {RETENTIONS:?}");
        return Err(Failure::constraint(&format!("'{days}'"), "retentionInDays", &rule));
    }
    logs.change_groups(|groups| groups.set_retention(group, Some(days)))?;
    Ok(None)
}

pub(super) fn describe_groups(logs: &LogEvents, input: &Input, _now_ms: u64) -> Answer {
    let limit = input.limit(PAGE)?;
    let prefix = input.text("logGroupNamePrefix")?;
    let pattern = input.text("logGroupNamePattern")?.map(str::to_ascii_lowercase);
    if prefix.is_some() && pattern.is_some() {
        return Err(Failure::Parameter(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.".to_owned(),
        ));
    }
    let wanted = |name: &str| {
        prefix.is_none_or(|prefix| name.starts_with(prefix))
            && pattern.as_ref().is_none_or(|pattern| name.to_ascii_lowercase().contains(pattern))
    };
    let found: Vec<_> = logs.groups(|groups| {
        let found = groups.iter().filter(|(name, _)| wanted(name));
        found.map(|(name, group)| (name.to_string(), group_view(name, group))).collect()
    });
    page("logGroups", found, input.text("nextToken")?, limit)
}

pub(super) fn describe_streams(logs: &LogEvents, input: &Input, _now_ms: u64) -> Answer {
    let (group, limit, prefix) = (input.group_or_identifier()?, input.limit(PAGE)?, input.stream_prefix()?);
    let by_time = match input.text("orderBy")? {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") if prefix.is_none() => true,
        Some("LastEventTime") => {
            return Err(Failure::Parameter(
                "Cannot order by LastEventTime with a logStreamNamePrefix.".to_owned(),
            ));
        }
        Some(other) => {
            let rule = "satisfy enum value set: [LogStreamName, LastEventTime]";
            return Err(Failure::constraint(&format!("'{other}'"), "orderBy", rule));
        }
    };
    let mut found: Vec<(String, Stream)> = logs.groups(|groups| {
        let all = groups.group(group)?.streams.iter();
        let wanted = all.filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)));
        Ok::<_, Failure>(wanted.map(|(name, stream)| (name.to_string(), stream.clone())).collect())
    })?;
    match (by_time, input.is_set("descending")?) {
        (false, false) => {}
        (false, true) => found.reverse(),
        (true, false) => found.sort_by_key(|(_, stream)| stream.last_ms),
        (true, true) => found.sort_by_key(|(_, stream)| Reverse(stream.last_ms)),
    }
    let views = found.into_iter().map(|(name, stream)| {
        let view = stream_view(group, &name, &stream);
        (name, view)
    });
    page("logStreams", views.collect(), input.text("nextToken")?, limit)
}

/// The page that begins behind the name in `token`.
fn page(list: &str, found: Vec<(String, Value)>, token: Option<&str>, limit: usize) -> Answer {
    let begin = match token {
        None => 0,
        Some(token) => {
            let known = found.iter().position(|(name, _)| name == token);
            known
                .map(|known| known + 1)
                .ok_or_else(|| Failure::Parameter(super::reading::BAD_TOKEN.to_owned()))?
        }
    };
    let more = found.len() - begin > limit;
    let (names, views): (Vec<String>, Vec<Value>) = found.into_iter().skip(begin).take(limit).unzip();
    let mut answer = Map::from_iter([(list.to_owned(), Value::Array(views))]);
    if let Some(last) = names.last().filter(|_| more) {
        answer.insert("nextToken".to_owned(), json!(last));
    }
    Ok(Some(Value::Object(answer)))
}

fn group_view(name: &str, group: &Group) -> Value {
    let mut view = json!({
        "logGroupName": name, "creationTime": group.created_ms, "metricFilterCount": 0, "storedBytes": 0,
        "arn": format!("{ARN}:{name}:*"), "logGroupArn": format!("{ARN}:{name}"), "logGroupClass": "STANDARD",
    });
    if let Some(days) = group.retention_days {
        view["retentionInDays"] = json!(days);
    }
    view
}

fn stream_view(group: &str, name: &str, stream: &Stream) -> Value {
    let mut view = json!({
        "logStreamName": name, "creationTime": stream.created_ms, "storedBytes": 0,
        "arn": format!("{ARN}:{group}:log-stream:{name}"), "uploadSequenceToken": super::put::SEQUENCE_TOKEN,
    });
    for (field, value) in [
        ("firstEventTimestamp", stream.first_ms),
        ("lastEventTimestamp", stream.last_ms),
        ("lastIngestionTime", stream.last_ingested_ms),
    ] {
        if let Some(value) = value {
            view[field] = json!(value);
        }
    }
    view
}
