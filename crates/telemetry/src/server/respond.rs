//! The inner half of the middleware: everything that needs the request's span to be there already.

use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::Not;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, forward_ready};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpResponse, ResponseError};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use rollbar_rust::Uuid;

use super::access::Access;
use super::body::Watched;
use super::description::Description;
use super::ending::Ending;
use super::{Failure, Panicked, Policy, spans};
use crate::metrics::{self, Measure};
use crate::propagation::{self, traceparent};
use crate::reports::frames;
use crate::spans::{Live, Pending, Tracer};

/// W3C Trace Context, level 2: the context of an answer.
static TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// Answers with `traceresponse`, catches panics, and makes the late span of an untraced request that failed.
pub struct Respond<S> {
    pub(super) service: Rc<S>,
    pub(super) policy: Arc<Policy>,
}

impl<S, B> Service<ServiceRequest> for Respond<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<Watched<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let is_traced = Context::map_current(|context| context.span().span_context().is_valid());
        let untraced = is_traced.not().then(|| Untraced::of(&request));
        let service = Rc::clone(&self.service);
        let has_body = request.method() != Method::HEAD;
        let measure = metrics::server(&request);
        let access = Access::begin(&request, &self.policy);
        Box::pin(async move {
            let mut pending = Pending::in_current_span();
            let mut begun = Begun { measure, access };
            let mut call = pin!(async { service.call(request).await });
            let call = poll_fn(|task| frames::catching(|| call.as_mut().poll(task)));
            let call = AssertUnwindSafe(call).catch_unwind();
            let outcome = call.await.unwrap_or_else(|payload| Err(Panicked::new(payload.as_ref()).into()));
            let pending = pending.carry_on();
            let value = begun.answered(&outcome, untraced, pending.live());
            let ending = begun.ending(pending, spans::status(&outcome).as_u16());
            let outcome = watched(outcome, ending, has_body);
            let Some(value) = value else { return outcome };
            outcome
                .map(|response| with_header(response, &value))
                .map_err(|error| Answered { error, value }.into())
        })
    }
}

/// What is told of a request besides its span, until it is answered.
struct Begun {
    measure: Option<Measure>,
    access: Option<Access>,
}

impl Begun {
    /// Tells of the outcome, in the span of the request. Answers the value of `traceresponse`.
    fn answered<B>(
        &mut self,
        outcome: &Result<ServiceResponse<B>, Error>,
        untraced: Option<Untraced>,
        live: Option<&Live>,
    ) -> Option<[u8; traceparent::LENGTH]> {
        let (status, failure) = spans::result(outcome);
        if let Some(measure) = &mut self.measure {
            measure.answered(status.as_u16(), status.is_server_error());
        }
        let (ids, occurrence) = match (untraced, &failure) {
            (Some(untraced), _) => untraced.end(status, failure.as_ref()),
            (None, Some(failure)) => (None, failure.report(status.as_u16(), live)),
            (None, None) => (None, None),
        };
        let value = match &ids {
            Some(ids) => propagation::traceresponse(&Context::new().with_remote_span_context(ids.clone())),
            None => Context::map_current(propagation::traceresponse),
        };
        if let Some(access) = &mut self.access {
            access.ids = ids.unwrap_or_else(|| access.ids.clone());
            access.answered(status.as_u16(), failure.map(|failure| (failure, occurrence)));
        }
        value
    }

    fn ending(self, pending: Pending, status: u16) -> Ending {
        Ending { pending, measure: self.measure, access: self.access, status }
    }
}

/// The outcome, whose request ends when its body has left.
fn watched<B: MessageBody>(
    outcome: Result<ServiceResponse<B>, Error>,
    mut ending: Ending,
    has_body: bool,
) -> Result<ServiceResponse<Watched<B>>, Error> {
    let error = match outcome {
        Ok(response) => return Ok(response.map_body(|_, body| Watched::new(body, ending, has_body))),
        Err(error) => error,
    };
    // The answer to an error is made outside of the span, and is there at once.
    if has_body && let BodySize::Sized(bytes) = error.as_response_error().error_response().body().size() {
        ending.sent(bytes);
    }
    ending.done();
    Err(error)
}

/// A request that has no span so far, because it is a health check.
struct Untraced {
    started: SystemTime,
    /// Kept ready, because the request is gone when the outcome is known.
    description: Description,
}

impl Untraced {
    fn of(request: &ServiceRequest) -> Self {
        Self { started: SystemTime::now(), description: Description::of(request) }
    }

    /// The ids to answer with, of a late span when the request failed, else of a trace that is not sampled; and the uuid of
    /// the report.
    fn end(self, status: StatusCode, failure: Option<&Failure>) -> (Option<SpanContext>, Option<Uuid>) {
        let late = failure.and_then(|failure| spans::late(self.description, self.started, status, failure));
        // A process that never started telemetry has no ids for a late span either.
        let (ids, occurrence) = late.unwrap_or_else(|| (Tracer::unsampled(), None));
        (Some(ids), occurrence)
    }
}

/// An error on its way to becoming an answer, with the header that the answer must carry.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) error: Error,
    value: [u8; traceparent::LENGTH],
}

impl fmt::Display for Answered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(formatter)
    }
}

impl ResponseError for Answered {
    fn status_code(&self) -> StatusCode {
        self.error.as_response_error().status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.error.error_response();
        insert(response.headers_mut(), &self.value);
        response
    }
}

fn with_header<B>(mut response: ServiceResponse<B>, value: &[u8]) -> ServiceResponse<B> {
    insert(response.headers_mut(), value);
    response
}

fn insert(headers: &mut HeaderMap, value: &[u8]) {
    let value = HeaderValue::from_bytes(value).expect("hexadecimal digits and dashes are a header value");
    headers.insert(TRACERESPONSE.clone(), value);
}
