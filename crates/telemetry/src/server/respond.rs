//! The inner half of the middleware: everything that needs the request's span to be there already.

use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::Not;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::rc::Rc;
use std::time::SystemTime;

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, forward_ready};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpResponse, ResponseError};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::body::Watched;
use super::description::Description;
use super::{Panicked, spans};
use crate::metrics;
use crate::propagation::{self, traceparent};
use crate::reports::frames;
use crate::spans::{Pending, Tracer};

/// W3C Trace Context, level 2: the context of an answer.
static TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// Answers with `traceresponse`, catches panics, and makes the late span of an untraced request that failed.
pub struct Respond<S> {
    pub(super) service: Rc<S>,
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
        let mut measure = metrics::server(&request);
        Box::pin(async move {
            let mut pending = Pending::in_current_span();
            let mut call = pin!(async { service.call(request).await });
            let call = poll_fn(|task| frames::catching(|| call.as_mut().poll(task)));
            let call = AssertUnwindSafe(call).catch_unwind();
            let outcome = call.await.unwrap_or_else(|payload| Err(Panicked::new(payload.as_ref()).into()));
            let mut pending = pending.carry_on();
            if let Some(measure) = &mut measure {
                let status = spans::status(&outcome);
                measure.answered(status.as_u16(), status.is_server_error());
            }
            let outcome = match outcome {
                Ok(response) => {
                    Ok(response.map_body(|_, body| Watched::new(body, pending, measure, has_body)))
                }
                Err(error) => {
                    // The answer to an error is made outside of the span, and is there at once.
                    pending.done();
                    if let Some(measure) = measure {
                        measure.end();
                    }
                    Err(error)
                }
            };
            let value = match untraced {
                Some(untraced) => {
                    let late = Context::new().with_remote_span_context(untraced.end(&outcome));
                    propagation::traceresponse(&late)
                }
                None => Context::map_current(propagation::traceresponse),
            };
            let Some(value) = value else { return outcome };
            outcome
                .map(|response| with_header(response, &value))
                .map_err(|error| Answered { error, value }.into())
        })
    }
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

    /// The context to answer with: of a late span when the request failed, else ids of a trace that is not sampled.
    fn end<B>(self, outcome: &Result<ServiceResponse<B>, Error>) -> SpanContext {
        let (status, failure) = spans::result(outcome);
        let late = failure.and_then(|failure| spans::late(self.description, self.started, status, &failure));
        // A process that never started telemetry has no ids for a late span either.
        late.unwrap_or_else(Tracer::unsampled)
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
