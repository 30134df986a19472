//! `PutLogEvents`.

use serde_json::{Map, Value, json};

use super::answer::Failure;
use super::input::Input;
use crate::logs::batch::{self, MAX_EVENTS, Taken};
use crate::store::log_events::{LogEvents, NewEvent};

/// Sequence tokens mean nothing any more, but old clients ask for them.
pub(super) const SEQUENCE_TOKEN: &str = "49000000000000000000000000000000000000000000000000000001";

pub(super) fn put_events(logs: &LogEvents, input: &Input, now_ms: u64) -> Result<Option<Value>, Failure> {
    let (group, stream) = (input.group()?, input.stream()?);
    let mut events = events(input)?;
    let expired_before = logs.groups(|groups| {
        groups.stream(group, stream)?;
        Ok::<_, Failure>(groups.group(group)?.expired_before(now_ms))
    })?;
    let taken = batch::check(&events, now_ms, expired_before).map_err(Failure::Parameter)?;
    logs.append((group, stream), events.drain(taken.accepted.clone()), now_ms, false)?;
    Ok(Some(answer(&taken)))
}

fn events(input: &Input) -> Result<Vec<NewEvent>, Failure> {
    let list =
        input.list("logEvents")?.ok_or_else(|| Failure::constraint("null", "logEvents", "not be null"))?;
    if list.is_empty() {
        return Err(Failure::constraint("'[]'", "logEvents", "have length greater than or equal to 1"));
    }
    if list.len() > MAX_EVENTS {
        let rule = format!("have length less than or equal to {MAX_EVENTS}");
        return Err(Failure::constraint(&format!("of {} events", list.len()), "logEvents", &rule));
    }
    list.iter().enumerate().map(|(index, event)| self::event(index, event)).collect()
}

fn event(index: usize, event: &Value) -> Result<NewEvent, Failure> {
    let field = |name: &str| format!("logEvents.{}.member.{name}", index + 1);
    let get = |name: &str| match event.get(name) {
        None | Some(Value::Null) => Err(Failure::constraint("null", &field(name), "not be null")),
        Some(value) => Ok(value),
    };
    let wrong = |name: &str, what: &str| Failure::Serialization(format!("`{}` must be {what}", field(name)));
    if !event.is_object() {
        return Err(Failure::Serialization(format!("`logEvents.{}` must be an object", index + 1)));
    }
    let time = get("timestamp")?.as_i64().ok_or_else(|| wrong("timestamp", "a whole number"))?;
    let message = get("message")?.as_str().ok_or_else(|| wrong("message", "a text"))?;
    let time = u64::try_from(time).map_err(|_| {
        Failure::constraint(
            &format!("'{time}'"),
            &field("timestamp"),
            "have value greater than or equal to 0",
        )
    })?;
    if message.is_empty() {
        return Err(Failure::constraint("''", &field("message"), "have length greater than or equal to 1"));
    }
    Ok((time, message.to_owned()))
}

fn answer(taken: &Taken) -> Value {
    let rejected: Map<String, Value> = [
        ("tooNewLogEventStartIndex", taken.too_new_start),
        ("tooOldLogEventEndIndex", taken.too_old_end),
        ("expiredLogEventEndIndex", taken.expired_end),
    ]
    .into_iter()
    .filter_map(|(name, index)| Some((name.to_owned(), json!(index?))))
    .collect();
    let mut answer = json!({"nextSequenceToken": SEQUENCE_TOKEN});
    if !rejected.is_empty() {
        answer["rejectedLogEventsInfo"] = Value::Object(rejected);
    }
    answer
}
