//! What the SERVER span says of a request, by the stable HTTP conventions of OpenTelemetry:
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server>.

use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::http::header;
use opentelemetry::{KeyValue, StringValue, Value};
use opentelemetry_semantic_conventions::attribute;

use crate::spans::Recording;
use crate::{http_words, redaction};

/// The name and the attributes that are known when a request arrives.
pub(super) struct Description {
    pub(super) name: String,
    pub(super) attributes: Vec<KeyValue>,
}

impl Description {
    pub(super) fn of(request: &ServiceRequest) -> Self {
        let route = request.match_pattern();
        let method = request.method().as_str();
        let known = http_words::known_method(method);
        let scheme = if request.app_config().secure() { "https" } else { "http" };
        let (host, port) = host(request, scheme).unzip();
        let peer = request.peer_addr();
        let address = peer.map(|peer| StringValue::from(Arc::<str>::from(peer.ip().to_string())));
        let query = Some(request.query_string()).filter(|query| !query.is_empty());
        let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());

        let version = http_words::server_version(request.version());
        let name = name(known, route.as_deref());
        let mut attributes = Vec::with_capacity(16);
        let mut add = |key: &'static str, value: Option<Value>| {
            attributes.extend(value.map(|value| KeyValue::new(key, value)));
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
        add(attribute::USER_AGENT_ORIGINAL, agent.map(|agent| agent.to_owned().into()));
        Self { name, attributes }
    }
}

impl Description {
    /// Writes it into a span that has no attributes so far.
    pub(super) fn write(self, span: &mut Recording<'_>) {
        span.name(self.name);
        self.attributes.into_iter().for_each(|attribute| span.add(attribute));
    }
}

/// `{method} {route}`; never the path, which has no end of values.
fn name(method: Option<&str>, route: Option<&str>) -> String {
    let method = method.unwrap_or("HTTP");
    route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"))
}

/// The host and port that the caller asked for, from the URL or `Host`; forwarding headers are not believed. A caller that
/// names no port means the scheme's. One that names no host (HTTP/1.0), or something that is none, got the socket that
/// the server listens on.
fn host(request: &ServiceRequest, scheme: &str) -> Option<(String, u16)> {
    let authority = request
        .uri()
        .authority()
        .map(ToString::to_string)
        .or_else(|| request.headers().get(header::HOST)?.to_str().ok().map(str::to_owned));
    let parsed = authority.and_then(|text| text.parse::<http::uri::Authority>().ok());
    let parsed = parsed.filter(|authority| !authority.host().is_empty());
    parsed.map_or_else(
        || http_words::listener(request.app_config().local_addr()),
        |authority| {
            let port = authority.port_u16().unwrap_or_else(|| http_words::default_port(scheme));
            Some((http_words::address(authority.host()).to_owned(), port))
        },
    )
}
