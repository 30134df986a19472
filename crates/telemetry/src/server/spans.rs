//! The life of a SERVER span.

use std::time::SystemTime;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use rollbar_rust::Uuid;
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use super::description::{self, Description};
use super::failure::Failure;
use super::respond::Answered;
use super::{Panicked, Policy, middleware};
use crate::context;
use crate::propagation::Received;
use crate::reports::{self, RequestFacts};
use crate::spans::{self, Recording, Start};

/// Makes and ends the span of a request, on behalf of `tracing-actix-web`.
pub struct ServerSpans;

impl RootSpanBuilder for ServerSpans {
    fn on_request_start(request: &ServiceRequest) -> Span {
        middleware::policy()
            .filter(|policy| policy.traces(request))
            .map_or_else(Span::none, |policy| start(request, &policy))
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        if span.is_none() {
            return;
        }
        let (status, failure) = result(outcome);
        spans::update(&span, |span| end(span, status, failure.as_ref()));
    }
}

/// The span of a request, under the caller's context when the policy believes it, linked to it otherwise.
fn start(request: &ServiceRequest, policy: &Policy) -> Span {
    let peer = request.peer_addr().map(|address| address.ip());
    let Received { parent, stranger } =
        policy.trust.receive(context::from_request(request.headers()), peer, &policy.baggage);
    let parent = match reports::current() {
        Some(_) => RequestFacts::new(request, &policy.trust).carry(&parent),
        None => parent,
    };
    let describe = |span: &mut Recording<'_>| {
        description::write(request, span);
        if let Some(stranger) = stranger {
            span.link(stranger, Vec::new());
        }
    };
    spans::begin(
        &parent,
        Start::now("HTTP", SpanKind::Server),
        describe,
        || tracing::info_span!(target: "telemetry::server", "request"),
    )
}

/// The whole span of a request that was not traced and failed, made when that is known. Answers its ids, and the uuid of the
/// report.
pub(super) fn late(
    description: Description,
    started: SystemTime,
    status: StatusCode,
    failure: &Failure,
) -> Option<(SpanContext, Option<Uuid>)> {
    let begun = spans::tracer(|tracer| {
        let start = Start { time: started, ..Start::now("HTTP", SpanKind::Server) };
        tracer.begin(&Context::new(), start, |span| {
            description.write(span);
            end(span, status, Some(failure));
        })
    })?;
    let attached = begun.context.clone().attach();
    let occurrence = failure.report(status.as_u16(), begun.live.as_deref());
    drop(attached);
    if let Some(live) = begun.live {
        live.end(SystemTime::now());
    }
    Some((begun.context.span().span_context().clone(), occurrence))
}

/// The status of an answer.
pub(super) fn status<B>(outcome: &Result<ServiceResponse<B>, Error>) -> StatusCode {
    match outcome {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    }
}

/// The status of an answer and, for a 5xx, why it failed.
pub(super) fn result<B>(outcome: &Result<ServiceResponse<B>, Error>) -> (StatusCode, Option<Failure>) {
    let (status, failure) = match outcome {
        Ok(response) if !response.status().is_server_error() => return (response.status(), None),
        Ok(response) => {
            let told = response.response().extensions().get::<Failure>().cloned();
            (response.status(), told.or_else(|| response.response().error().map(plain_failure)))
        }
        Err(error) => (error.as_response_error().status_code(), Some(plain_failure(error))),
    };
    let failure = status.is_server_error().then(|| failure.unwrap_or_else(Failure::unexplained));
    (status, failure)
}

/// An error that did not say whose it is, is ours.
fn plain_failure(error: &Error) -> Failure {
    let error = error.as_error::<Answered>().map_or(error, |answered| &answered.error);
    error
        .as_error::<Panicked>()
        .map_or_else(|| Failure::unknown("actix_web::Error", error.to_string()), Panicked::failure)
}

/// What a span says of an answer. A 4xx is the caller's mistake and no error of a server.
fn end(span: &mut Recording<'_>, status: StatusCode, failure: Option<&Failure>) {
    span.set(KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16())));
    let Some(failure) = failure else { return };
    span.set(KeyValue::new(attribute::ERROR_TYPE, status.as_str().to_owned()));
    span.status(Status::error(""));
    span.event(
        "exception",
        vec![
            KeyValue::new(attribute::EXCEPTION_TYPE, failure.kind.clone()),
            KeyValue::new(attribute::EXCEPTION_MESSAGE, failure.message.clone()),
        ],
    );
}
