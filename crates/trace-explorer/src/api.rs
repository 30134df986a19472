//! The query API: JSON over what the store holds.

pub(crate) mod errors;
pub(crate) mod logs;
mod view;

use std::sync::Arc;
use std::time::Instant;

use actix_web::http::header::{ACCEPT, ALLOW};
use actix_web::{HttpRequest, HttpResponse, Route, guard, web};
use serde_json::json;

use crate::ids::{IdError, TraceId};
use crate::links::Links;
use crate::model::Trace;
use crate::otlp;
use crate::query;
use crate::receiver::Receiver;
use crate::store::log_events::LogEvents;
use crate::store::{LogStore, Store};
use view::TraceView;

/// What API and pages read from.
#[derive(Clone)]
pub(crate) struct Explorer {
    pub(crate) store: Arc<dyn Store>,
    /// The same store: error reports and deploys.
    pub(crate) errors: Arc<LogStore>,
    pub(crate) logs: Arc<LogEvents>,
    /// Pages elsewhere.
    pub(crate) links: Arc<Links>,
    pub(crate) started: Instant,
}

/// The parameters of a request, in their order, repeated ones included.
pub(crate) type Parameters = web::Query<Vec<(String, String)>>;

pub(crate) fn pairs(parameters: &Parameters) -> impl Iterator<Item = (&str, &str)> {
    parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

/// Registers `/api/…` and `/health/…`.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    for (path, handler) in [
        ("/api/traces", get().to(traces)),
        ("/api/traces/{trace_id}", get().to(trace)),
        ("/api/services", get().to(services)),
        ("/api/logs", get().to(logs::logs)),
        ("/api/errors", get().to(errors::errors)),
        ("/api/errors/{uuid}", get().to(errors::error)),
        ("/api/deploys", get().to(errors::deploys)),
        ("/api/stats", get().to(stats)),
        ("/health/live", get().to(healthy)),
        ("/health/ready", get().to(ready)),
    ] {
        let only_get = web::to(|| async { method_not_allowed() });
        config.service(web::resource(path).route(handler).default_service(only_get));
    }
}

/// GET, and HEAD, which is GET without the body.
pub(crate) fn get() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn traces(explorer: web::Data<Explorer>, parameters: Parameters) -> HttpResponse {
    let query = match query::parse(pairs(&parameters)) {
        Ok(query) => query,
        Err(error) => return bad_request("bad_parameter", &error.to_string()),
    };
    let page = explorer.store.traces(&query);
    let next = page.traces.last().filter(|_| page.more).map(query::cursor_after);
    HttpResponse::Ok().json(view::TraceList { traces: page.traces, next })
}

async fn trace(explorer: web::Data<Explorer>, id: web::Path<String>, parameters: Parameters) -> HttpResponse {
    let trace_id = match parse_trace_id(&id) {
        Ok(trace_id) => trace_id,
        Err(message) => return bad_request("bad_trace_id", &message),
    };
    let mut otlp = false;
    for (name, value) in pairs(&parameters) {
        match (name, value) {
            ("format", "otlp") => otlp = true,
            ("format", "" | "json") => otlp = false,
            _ => return bad_request("bad_parameter", "the only parameter is `format`: `json` or `otlp`"),
        }
    }
    if otlp {
        return match explorer.store.export(trace_id).map(|request| otlp::encode_json(&request)) {
            Some(Ok(json)) => HttpResponse::Ok().content_type("application/json").body(json),
            Some(Err(error)) => internal(&error.to_string()),
            None => unknown_trace(),
        };
    }
    let errors = errors::of_trace(&explorer, trace_id);
    let logs = logs::of_trace(&explorer, trace_id);
    match explorer.store.trace(trace_id) {
        Some(trace) => HttpResponse::Ok().json(TraceView::of(&trace, logs, errors)),
        // A report or a log line may come before the first span, or without any.
        None if !errors.is_empty() || !logs.is_empty() => {
            HttpResponse::Ok().json(TraceView::of(&Trace { trace_id, spans: Vec::new() }, logs, errors))
        }
        None => unknown_trace(),
    }
}

async fn services(explorer: web::Data<Explorer>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"services": explorer.store.services()}))
}

async fn stats(explorer: web::Data<Explorer>, receiver: web::Data<Receiver>) -> HttpResponse {
    HttpResponse::Ok().json(view::StatsView {
        stats: explorer.store.stats(),
        errors: explorer.errors.error_stats(),
        logs: explorer.logs.stats(),
        received: receiver.counters.snapshot(),
        uptime_seconds: explorer.started.elapsed().as_secs(),
    })
}

async fn healthy() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// An explorer that can still show, but not take, is not ready.
async fn ready(receiver: web::Data<Receiver>) -> HttpResponse {
    if receiver.is_alive() {
        return healthy().await;
    }
    let message = "the ingest thread has ended, so nothing can be taken: restart the explorer";
    HttpResponse::ServiceUnavailable().json(json!({"error": "unavailable", "message": message}))
}

/// The id in a path; the error is a sentence.
pub(crate) fn parse_trace_id(text: &str) -> Result<TraceId, String> {
    text.parse().map_err(|error: IdError| {
        format!("a trace id is 32 hex digits and not all zero; this one is {error}")
    })
}

pub(crate) const UNKNOWN_TRACE: &str =
    "there is no such trace: none of its spans has arrived, or it was dropped to make room";

/// True if the client would rather have text than a page: `curl -H 'Accept: text/plain'`, or `?format=text`.
pub(crate) fn wants_text(request: &HttpRequest, format: Option<&str>) -> bool {
    if let Some(format) = format {
        return format == "text";
    }
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept.split(',').next().is_some_and(|first| first.trim().starts_with("text/plain"))
}

pub(crate) fn bad_request(error: &str, message: &str) -> HttpResponse {
    HttpResponse::BadRequest().json(json!({"error": error, "message": message}))
}

fn missing(message: &str) -> HttpResponse {
    HttpResponse::NotFound().json(json!({"error": "not_found", "message": message}))
}

fn unknown_trace() -> HttpResponse {
    missing(UNKNOWN_TRACE)
}

pub(crate) fn not_found() -> HttpResponse {
    HttpResponse::NotFound()
        .json(json!({"error": "not_found", "message": "there is nothing at this address"}))
}

pub(crate) fn method_not_allowed() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "GET, HEAD"))
        .json(json!({"error": "method_not_allowed", "message": "this address answers GET only"}))
}

fn internal(message: &str) -> HttpResponse {
    HttpResponse::InternalServerError().json(json!({"error": "internal", "message": message}))
}

#[cfg(test)]
mod tests;
