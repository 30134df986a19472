//! What stands before every handler: whom this explorer answers to, and what a browser may do with the answers.
//!
//! A page of some other site must not read local telemetry. It cannot ask for it under its own name (no CORS), and
//! not under a name of its own that it points at 127.0.0.1 either (the `Host` check).

use std::net::IpAddr;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use serde_json::json;

use crate::settings::Settings;

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// The names by which the explorer may be called.
#[derive(Debug)]
pub(crate) struct AllowedHosts {
    names: Vec<String>,
    address: IpAddr,
}

impl AllowedHosts {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { names: settings.allowed_hosts.clone(), address: settings.host }
    }

    /// The port does not matter: containers and tunnels change it.
    fn allows(&self, host: &str) -> bool {
        let name = without_port(host).to_ascii_lowercase();
        if let Ok(address) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
            return address.is_loopback() || (address == self.address && !address.is_unspecified());
        }
        name == "localhost" || self.names.contains(&name)
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

/// Refuses strange hosts; adds the headers that every answer has.
pub(crate) async fn check<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let allowed = request.app_data::<web::Data<AllowedHosts>>().is_some_and(|hosts| hosts.allows(host));
    let mut response = if allowed {
        next.call(request).await?.map_into_boxed_body()
    } else {
        request.into_response(forbidden())
    };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(REFERRER_POLICY, "no-referrer");
    Ok(response)
}

fn forbidden() -> HttpResponse {
    let message =
        "the explorer does not answer to this Host; EXPLORER_ALLOWED_HOSTS lists the names besides localhost";
    HttpResponse::Forbidden().json(json!({"error": "host_not_allowed", "message": message}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_configured_names_are_allowed() {
        let hosts = AllowedHosts { names: vec!["explorer".into()], address: IpAddr::from([0, 0, 0, 0]) };
        let allowed = |host| hosts.allows(host);

        for host in ["localhost", "LOCALHOST:4318", "127.0.0.1:1", "[::1]:4318", "[::1]", "explorer:4318"] {
            assert!(allowed(host), "{host}");
        }
        for host in
            ["", "evil.test", "localhost.evil.test", "0.0.0.0:4318", "127.0.0.1.evil.test", "10.0.0.1", "::"]
        {
            assert!(!allowed(host), "{host}");
        }
    }

    #[test]
    fn the_address_that_was_chosen_to_listen_on_is_allowed() {
        let hosts = AllowedHosts { names: vec![], address: IpAddr::from([192, 168, 1, 5]) };

        assert!(hosts.allows("192.168.1.5:4318"));
    }
}
