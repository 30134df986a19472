//! The life of a SERVER span.

use std::sync::Arc;
use std::time::SystemTime;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::{Error, HttpMessage};
use opentelemetry::trace::{
    Span as _, SpanContext, SpanKind, Status, TraceContextExt, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_semantic_conventions::attribute;
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::description::Description;
use super::failure::Failure;
use super::{Panicked, Policy};
use crate::context;
use crate::propagation::Received;

/// Makes and ends the span of a request, on behalf of `tracing-actix-web`.
pub struct ServerSpans;

impl RootSpanBuilder for ServerSpans {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let policy = request.extensions().get::<Arc<Policy>>().cloned();
        policy
            .filter(|policy| policy.traces(request))
            .map_or_else(Span::none, |policy| start(request, &policy))
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        if span.is_none() {
            return;
        }
        let (status, failure) = result(outcome);
        let Ending { attributes, failed } = Ending::of(status, failure.as_ref());
        for attribute in attributes {
            span.set_attribute(attribute.key, attribute.value);
        }
        if let Some(exception) = failed {
            span.set_status(Status::error(""));
            span.add_event("exception", exception);
        }
        if let Some(failure) = failure {
            failure.log(status.as_u16());
        }
    }
}

/// The span of a request, under the caller's context when the policy believes it, linked to it otherwise.
fn start(request: &ServiceRequest, policy: &Policy) -> Span {
    let Description { name, attributes } = Description::of(request);
    let span =
        tracing::info_span!(target: "telemetry::server", "request", otel.name = %name, otel.kind = "server");
    let peer = request.peer_addr().map(|address| address.ip());
    let Received { parent, stranger } =
        policy.trust.receive(context::from_request(request.headers()), peer, &policy.baggage);
    context::set_parent(&span, parent);
    if let Some(stranger) = stranger {
        span.add_link(stranger);
    }
    for attribute in attributes {
        span.set_attribute(attribute.key, attribute.value);
    }
    span
}

/// The whole span of a request that was not traced and failed, made when that is known. Answers its context.
pub(super) fn late(
    description: Description,
    started: SystemTime,
    status: StatusCode,
    failure: &Failure,
) -> SpanContext {
    let Ending { attributes, failed } = Ending::of(status, Some(failure));
    let tracer = opentelemetry::global::tracer_provider().tracer(crate::traces::SCOPE);
    let builder = tracer
        .span_builder(description.name)
        .with_kind(SpanKind::Server)
        .with_start_time(started)
        .with_attributes(description.attributes.into_iter().chain(attributes));
    let mut span = builder.start_with_context(&tracer, &Context::new());
    if let Some(exception) = failed {
        span.set_status(Status::error(""));
        span.add_event("exception", exception);
    }
    let context = Context::new().with_span(span);
    let ids = context.span().span_context().clone();
    let entered = context.clone().attach();
    failure.log(status.as_u16());
    drop(entered);
    context.span().end();
    ids
}

/// The status of an answer and, for a 5xx, why it failed.
pub(super) fn result<B>(outcome: &Result<ServiceResponse<B>, Error>) -> (StatusCode, Option<Failure>) {
    let (status, failure) = match outcome {
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
    error
        .as_error::<Panicked>()
        .map_or_else(|| Failure::unknown("actix_web::Error", error.to_string()), Panicked::failure)
}

/// What a span says of an answer. A 4xx is the caller's mistake and no error of a server.
struct Ending {
    attributes: Vec<KeyValue>,
    /// Attributes of the `exception` event of a failed request.
    failed: Option<Vec<KeyValue>>,
}

impl Ending {
    fn of(status: StatusCode, failure: Option<&Failure>) -> Self {
        let code = Value::from(i64::from(status.as_u16()));
        let mut attributes = vec![KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, code)];
        let failed = failure.map(|failure| {
            attributes.push(KeyValue::new(attribute::ERROR_TYPE, status.as_str().to_owned()));
            vec![
                KeyValue::new(attribute::EXCEPTION_TYPE, failure.kind.clone()),
                KeyValue::new(attribute::EXCEPTION_MESSAGE, failure.message.clone()),
            ]
        });
        Self { attributes, failed }
    }
}
