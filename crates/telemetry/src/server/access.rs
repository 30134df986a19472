//! The access line: one log line a request, when its answer has left. It is the ERROR event of a request that failed, too.

use std::time::{Instant, SystemTime};
use std::{mem, sync::Arc};

use actix_web::dev::ServiceRequest;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, KeyValue, StringValue, Value};
use opentelemetry_semantic_conventions::attribute;
use rollbar_rust::Uuid;
use tracing::Level;

use super::{Failure, FailureOrigin, Policy, client, description};
use crate::http_words;
use crate::logs::{self, LogRecord, Logs};
use crate::reports;

/// Where access lines come from: `RUST_LOG=info,access=off` leaves them out.
const LOG_TARGET: &str = "access";

const ANSWERED: &str = "Request answered";
const REFUSED: &str = "Request refused";
const CANCELLED: &str = "Request cancelled";
const BROKEN: &str = "Response broke off";

/// A request whose line is not written yet. Dropped before its [`end`](Self::end) it tells that the caller went away.
pub(super) struct Access {
    logs: Arc<Logs>,
    /// A health check: its line is written only if it failed.
    is_quiet: bool,
    begun: Instant,
    request: Request,
    /// Ids of the span that the line belongs to.
    pub(super) ids: SpanContext,
    answer: Answer,
    /// Bytes of the body that have left.
    pub(super) bytes: u64,
    is_told: bool,
}

/// What is known when a request arrives.
struct Request {
    method: &'static str,
    unknown_method: Option<String>,
    route: Option<String>,
    path: String,
    client: Option<StringValue>,
    agent: Option<StringValue>,
}

/// What is known when its answer begins to leave.
#[derive(Default)]
struct Answer {
    status: Option<u16>,
    failure: Option<Failure>,
    occurrence: Option<Uuid>,
}

impl Access {
    /// A request that has just come in, in its span; `None` when nobody wants such lines.
    pub(super) fn begin(request: &ServiceRequest, policy: &Policy) -> Option<Self> {
        let logs = logs::current().filter(|logs| logs.wants_target(LOG_TARGET, Level::ERROR))?;
        Some(Self {
            logs,
            is_quiet: policy.is_untraced(request.path()),
            begun: Instant::now(),
            request: Request::of(request, policy),
            ids: Context::map_current(|context| context.span().span_context().clone()),
            answer: Answer::default(),
            bytes: 0,
            is_told: false,
        })
    }

    /// An answer is there. One that is a failure comes with it, and with the uuid of the report if there is one.
    pub(super) fn answered(&mut self, status: u16, failure: Option<(Failure, Option<Uuid>)>) {
        let (failure, occurrence) = failure.unzip();
        self.answer = Answer { status: Some(status), failure, occurrence: occurrence.flatten() };
    }

    /// All of the answer has left.
    pub(super) fn end(mut self) {
        let (level, message) = match (&self.answer.failure, self.answer.status) {
            (Some(failure), _) if failure.origin == FailureOrigin::Here => (Level::ERROR, failure.summary()),
            (Some(failure), _) => (Level::WARN, failure.summary()),
            (None, Some(400..)) => (Level::WARN, REFUSED),
            (None, _) => (Level::INFO, ANSWERED),
        };
        self.tell(level, message, None);
    }

    /// The body failed in the middle.
    pub(super) fn broke_off(mut self, failure: Failure, occurrence: Option<Uuid>) {
        self.answer = Answer { failure: Some(failure), occurrence, ..mem::take(&mut self.answer) };
        self.tell(Level::ERROR, BROKEN, None);
    }

    fn tell(&mut self, level: Level, message: &'static str, error_type: Option<&'static str>) {
        self.is_told = true;
        let is_dull = self.is_quiet && level == Level::INFO;
        if is_dull || !self.logs.wants_target(LOG_TARGET, level) {
            return;
        }
        let fields = self.fields(error_type);
        self.logs.record(LogRecord {
            time: SystemTime::now(),
            level,
            target: LOG_TARGET.into(),
            message: message.into(),
            fields,
            dropped_fields: 0,
            span: self.ids.clone(),
        });
    }

    /// In the order in which people read a request.
    fn fields(&mut self, error_type: Option<&'static str>) -> Vec<KeyValue> {
        let mut fields = Vec::with_capacity(12);
        let mut add = |key: &'static str, value: Option<Value>| {
            fields.extend(value.map(|value| KeyValue::new(key, value)));
        };
        let Answer { status, failure, occurrence } = mem::take(&mut self.answer);
        let (kind, text) = failure.map(|failure| (failure.kind, failure.message)).unzip();
        add(attribute::HTTP_REQUEST_METHOD, Some(self.request.method.into()));
        add(attribute::HTTP_REQUEST_METHOD_ORIGINAL, self.request.unknown_method.take().map(Value::from));
        add(attribute::HTTP_ROUTE, self.request.route.take().map(Value::from));
        add(attribute::URL_PATH, Some(mem::take(&mut self.request.path).into()));
        add(attribute::HTTP_RESPONSE_STATUS_CODE, status.map(|status| i64::from(status).into()));
        add("duration_ms", Some(milliseconds(self.begun).into()));
        add(attribute::HTTP_RESPONSE_BODY_SIZE, Some(i64::try_from(self.bytes).unwrap_or(i64::MAX).into()));
        add(attribute::CLIENT_ADDRESS, self.request.client.take().map(Value::from));
        add(attribute::USER_AGENT_ORIGINAL, self.request.agent.take().map(Value::from));
        add(attribute::ERROR_TYPE, error_type.map(Value::from));
        add(attribute::EXCEPTION_TYPE, kind.map(Value::from));
        add(attribute::EXCEPTION_MESSAGE, text.map(Value::from));
        add(reports::OCCURRENCE, occurrence.map(|uuid| uuid.to_string().into()));
        fields
    }
}

/// Since `begun`, to the microsecond.
#[expect(clippy::cast_precision_loss, reason = "a request of centuries may be told less precisely")]
fn milliseconds(begun: Instant) -> f64 {
    begun.elapsed().as_micros() as f64 / 1000.0
}

impl Drop for Access {
    fn drop(&mut self) {
        if !self.is_told {
            self.tell(Level::INFO, CANCELLED, Some("cancelled"));
        }
    }
}

impl Request {
    fn of(request: &ServiceRequest, policy: &Policy) -> Self {
        let method = request.method().as_str();
        let known = http_words::known_method(method);
        Self {
            method: known.unwrap_or("_OTHER"),
            unknown_method: known.is_none().then(|| method.to_owned()),
            route: request.match_pattern(),
            path: request.path().to_owned(),
            client: client::address(request, &policy.trust).map(|ip| description::address(&ip)),
            agent: description::agent(request),
        }
    }
}

#[cfg(test)]
mod tests;
