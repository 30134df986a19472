//! The middleware as one piece: the policy goes into the request, `tracing-actix-web` makes the span by it, and
//! [`Respond`] works inside of that span.

use std::cell::Cell;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use futures_util::FutureExt;

use tracing_actix_web::{StreamSpan, TracingLogger};

use super::body::Watched;
use super::respond::Respond;
use super::spans::ServerSpans;
use super::{Policy, Tracing};

type Inner<S> = <TracingLogger<ServerSpans> as Transform<Respond<S>, ServiceRequest>>::Transform;

impl<S, B> Transform<S, ServiceRequest> for Tracing
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<StreamSpan<Watched<B>>>;
    type Error = Error;
    type Transform = TracingMiddleware<Inner<S>>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let policy = Arc::clone(&self.policy);
        let respond = Respond { service: Rc::new(service), policy: Arc::clone(&policy) };
        let inner = TracingLogger::<ServerSpans>::new().new_transform(respond);
        // `TracingLogger` is ready at once; its future is `std::future::Ready`.
        ready(inner.now_or_never().unwrap_or(Err(())).map(|service| TracingMiddleware { service, policy }))
    }
}

thread_local! {
    /// The policy of the request whose span is about to begin: `tracing-actix-web` gives its span builder no place for one.
    static POLICY: Cell<Option<Arc<Policy>>> = const { Cell::new(None) };
}

/// The policy of the request whose span is about to begin on this thread.
pub(super) fn policy() -> Option<Arc<Policy>> {
    POLICY.take()
}

/// A service inside of [`Tracing`].
pub struct TracingMiddleware<S> {
    service: S,
    policy: Arc<Policy>,
}

impl<S, B> Service<ServiceRequest> for TracingMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = S::Future;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        // The span begins in there, before the call returns.
        POLICY.set(Some(Arc::clone(&self.policy)));
        let answering = self.service.call(request);
        POLICY.take();
        answering
    }
}
