//! The actix-web side: one SERVER span a request, `traceresponse` on every answer, one event for a failed request, and
//! a panic that becomes a 500 instead of a closed connection.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use telemetry::propagation::TrustPolicy;
//! use telemetry::server::Tracing;
//!
//! # async fn start() -> std::io::Result<()> {
//! let tracing = Tracing::new(TrustPolicy::Public).untraced(["/health/live"]);
//! HttpServer::new(move || {
//!     App::new().wrap(tracing.clone()).route("/hello", web::get().to(async || "Hello"))
//! })
//! .bind(("127.0.0.1", 8080))?
//! .run()
//! .await
//! # }
//! ```

mod access;
mod body;
pub(crate) mod client;
mod description;
mod ending;
mod failure;
mod last;
mod middleware;
mod panics;
mod respond;
mod spans;

use std::sync::Arc;

use actix_web::dev::ServiceRequest;

use crate::context;
use crate::propagation::{BaggageRules, TrustPolicy};

pub use body::Watched;
pub use failure::{Failure, FailureOrigin};
pub use middleware::TracingMiddleware;
pub use panics::Panicked;

/// The middleware of a traced server. Wrap the `App` in it last, so that it is the outermost.
#[derive(Debug, Clone)]
pub struct Tracing {
    policy: Arc<Policy>,
}

/// What the middleware must know about a request before it makes a span.
#[derive(Debug, Clone)]
struct Policy {
    trust: TrustPolicy,
    baggage: BaggageRules,
    untraced: Vec<String>,
}

impl Tracing {
    /// A middleware that believes callers as `trust` says.
    #[must_use]
    pub fn new(trust: TrustPolicy) -> Self {
        Self { policy: Arc::new(Policy { trust, baggage: BaggageRules::installed(), untraced: Vec::new() }) }
    }

    /// Paths without a span of their own, for health checks: `paths` are compared whole. Such a request is traced all
    /// the same when it carries a `traceparent` (somebody is looking) or fails.
    #[must_use]
    pub fn untraced<P: Into<String>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        let untraced = paths.into_iter().map(Into::into).collect();
        Self { policy: Arc::new(Policy { untraced, ..Arc::unwrap_or_clone(self.policy) }) }
    }

    /// Which baggage is kept of callers that are not believed, instead of what `TELEMETRY_BAGGAGE` lists.
    #[must_use]
    pub fn baggage(self, rules: BaggageRules) -> Self {
        Self { policy: Arc::new(Policy { baggage: rules, ..Arc::unwrap_or_clone(self.policy) }) }
    }
}

impl Policy {
    fn traces(&self, request: &ServiceRequest) -> bool {
        context::has_traceparent(request.headers()) || !self.is_untraced(request.path())
    }

    fn is_untraced(&self, path: &str) -> bool {
        self.untraced.iter().any(|untraced| untraced == path)
    }
}
