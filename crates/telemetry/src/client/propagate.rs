//! Sends the context of the CLIENT span along, to hosts that may have it.

use std::collections::HashSet;

use http::Extensions;
use opentelemetry::Context;
use opentelemetry_semantic_conventions::attribute;
use reqwest::{Request, Response, Url};
use reqwest_middleware::{Middleware, Next, Result};

use super::UrlTemplate;
use super::spans::error_type;
use crate::metrics::{self, Measure};
use crate::spans::Pending;
use crate::{http_words, propagation};

/// Runs inside of the tracing middleware, so that the current span is the attempt's own.
pub(super) struct Propagate {
    /// Hosts as a URL parser writes them, and the port where one is asked for.
    hosts: HashSet<(String, Option<u16>)>,
}

impl Propagate {
    pub(super) fn to(hosts: &[String]) -> Self {
        let parsed = |entry: &String| {
            let host = parse(entry);
            if host.is_none() {
                tracing::warn!(host = %entry, "Host to send context to ignored: neither a host nor host:port");
            }
            host
        };
        Self { hosts: hosts.iter().filter_map(parsed).collect() }
    }

    /// Whether the parsed host of `url` is listed, with its port or for all ports. Never the text of the URL: any part
    /// of it but the host is the caller's to choose.
    fn allows(&self, url: &Url) -> bool {
        let listed = |host: &str, port| self.hosts.contains(&(host.to_owned(), port));
        let has_port = || url.port_or_known_default();
        url.host_str()
            .is_some_and(|host| listed(host, None) || has_port().is_some_and(|port| listed(host, Some(port))))
    }
}

/// `host`, `host:port`, and IPv6 with or without brackets, in the one form in which a URL has it: lower case, punycode,
/// an address in its shortest form. A dot at the end stays, for it makes another name of it.
fn parse(entry: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match entry.rsplit_once(':') {
        // Two colons outside of brackets: an IPv6 address alone.
        Some((front, _)) if front.contains(':') && !front.ends_with(']') => {
            (format!("[{}]", entry.trim_matches(['[', ']'])), None)
        }
        Some((host, port)) => (host.to_owned(), Some(port.parse().ok()?)),
        None => (entry.to_owned(), None),
    };
    let url = Url::parse(&format!("http://{host}/")).ok()?;
    let host_alone =
        url.username().is_empty() && url.password().is_none() && url.port().is_none() && url.path() == "/";
    let nothing_more = host_alone && url.query().is_none() && url.fragment().is_none();
    nothing_more.then(|| Some((url.host_str()?.to_owned(), port)))?
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
            propagation::strip(request.headers_mut());
        }
        let mut pending = Pending::in_current_span();
        let measure = metrics::client(&request, extensions.get::<UrlTemplate>().map(|template| template.0));
        let outcome = next.run(request, extensions).await;
        pending.done();
        if let Some(measure) = measure {
            end(measure, &outcome);
        }
        outcome
    }
}

fn end(mut measure: Measure, outcome: &Result<Response>) {
    match outcome {
        Ok(response) => {
            let status = response.status();
            if let Some(version) = http_words::client_version(response.version()) {
                measure.add(attribute::NETWORK_PROTOCOL_VERSION, version);
            }
            let failed = status.is_client_error() || status.is_server_error();
            measure.answered(status.as_u16(), failed);
            measure.end();
        }
        Err(error) => measure.fail(error_type(error)),
    }
}

/// The parsed host, in lower case, with its port, also when that is the scheme's default.
pub(super) fn host_and_port(url: &Url) -> Option<String> {
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(hosts: &[&str], url: &str) -> bool {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        Propagate::to(&hosts).allows(&url.parse().unwrap())
    }

    #[test]
    fn a_host_is_compared_as_parsed() {
        let hosts =
            ["Users:80", "10.0.0.7", "[::1]:1", "::2", "2001:DB8:0::1", "b\u{fc}cher.example", "secure:443"];

        for url in [
            "http://users/",
            "http://USERS:80/x",
            "http://user:pass@users/",
            "http:\\\\users\\x",
            "http://%75sers/",
            "http://10.0.0.7:99/",
            "http://0x0a.7/",
            "http://[::1]:1/",
            "http://[0:0::1]:1/",
            "http://[::2]:99/",
            "http://[2001:db8::1]/",
            "http://xn--bcher-kva.example/",
            "http://B\u{dc}CHER.example:8080/",
            "https://secure/",
        ] {
            assert!(allows(&hosts, url), "{url}");
        }
        for url in [
            "http://users:81/",
            "https://users/",
            "http://users@evil/",
            "http://users:80@evil/",
            "http://evil/?x=users:80",
            "http://evil/users:80",
            "http://evil#@users/",
            "http://evil\\\\@users/",
            "http://users.evil/",
            "http://eusers/",
            "http://users./",
            "http://[::1]:2/",
            "http://[::ffff:10.0.0.7]/",
            "http://bucher.example/",
            "http://secure/",
            "file:///users",
        ] {
            assert!(!allows(&hosts, url), "{url}");
        }
    }

    #[test]
    fn what_is_no_host_allows_nothing() {
        for entry in [
            "",
            "http://users",
            "users/x",
            "eve@users",
            "users:",
            "users:x",
            "users:99999",
            "*",
            "users?",
            "u sers",
        ] {
            for url in ["http://users/", "http://eve/", "http://http/", "http://x/"] {
                assert!(!allows(&[entry], url), "{entry} {url}");
            }
        }
    }

    #[test]
    fn a_list_made_of_urls_allows_those_urls() {
        for url in ["http://users:4568/", "http://users/", "https://[::1]/x", "http://B\u{dc}CHER.example/"] {
            let host = host_and_port(&url.parse().unwrap()).unwrap();

            assert!(allows(&[&host], url), "{host}");
        }
    }
}
