//! Made-up telemetry: traces of 100 spans over three services, about ten attributes each.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

/// Spans of one request: what SDKs send by default.
pub(crate) const BATCH: usize = 512;

const TRACE: usize = 100;
const SERVICES: [&str; 3] = ["storefront", "inventory", "payments"];

/// One request of one service.
pub(crate) struct Batch(ExportTraceServiceRequest);

impl Batch {
    pub(crate) fn protobuf(&self) -> Vec<u8> {
        request("application/x-protobuf", "identity", &self.0.encode_to_vec())
    }

    pub(crate) fn gzip(&self) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&self.0.encode_to_vec()).expect("memory takes all");
        request("application/x-protobuf", "gzip", &encoder.finish().expect("memory takes all"))
    }

    pub(crate) fn json(&self) -> Vec<u8> {
        let json = trace_explorer::otlp::encode_json(&self.0.encode_to_vec()).expect("it was just encoded");
        request("application/json", "identity", &json)
    }
}

fn request(content_type: &str, encoding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n\
         Content-Encoding: {encoding}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// `count` requests, service by turns, each service's spans in the order in which they would end.
pub(crate) fn batches(count: usize) -> Vec<Batch> {
    let mut pending: [Vec<Span>; 3] = Default::default();
    let mut batches = Vec::with_capacity(count);
    for number in 0.. {
        let service = number % SERVICES.len();
        pending[service].push(span(number / TRACE, number % TRACE));
        if pending[service].len() == BATCH {
            batches.push(batch(service, std::mem::take(&mut pending[service])));
            if batches.len() == count {
                break;
            }
        }
    }
    batches
}

/// The id of one trace of so many spans, and the requests that bring it.
pub(crate) fn one_trace(spans: usize) -> (String, Vec<Vec<u8>>) {
    let all: Vec<Span> = (0..spans)
        .map(|index| Span {
            span_id: id(index),
            // A tree of three children each.
            parent_span_id: if index == 0 { Vec::new() } else { id((index - 1) / 3) },
            trace_id: vec![0xab; 16],
            ..span(0, index)
        })
        .collect();
    let batches = all.chunks(BATCH).enumerate().map(|(n, spans)| batch(n % 3, spans.to_vec()).protobuf());
    ("ab".repeat(16), batches.collect())
}

fn batch(service: usize, spans: Vec<Span>) -> Batch {
    let attributes = vec![
        text("service.name", SERVICES[service]),
        text("service.version", "1.4.2"),
        text("host.name", "local-1"),
    ];
    let resource = Some(Resource { attributes, ..Resource::default() });
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    Batch(ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }],
    })
}

fn id(index: usize) -> Vec<u8> {
    (index as u64 + 1).to_be_bytes().to_vec()
}

fn span(trace: usize, index: usize) -> Span {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let start = u64::try_from(now.as_nanos()).unwrap_or(0) + index as u64 * 10_000;
    let mut trace_id = vec![7; 8];
    trace_id.extend_from_slice(&(trace as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    Span {
        trace_id,
        span_id: id(index),
        parent_span_id: if index == 0 { Vec::new() } else { id((index - 1) / 3) },
        name: ["GET /api/items/{id}", "SELECT items", "POST /api/payments"][index % 3].to_owned(),
        kind: [2, 3, 1][index % 3],
        start_time_unix_nano: start,
        end_time_unix_nano: start + 900_000,
        attributes: vec![
            text("http.request.method", "GET"),
            text("http.route", "/api/items/{id}"),
            text("url.path", &format!("/api/items/{index}")),
            number("http.response.status_code", 200),
            text("server.address", "inventory.local"),
            number("server.port", 8080),
            text("user.id", &format!("user-{}", trace % 997)),
            text("app.build", "2026.11.3"),
            number("thread.id", 7),
            text("network.protocol.version", "1.1"),
        ],
        ..Span::default()
    }
}

fn text(key: &str, text: &str) -> KeyValue {
    attribute(key, any_value::Value::StringValue(text.to_owned()))
}

fn number(key: &str, number: i64) -> KeyValue {
    attribute(key, any_value::Value::IntValue(number))
}

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}
