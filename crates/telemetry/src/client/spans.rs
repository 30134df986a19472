//! The CLIENT span of an attempt, by the stable HTTP conventions of OpenTelemetry:
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client>.

use http::Extensions;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_semantic_conventions::attribute;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Result};
use reqwest_tracing::ReqwestOtelSpanBackend;
use tracing::Span;

use super::{Resends, UrlTemplate};
use crate::spans::{self, Recording, Start};
use crate::{http_words, redaction};

/// Makes and ends the span of an attempt, on behalf of `reqwest-tracing`.
pub(super) struct ClientSpans;

impl ReqwestOtelSpanBackend for ClientSpans {
    fn on_request_start(request: &Request, extensions: &mut Extensions) -> Span {
        let earlier = extensions.get::<Resends>().map_or(0, |resends| resends.0);
        extensions.insert(Resends(earlier.saturating_add(1)));
        let template = extensions.get::<UrlTemplate>().map(|template| template.0);
        let start = Start::now("HTTP", SpanKind::Client);
        let describe = |span: &mut Recording<'_>| describe(span, request, template, earlier);
        spans::begin(
            &Context::current(),
            start,
            describe,
            || tracing::info_span!(target: "telemetry::client", "request"),
        )
    }

    fn on_request_end(span: &Span, outcome: &Result<Response>, _: &mut Extensions) {
        spans::update(span, |span| match outcome {
            Ok(response) => answered(span, response),
            Err(error) => failed(span, error_type(error)),
        });
    }
}

/// What is known of an attempt before it is made.
fn describe(span: &mut Recording<'_>, request: &Request, template: Option<&'static str>, earlier: u32) {
    let (method, url) = (request.method().as_str(), request.url());
    let known = http_words::known_method(method);
    let name = known.unwrap_or("HTTP");
    span.name(template.map_or_else(|| name.to_owned(), |template| format!("{name} {template}")));
    span.add(KeyValue::new(attribute::HTTP_REQUEST_METHOD, http_words::method(method)));
    span.add_some(attribute::HTTP_REQUEST_METHOD_ORIGINAL, known.is_none().then(|| method.to_owned()));
    span.add(KeyValue::new(attribute::URL_FULL, redaction::url(url)));
    span.add_some(attribute::URL_TEMPLATE, template);
    span.add_some(attribute::SERVER_ADDRESS, url.host_str().map(|host| http_words::address(host).to_owned()));
    span.add_some(attribute::SERVER_PORT, url.port_or_known_default().map(i64::from));
    span.add_some(attribute::HTTP_REQUEST_RESEND_COUNT, Some(i64::from(earlier)).filter(|count| *count > 0));
}

fn answered(span: &mut Recording<'_>, response: &Response) {
    let status = response.status();
    span.set(KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16())));
    let version = http_words::client_version(response.version());
    span.set_some(attribute::NETWORK_PROTOCOL_VERSION, version);
    if let Some(peer) = response.remote_addr() {
        span.set(KeyValue::new(attribute::NETWORK_PEER_ADDRESS, peer.ip().to_string()));
        span.set(KeyValue::new(attribute::NETWORK_PEER_PORT, i64::from(peer.port())));
    }
    // To a client, a 4xx is an error too: it asked for something that it did not get.
    if status.is_client_error() || status.is_server_error() {
        failed(span, status.as_str().to_owned());
    }
}

fn failed(span: &mut Recording<'_>, error_type: impl Into<Value>) {
    span.set(KeyValue::new(attribute::ERROR_TYPE, error_type));
    span.status(Status::error(""));
}

/// A word of few values for what went wrong on the way; the error's text holds addresses and has no end of values.
pub(super) fn error_type(error: &Error) -> &'static str {
    match error {
        Error::Reqwest(error) if error.is_timeout() => "timeout",
        Error::Reqwest(error) if error.is_connect() => "connect",
        Error::Reqwest(error) if error.is_builder() => "invalid_request",
        Error::Reqwest(error) if error.is_decode() || error.is_body() => "body",
        Error::Reqwest(_) => "connection_lost",
        Error::Middleware(_) => "_OTHER",
    }
}
