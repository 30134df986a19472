//! `GET /api/errors` and `/api/deploys`: error reports as JSON, each with the data that its sender sent.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Explorer, Parameters, bad_request, missing, pairs};
use crate::errors::{GroupId, Item, Level, Occurrence};
use crate::ids::{SpanId, TraceId};
use crate::store::errors::ErrorQuery;

/// Reports that are told with a trace. A trace has a handful, unless a sender is broken.
const OF_TRACE: usize = 100;

/// Reports of one answer: each may have half a megabyte.
const MAX_LIMIT: usize = 200;

const DEPLOYS: usize = 1000;

pub(crate) const UNKNOWN_ERROR: &str =
    "there is no such error report: it has not arrived, or it was dropped to make room";

/// One report.
#[derive(Serialize)]
pub(super) struct ErrorView {
    uuid: String,
    trace_id: Option<TraceId>,
    span_id: Option<SpanId>,
    service: Option<String>,
    environment: String,
    level: Level,
    title: String,
    fingerprint: String,
    group: GroupId,
    occurrences: u64,
    time_unix_nano: u64,
    received_unix_nano: u64,
    /// What the sender sent, without the token.
    data: Map<String, Value>,
}

impl ErrorView {
    fn of(occurrence: &Occurrence, item: Item) -> Self {
        Self {
            uuid: occurrence.uuid.to_string(),
            trace_id: occurrence.trace_id,
            span_id: occurrence.span_id,
            service: occurrence.service.as_ref().map(ToString::to_string),
            environment: occurrence.environment.to_string(),
            level: occurrence.level,
            title: occurrence.title.to_string(),
            fingerprint: occurrence.fingerprint.to_string(),
            group: occurrence.group_id,
            occurrences: occurrence.occurrences,
            time_unix_nano: occurrence.time_unix_nano,
            received_unix_nano: item.received_unix_nano,
            data: item.data,
        }
    }
}

fn views(explorer: &Explorer, found: &[Arc<Occurrence>]) -> Vec<ErrorView> {
    let whole = found.iter().filter_map(|one| explorer.errors.error(&one.uuid));
    whole.map(|(occurrence, item)| ErrorView::of(&occurrence, item)).collect()
}

pub(super) fn of_trace(explorer: &Explorer, trace_id: TraceId) -> Vec<ErrorView> {
    let mut found = explorer.errors.errors_of(trace_id);
    found.truncate(OF_TRACE);
    views(explorer, &found)
}

pub(super) async fn errors(explorer: web::Data<Explorer>, parameters: Parameters) -> HttpResponse {
    let query = match parse(pairs(&parameters)) {
        Ok(query) => query,
        Err(message) => return bad_request("bad_parameter", &message),
    };
    let page = explorer.errors.errors(&query);
    let next = page.errors.last().filter(|_| page.more).map(|last| last.uuid.to_string());
    HttpResponse::Ok().json(json!({"errors": views(&explorer, &page.errors), "next": next}))
}

pub(super) async fn error(explorer: web::Data<Explorer>, uuid: web::Path<String>) -> HttpResponse {
    match explorer.errors.error(&uuid) {
        Some((occurrence, item)) => HttpResponse::Ok().json(ErrorView::of(&occurrence, item)),
        None => missing(UNKNOWN_ERROR),
    }
}

pub(super) async fn deploys(explorer: web::Data<Explorer>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"deploys": explorer.errors.deploys(DEPLOYS)}))
}

/// Reads the parameters; the error is a sentence. An empty value is no condition, as forms send it.
pub(crate) fn parse<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Result<ErrorQuery, String> {
    let mut query = ErrorQuery { limit: 50, ..ErrorQuery::default() };
    for (name, value) in parameters.filter(|(_, value)| !value.is_empty()) {
        let refuse = |accepted: &str| format!("`{name}` is `{value}`: it must be {accepted}");
        match name {
            "trace_id" => query.trace_id = Some(value.parse().map_err(|_| refuse("32 hex digits"))?),
            "span_id" => query.span_id = Some(value.parse().map_err(|_| refuse("16 hex digits"))?),
            "service" => query.service = Some(value.to_owned()),
            "environment" => query.environment = Some(value.to_owned()),
            "fingerprint" => query.fingerprint = Some(value.to_owned()),
            "group" => query.group = Some(GroupId::parse(value).ok_or_else(|| refuse("16 hex digits"))?),
            "level" => {
                let level = Level::of(value);
                query.level = Some(level.ok_or_else(|| refuse("critical, error, warning, info or debug"))?);
            }
            "after" => query.after = Some(value.to_owned()),
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                query.limit = limit.ok_or_else(|| refuse("a number from 1 to 200"))?;
            }
            _ => {
                return Err(format!(
                    "there is no parameter `{name}`; there are: trace_id, span_id, service, environment, level, \
                     fingerprint, group, after, limit"
                ));
            }
        }
    }
    Ok(query)
}
