//! Sends the context of the CLIENT span along, to hosts that may have it.

use std::collections::HashSet;

use http::Extensions;
use opentelemetry::Context;
use reqwest::{Request, Response, Url};
use reqwest_middleware::{Middleware, Next, Result};
use tracing::Span;

use crate::propagation::{self, BAGGAGE, TRACEPARENT, TRACESTATE};
use crate::spans::Pending;

/// Runs inside of the tracing middleware, so that the current span is the attempt's own.
pub(super) struct Propagate {
    /// `host` or `host:port`, in lower case.
    hosts: HashSet<String>,
}

impl Propagate {
    pub(super) fn to(hosts: &[String]) -> Self {
        Self { hosts: hosts.iter().map(|host| host.to_ascii_lowercase()).collect() }
    }

    /// Whether the parsed host of `url` is listed, with its port or for all ports.
    fn allows(&self, url: &Url) -> bool {
        let listed = |host: &str| self.hosts.contains(host);
        url.host_str().is_some_and(listed) || host_and_port(url).is_some_and(|host| listed(&host))
    }
}

#[async_trait::async_trait]
impl Middleware for Propagate {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        if self.allows(request.url()) {
            propagation::inject(&Context::current(), request.headers_mut());
        } else {
            // A handler may have copied its own request's headers.
            for name in [TRACEPARENT, TRACESTATE, BAGGAGE] {
                request.headers_mut().remove(name);
            }
        }
        let mut pending = Pending::new(Span::current());
        let outcome = next.run(request, extensions).await;
        pending.done();
        outcome
    }
}

/// The parsed host, in lower case, with its port, also when that is the scheme's default.
pub(super) fn host_and_port(url: &Url) -> Option<String> {
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_compared_as_parsed() {
        let propagate = Propagate::to(&["Users:80".to_owned(), "10.0.0.7".to_owned(), "[::1]:1".to_owned()]);
        let allows = |url: &str| propagate.allows(&url.parse().unwrap());

        for url in [
            "http://users/",
            "http://USERS:80/x",
            "http://user:pass@users/",
            "http://10.0.0.7:99/",
            "http://[::1]:1/",
        ] {
            assert!(allows(url), "{url}");
        }
        for url in [
            "http://users:81/",
            "https://users/",
            "http://evil/?x=users:80",
            "http://users.evil/",
            "http://[::1]:2/",
        ] {
            assert!(!allows(url), "{url}");
        }
    }
}
