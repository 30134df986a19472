//! `GetLogEvents` and `FilterLogEvents`.

use serde_json::{Value, json};

use super::answer::Failure;
use super::input::Input;
use crate::logs::pattern::Pattern;
use crate::logs::{LogEvent, Place};
use crate::store::log_events::{LogEvents, Range};

/// Of one answer, as in AWS.
const MAX_EVENTS: usize = 10_000;
const MAX_BYTES: usize = 1_048_576;

const NANOS_PER_MS: u64 = 1_000_000;

pub(super) const BAD_TOKEN: &str = "The specified nextToken is invalid.";

/// Lists the events of one stream, forwards or backwards.
pub(super) fn get_events(logs: &LogEvents, input: &Input, now_ms: u64) -> Result<Option<Value>, Failure> {
    let (group, stream) = (input.group_or_identifier()?, input.stream()?);
    let start = logs.groups(|groups| {
        groups.stream(group, stream)?;
        Ok::<_, Failure>(groups.group(group)?.expired_before(now_ms))
    })?;
    let start = start.max(input.number("startTime")?.unwrap_or(0));
    // The end is not among them, unlike in `FilterLogEvents`.
    let end = input.number("endTime")?.unwrap_or(u64::MAX);
    let mut range =
        Range { from: at(start), before: at(end), limit: input.limit(MAX_EVENTS)?, max_bytes: MAX_BYTES };
    let token = input.text("nextToken")?.map(|token| {
        let (way, place) = token.split_once('/').ok_or(())?;
        Ok((way == "f", place_of(place).filter(|_| way == "f" || way == "b").ok_or(())?))
    });
    let token = token.transpose().map_err(|()| Failure::Parameter(BAD_TOKEN.to_owned()))?;
    let forwards = token.map_or(input.is_set("startFromHead")?, |(forwards, _)| forwards);
    match token {
        Some((true, place)) => range.from = range.from.max(place),
        Some((false, place)) => range.before = range.before.min(place),
        None => {}
    }
    let wanted = |event: &LogEvent| *event.group == *group && *event.stream == *stream;
    let events = if forwards {
        logs.range(range, wanted).events
    } else {
        let mut events = logs.range_backwards(range, wanted).events;
        events.reverse();
        events
    };
    // At an end the token of the request is answered: there the caller stops, or asks again later.
    let stay = token.map_or(range.from, |(_, place)| place);
    let first = events.first().map_or(stay, |event| event.place());
    let behind = events.last().map_or(stay, |event| next(event.place()));
    let events: Vec<_> = events.iter().map(|event| view(event)).collect();
    Ok(Some(json!({
        "events": events,
        "nextForwardToken": format!("f/{}", text_of(behind)),
        "nextBackwardToken": format!("b/{}", text_of(first)),
    })))
}

/// Lists the events of a group that match, of all its streams in the order of time.
pub(super) fn filter_events(logs: &LogEvents, input: &Input, now_ms: u64) -> Result<Option<Value>, Failure> {
    let group = input.group_or_identifier()?;
    let (names, prefix) = (input.streams()?, input.stream_prefix()?);
    if names.is_some() && prefix.is_some() {
        return Err(Failure::Parameter(
            "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.".to_owned(),
        ));
    }
    let pattern = input.text("filterPattern")?.unwrap_or_default();
    let parsed = Pattern::parse(pattern)
        .map_err(|error| Failure::Parameter(format!("Invalid filter pattern: {error}")))?;
    let start = logs.groups(|groups| {
        for name in names.iter().flatten() {
            groups.stream(group, name)?;
        }
        Ok::<_, Failure>(groups.group(group)?.expired_before(now_ms))
    })?;
    let (asked_from, end) = (input.number("startTime")?.unwrap_or(0), input.number("endTime")?);
    let end_place = end.map_or((u64::MAX, u64::MAX), |end| at(end.saturating_add(1)));
    let mut range = Range {
        from: at(start.max(asked_from)),
        before: end_place,
        limit: input.limit(MAX_EVENTS)?,
        max_bytes: MAX_BYTES,
    };
    // A token is good for the question that it was an answer to.
    let question = format!("{group}\n{names:?}\n{prefix:?}\n{pattern}\n{asked_from}\n{end:?}");
    let question = format!("{:08x}", crc32c::crc32c(question.as_bytes()));
    if let Some(token) = input.text("nextToken")? {
        let place =
            token.split_once('.').filter(|(of, _)| *of == question).and_then(|(_, place)| place_of(place));
        range.from = place.ok_or_else(|| Failure::Parameter(BAD_TOKEN.to_owned()))?.max(range.from);
    }
    let page = logs.range(range, |event| {
        *event.group == *group
            && names.as_ref().is_none_or(|names| names.contains(&&*event.stream))
            && prefix.is_none_or(|prefix| event.stream.starts_with(prefix))
            && parsed.matches(&event.message)
    });
    let events: Vec<_> = page.events.iter().map(|event| filtered_view(event)).collect();
    let mut answer = json!({"events": events, "searchedLogStreams": []});
    if let Some(last) = page.events.last().filter(|_| page.more) {
        answer["nextToken"] = json!(format!("{question}.{}", text_of(next(last.place()))));
    }
    Ok(Some(answer))
}

/// The first place of a millisecond.
fn at(ms: u64) -> Place {
    (ms.saturating_mul(NANOS_PER_MS), 0)
}

/// The place right behind another one.
fn next((time, number): Place) -> Place {
    (time, number + 1)
}

fn text_of((time, number): Place) -> String {
    format!("{time:020}{number:020}")
}

fn place_of(text: &str) -> Option<Place> {
    let (time, number) =
        text.split_at_checked(20).filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some((time.parse().ok()?, number.parse().ok()?))
}

fn view(event: &LogEvent) -> Value {
    json!({"timestamp": event.timestamp_ms, "message": event.message, "ingestionTime": event.ingested_ms})
}

fn filtered_view(event: &LogEvent) -> Value {
    let mut view = view(event);
    view["logStreamName"] = json!(*event.stream);
    view["eventId"] = json!(event.id());
    view
}
