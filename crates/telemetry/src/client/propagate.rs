//! Sends the context of the CLIENT span along, to hosts that may have it.

use std::collections::HashSet;

use http::Extensions;
use reqwest::{Request, Response, Url};
use reqwest_middleware::{Middleware, Next, Result};

use crate::context;
use crate::propagation::{BAGGAGE, TRACEPARENT, TRACESTATE};

/// Runs inside of the tracing middleware, so that the current span is the attempt's own.
pub(super) struct Propagate {
    hosts: HashSet<String>,
}

impl Propagate {
    pub(super) fn to(hosts: &[String]) -> Self {
        Self { hosts: hosts.iter().map(|host| host.to_ascii_lowercase()).collect() }
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
        if host_and_port(request.url()).is_some_and(|host| self.hosts.contains(&host)) {
            context::into_request(&tracing::Span::current(), request.headers_mut());
        } else {
            // A handler may have copied its own request's headers.
            for name in [TRACEPARENT, TRACESTATE, BAGGAGE] {
                request.headers_mut().remove(name);
            }
        }
        next.run(request, extensions).await
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
        let of = |url: &str| host_and_port(&url.parse().unwrap()).unwrap();

        assert_eq!(of("http://Users/"), "users:80");
        assert_eq!(of("http://user:pass@users:4568/?x=http://other"), "users:4568");
        assert_eq!(of("http://[::1]:1/"), "[::1]:1");
    }
}
