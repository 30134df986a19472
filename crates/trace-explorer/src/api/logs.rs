//! `GET /api/logs`: log events as JSON, newest first.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Explorer, Parameters, bad_request, pairs};
use crate::ids::{SpanId, TraceId};
use crate::logs::{Line, LogEvent, LogLevel, Place};
use crate::query::{INSTANT, instant};
use crate::store::log_events::LogQuery;

/// Events that are told with a trace. A trace has some tens, unless a sender is broken.
const OF_TRACE: usize = 1000;

const MAX_LIMIT: usize = 1000;

/// Of one page, if it does not say.
const LIMIT: usize = 100;

/// One event.
#[derive(Serialize)]
pub(super) struct LogView {
    event_id: String,
    trace_id: Option<TraceId>,
    span_id: Option<SpanId>,
    service: Option<String>,
    level: Option<LogLevel>,
    /// The text of the line.
    message: String,
    time_unix_nano: u64,
    received_unix_nano: u64,
    log_group: String,
    log_stream: String,
    /// What the sender sent: the JSON of the line, or its text.
    data: Value,
}

impl LogView {
    fn of(event: &LogEvent) -> Self {
        let data = serde_json::from_str(&event.message).ok().filter(Value::is_object);
        Self {
            event_id: event.id(),
            trace_id: event.trace_id,
            span_id: event.span_id,
            service: event.service.as_ref().map(ToString::to_string),
            level: event.level,
            message: Line::of(&event.message).text,
            time_unix_nano: event.time_unix_nano,
            received_unix_nano: event.ingested_ms.saturating_mul(1_000_000),
            log_group: event.group.to_string(),
            log_stream: event.stream.to_string(),
            data: data.unwrap_or_else(|| Value::String(event.message.to_string())),
        }
    }
}

/// The events of a trace in the order of time.
pub(super) fn of_trace(explorer: &Explorer, trace_id: TraceId) -> Vec<LogView> {
    let events = explorer.logs.of_trace(trace_id);
    events.iter().take(OF_TRACE).map(|event| LogView::of(event)).collect()
}

pub(super) async fn logs(explorer: web::Data<Explorer>, parameters: Parameters) -> HttpResponse {
    let query = match parse(pairs(&parameters)) {
        Ok(query) => query,
        Err(message) => return bad_request("bad_parameter", &message),
    };
    let page = explorer.logs.search(&query);
    let next = page.events.last().filter(|_| page.more).map(|last| cursor_after(last));
    let logs: Vec<_> = page.events.iter().map(|event| LogView::of(event)).collect();
    HttpResponse::Ok().json(json!({"logs": logs, "next": next}))
}

/// Reads the parameters; the error is a sentence. An empty value is no condition, as forms send it.
pub(crate) fn parse<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Result<LogQuery, String> {
    let mut query = LogQuery { limit: LIMIT, ..LogQuery::default() };
    for (name, value) in parameters.filter(|(_, value)| !value.is_empty()) {
        let refuse = |accepted: &str| format!("`{name}` is `{value}`: it must be {accepted}");
        match name {
            "q" => query.text = Some(value.to_owned()),
            "level" => {
                let level = LogLevel::of(value);
                query.level = Some(level.ok_or_else(|| refuse("error, warn, info, debug or trace"))?);
            }
            "service" => query.service = Some(value.to_owned()),
            "trace_id" => query.trace_id = Some(value.trim().parse().map_err(|_| refuse("32 hex digits"))?),
            "span_id" => query.span_id = Some(value.trim().parse().map_err(|_| refuse("16 hex digits"))?),
            "since" => query.since = Some(instant(value.trim()).ok_or_else(|| refuse(INSTANT))?),
            "until" => query.until = Some(instant(value.trim()).ok_or_else(|| refuse(INSTANT))?),
            "after" => {
                query.after = Some(cursor(value).ok_or_else(|| refuse("`next` of an earlier answer"))?);
            }
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                query.limit = limit.ok_or_else(|| refuse("a number from 1 to 1000"))?;
            }
            _ => {
                return Err(format!(
                    "there is no parameter `{name}`; there are: q, level, service, trace_id, span_id, since, until, \
                     after, limit"
                ));
            }
        }
    }
    Ok(query)
}

/// What `after` must be to go on behind `event`.
pub(crate) fn cursor_after(event: &LogEvent) -> String {
    let (time, number) = event.place();
    format!("{time}-{number}")
}

fn cursor(value: &str) -> Option<Place> {
    let (time, number) = value.split_once('-')?;
    Some((time.parse().ok()?, number.parse().ok()?))
}
