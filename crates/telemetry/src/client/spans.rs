//! The CLIENT span of an attempt, by the stable HTTP conventions of OpenTelemetry:
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client>.

use http::{Extensions, Version};
use opentelemetry_semantic_conventions::attribute;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Result};
use reqwest_tracing::ReqwestOtelSpanBackend;
use tracing::Span;
use tracing::field::Empty;

use super::UrlTemplate;
use crate::redaction;

/// Attempts at one request so far. The extensions of a request are shared by its attempts.
#[derive(Clone, Copy)]
struct Attempts(i64);

/// Makes and ends the span of an attempt, on behalf of `reqwest-tracing`.
pub(super) struct ClientSpans;

impl ReqwestOtelSpanBackend for ClientSpans {
    fn on_request_start(request: &Request, extensions: &mut Extensions) -> Span {
        let earlier = extensions.get::<Attempts>().map_or(0, |attempts| attempts.0);
        extensions.insert(Attempts(earlier + 1));
        let template = extensions.get::<UrlTemplate>().map(|template| template.0);
        let url = request.url();
        let method = request.method().as_str();
        let name = template.map_or_else(|| method.to_owned(), |template| format!("{method} {template}"));
        tracing::info_span!(
            target: "telemetry::client",
            "request",
            otel.name = %name,
            otel.kind = "client",
            otel.status_code = Empty,
            { attribute::HTTP_REQUEST_METHOD } = method,
            { attribute::URL_FULL } = redaction::url(url),
            { attribute::URL_TEMPLATE } = template,
            { attribute::SERVER_ADDRESS } = url.host_str(),
            { attribute::SERVER_PORT } = url.port_or_known_default().map(i64::from),
            { attribute::HTTP_REQUEST_RESEND_COUNT } = Some(earlier).filter(|count| *count > 0),
            { attribute::HTTP_RESPONSE_STATUS_CODE } = Empty,
            { attribute::NETWORK_PROTOCOL_VERSION } = Empty,
            { attribute::NETWORK_PEER_ADDRESS } = Empty,
            { attribute::NETWORK_PEER_PORT } = Empty,
            { attribute::ERROR_TYPE } = Empty,
        )
    }

    fn on_request_end(span: &Span, outcome: &Result<Response>, _: &mut Extensions) {
        match outcome {
            Ok(response) => answered(span, response),
            Err(error) => failed(span, error_type(error)),
        }
    }
}

fn answered(span: &Span, response: &Response) {
    let status = response.status();
    span.record(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()));
    match response.version() {
        Version::HTTP_10 => span.record(attribute::NETWORK_PROTOCOL_VERSION, "1.0"),
        Version::HTTP_11 => span.record(attribute::NETWORK_PROTOCOL_VERSION, "1.1"),
        Version::HTTP_2 => span.record(attribute::NETWORK_PROTOCOL_VERSION, "2"),
        _ => span,
    };
    if let Some(peer) = response.remote_addr() {
        span.record(attribute::NETWORK_PEER_ADDRESS, peer.ip().to_string());
        span.record(attribute::NETWORK_PEER_PORT, i64::from(peer.port()));
    }
    // To a client, a 4xx is an error too: it asked for something that it did not get.
    if status.is_client_error() || status.is_server_error() {
        failed(span, status.as_str());
    }
}

fn failed(span: &Span, error_type: &str) {
    span.record(attribute::ERROR_TYPE, error_type);
    span.record("otel.status_code", "ERROR");
}

/// A word of few values for what went wrong on the way; the error's text holds addresses and has no end of values.
fn error_type(error: &Error) -> &'static str {
    match error {
        Error::Reqwest(error) if error.is_timeout() => "timeout",
        Error::Reqwest(error) if error.is_connect() => "connect",
        Error::Reqwest(error) if error.is_builder() => "invalid_request",
        Error::Reqwest(error) if error.is_decode() || error.is_body() => "body",
        Error::Reqwest(_) => "connection_lost",
        Error::Middleware(_) => "_OTHER",
    }
}
