//! What the SERVER span says of a request, by the stable HTTP conventions of OpenTelemetry:
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server>.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::http::header;
use opentelemetry::{KeyValue, StringValue, Value};
use opentelemetry_semantic_conventions::attribute;

use super::last::Last;
use crate::spans::Recording;
use crate::{http_words, redaction};

thread_local! {
    static HOST: Last<str, Option<(StringValue, Option<u16>)>> = const { Last::new() };
    static PEER: Last<IpAddr, StringValue> = const { Last::new() };
    static AGENT: Last<str, StringValue> = const { Last::new() };
}

/// The name and the attributes that are known when a request arrives, kept for later.
pub(super) struct Description {
    pub(super) name: String,
    pub(super) attributes: Vec<KeyValue>,
}

impl Description {
    pub(super) fn of(request: &ServiceRequest) -> Self {
        let mut attributes = Vec::with_capacity(16);
        let name = describe(request, |attribute| attributes.push(attribute));
        Self { name, attributes }
    }

    /// Writes it into a span that has no attributes so far.
    pub(super) fn write(self, span: &mut Recording<'_>) {
        span.name(self.name);
        self.attributes.into_iter().for_each(|attribute| span.add(attribute));
    }
}

/// Writes what is known of `request` into a span that has no attributes so far.
pub(super) fn write(request: &ServiceRequest, span: &mut Recording<'_>) {
    let name = describe(request, |attribute| span.add(attribute));
    span.name(name);
}

/// Hands out the attributes of `request`, each once. Answers the span's name.
fn describe(request: &ServiceRequest, mut add: impl FnMut(KeyValue)) -> String {
    let route = request.match_pattern();
    let method = request.method().as_str();
    let known = http_words::known_method(method);
    let scheme = if request.app_config().secure() { "https" } else { "http" };
    let (host, port) = host(request, scheme).unzip();
    let peer = request.peer_addr();
    let address = peer.map(|peer| address(&peer.ip()));
    let query = Some(request.query_string()).filter(|query| !query.is_empty());
    let version = http_words::server_version(request.version());
    let name = name(known, route.as_deref());
    let mut add = |key: &'static str, value: Option<Value>| {
        if let Some(value) = value {
            add(KeyValue::new(key, value));
        }
    };
    add(attribute::HTTP_REQUEST_METHOD, Some(known.unwrap_or("_OTHER").into()));
    add(attribute::HTTP_REQUEST_METHOD_ORIGINAL, known.is_none().then(|| method.to_owned().into()));
    add(attribute::HTTP_ROUTE, route.map(Value::from));
    add(attribute::URL_PATH, Some(request.path().to_owned().into()));
    add(attribute::URL_QUERY, query.map(|query| redaction::query(query).into_owned().into()));
    add(attribute::URL_SCHEME, Some(scheme.into()));
    add(attribute::SERVER_ADDRESS, host.map(Value::from));
    add(attribute::SERVER_PORT, port.map(|port| i64::from(port).into()));
    add(attribute::CLIENT_ADDRESS, address.clone().map(Value::from));
    add(attribute::NETWORK_PEER_ADDRESS, address.map(Value::from));
    add(attribute::NETWORK_PEER_PORT, peer.map(|peer| i64::from(peer.port()).into()));
    add(attribute::NETWORK_PROTOCOL_VERSION, version.map(Value::from));
    add(attribute::USER_AGENT_ORIGINAL, agent(request).map(Value::from));
    name
}

/// An address as text.
pub(super) fn address(address: &IpAddr) -> StringValue {
    PEER.with(|last| last.of(address, |ip| shared(&ip.to_string())))
}

/// What the caller says that it is.
pub(super) fn agent(request: &ServiceRequest) -> Option<StringValue> {
    let agent = request.headers().get(header::USER_AGENT)?.to_str().ok()?;
    Some(AGENT.with(|last| last.of(agent, shared)))
}

/// `{method} {route}`; never the path, which has no end of values.
fn name(method: Option<&str>, route: Option<&str>) -> String {
    let method = method.unwrap_or("HTTP");
    route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"))
}

/// The host and port that the caller asked for, from the URL or `Host`; forwarding headers are not believed. A caller that
/// names no port means the scheme's. One that names no host (HTTP/1.0), or something that is none, got the socket that
/// the server listens on.
fn host(request: &ServiceRequest, scheme: &str) -> Option<(StringValue, u16)> {
    let authority = request.uri().authority().map(actix_web::http::uri::Authority::as_str);
    let authority = authority.or_else(|| request.headers().get(header::HOST)?.to_str().ok());
    let asked_for = authority.and_then(|authority| HOST.with(|last| last.of(authority, parse)));
    match asked_for {
        Some((host, port)) => Some((host, port.unwrap_or_else(|| http_words::default_port(scheme)))),
        None => http_words::listener(request.app_config().local_addr())
            .map(|(address, port)| (address.into(), port)),
    }
}

/// Host and port of an authority, if it is one.
fn parse(authority: &str) -> Option<(StringValue, Option<u16>)> {
    let authority: http::uri::Authority = authority.parse().ok()?;
    let host = http_words::address(authority.host());
    (!host.is_empty()).then(|| (shared(host), authority.port_u16()))
}

/// A text that is copied without copying its bytes.
fn shared(text: &str) -> StringValue {
    Arc::<str>::from(text).into()
}
