//! The transports against real receivers on free ports.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use delivery::{Destination as _, Outcome};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use prost::Message;
use secrecy::SecretString;
use tonic::metadata::MetadataMap;
use tonic_types::{ErrorDetails, StatusExt};

use super::Otlp;
use crate::settings::{Compression, Destination, Protocol, Tls};

const LIMIT: Duration = Duration::from_secs(10);

fn span() -> Arc<SpanData> {
    let ids = SpanContext::new(
        TraceId::from(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c),
        SpanId::from(0xb7ad_6b71_6920_3331),
        TraceFlags::SAMPLED,
        false,
        TraceState::NONE,
    );
    Arc::new(SpanData {
        span_context: ids,
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Server,
        name: "GET /a".into(),
        start_time: std::time::UNIX_EPOCH + Duration::from_secs(1),
        end_time: std::time::UNIX_EPOCH + Duration::from_secs(2),
        attributes: vec![KeyValue::new("count", 3), KeyValue::new("password", "hunter2")],
        dropped_attributes_count: 1,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::error("broken"),
        instrumentation_scope: InstrumentationScope::builder("tests").build(),
    })
}

fn destination(protocol: Protocol, endpoint: String) -> Destination {
    Destination {
        name: "test",
        endpoint,
        headers: vec![("x-key".to_owned(), SecretString::from("k1"))],
        compression: Compression::None,
        timeout: LIMIT,
        protocol,
        tls: Tls::default(),
        delay: None,
    }
}

fn deliver(destination: &Destination) -> Outcome {
    let resource =
        super::resource(&opentelemetry_sdk::Resource::builder().with_service_name("users").build());
    let mut otlp = Otlp::<SpanData>::to(destination, resource).unwrap();
    otlp.deliver(&[span()], LIMIT)
}

fn assert_whole(request: &ExportTraceServiceRequest) {
    let of_resource = &request.resource_spans[0];
    let service =
        of_resource.resource.as_ref().unwrap().attributes.iter().find(|pair| pair.key == "service.name");
    assert!(format!("{service:?}").contains("users"));
    let span = &of_resource.scope_spans[0].spans[0];
    assert_eq!(span.name, "GET /a");
    assert_eq!((span.trace_id.len(), span.span_id.len(), span.parent_span_id.len()), (16, 8, 0));
    assert_eq!((span.start_time_unix_nano, span.end_time_unix_nano), (1_000_000_000, 2_000_000_000));
    assert_eq!(span.flags, 0x101, "sampled, and the parent is known not to be remote");
    assert_eq!((span.kind, span.dropped_attributes_count), (2, 1));
    assert_eq!(span.status.as_ref().unwrap().message, "broken");
    let sent = format!("{span:?}");
    assert!(sent.contains("IntValue(3)") && sent.contains("REDACTED") && !sent.contains("hunter2"), "{sent}");
}

/// What an HTTP receiver was sent.
struct Sent {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Sent {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// An HTTP receiver that answers all requests alike.
fn http(answer: impl Fn() -> HttpResponse + Clone + Send + 'static) -> (SocketAddr, Receiver<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let server = HttpServer::new(move || {
            let (sender, answer) = (sender.clone(), answer.clone());
            App::new().default_service(web::to(move |request: HttpRequest, body: web::Bytes| {
                keep(&sender, &request, &body);
                std::future::ready(answer())
            }))
        });
        let server = server.workers(1).listen(listener).unwrap().disable_signals().run();
        actix_web::rt::System::new().block_on(server).unwrap();
    });
    (address, receiver)
}

fn keep(sender: &Sender<Sent>, request: &HttpRequest, body: &web::Bytes) {
    let headers = request.headers().iter();
    let headers = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    // The test may be over.
    let _ = sender.send(Sent { headers, body: body.to_vec() });
}

#[test]
fn protobuf_over_http_arrives_whole() {
    let (address, sent) = http(|| HttpResponse::Ok().finish());

    let outcome = deliver(&destination(Protocol::HttpProtobuf, format!("http://{address}/v1/traces")));

    assert_eq!(outcome, Outcome::Delivered);
    let sent = sent.recv_timeout(LIMIT).unwrap();
    assert_eq!(sent.header("content-type"), "application/x-protobuf");
    assert_eq!(sent.header("x-key"), "k1");
    assert!(sent.header("user-agent").starts_with("telemetry/"));
    assert_whole(&ExportTraceServiceRequest::decode(sent.body.as_slice()).unwrap());
}

#[test]
fn json_over_http_arrives_whole() {
    let (address, sent) =
        http(|| HttpResponse::Ok().json(serde_json::json!({"partialSuccess": {"rejectedSpans": "1"}})));

    let outcome = deliver(&destination(Protocol::HttpJson, format!("http://{address}/v1/traces")));

    assert_eq!(outcome, Outcome::Partly { rejected: 1 });
    let sent = sent.recv_timeout(LIMIT).unwrap();
    assert_eq!(sent.header("content-type"), "application/json");
    let json: serde_json::Value = serde_json::from_slice(&sent.body).unwrap();
    let span = &json["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span["startTimeUnixNano"], "1000000000");
    assert_whole(&serde_json::from_slice(&sent.body).unwrap());
}

#[test]
fn gzip_over_http_is_said_and_done() {
    let (address, sent) = http(|| HttpResponse::Ok().finish());
    let endpoint = format!("http://{address}/v1/traces");
    let destination =
        Destination { compression: Compression::Gzip, ..destination(Protocol::HttpProtobuf, endpoint) };

    assert_eq!(deliver(&destination), Outcome::Delivered);

    let sent = sent.recv_timeout(LIMIT).unwrap();
    assert_eq!(sent.header("content-encoding"), "gzip");
    // The receiver's framework has undone the compression if it can, or else it is done here.
    let plain = if sent.body.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(sent.body.as_slice()), &mut plain)
            .unwrap();
        plain
    } else {
        sent.body
    };
    assert_whole(&ExportTraceServiceRequest::decode(plain.as_slice()).unwrap());
}

#[test]
fn a_refusal_over_http_is_final_and_a_busy_answer_is_not() {
    let (refusing, _sent) = http(|| HttpResponse::Unauthorized().body("unknown API key"));
    let refused = deliver(&destination(Protocol::HttpProtobuf, format!("http://{refusing}/v1/traces")));
    assert_eq!(refused, Outcome::Rejected);

    let (busy, _sent) = http(|| HttpResponse::TooManyRequests().insert_header(("retry-after", "7")).finish());
    let later = deliver(&destination(Protocol::HttpProtobuf, format!("http://{busy}/v1/traces")));
    assert_eq!(later, Outcome::Retry { after: Some(Duration::from_secs(7)) });

    let (redirecting, sent) =
        http(|| HttpResponse::Found().insert_header(("location", "/elsewhere")).finish());
    let redirected = deliver(&destination(Protocol::HttpProtobuf, format!("http://{redirecting}/v1/traces")));
    assert_eq!(redirected, Outcome::Rejected, "the key is not carried elsewhere");
    assert!(sent.recv_timeout(LIMIT).is_ok() && sent.try_recv().is_err());
}

#[test]
fn nobody_there_is_tried_again_by_every_protocol() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();

    for (protocol, path) in
        [(Protocol::HttpProtobuf, "/v1/traces"), (Protocol::HttpJson, "/v1/traces"), (Protocol::Grpc, "")]
    {
        let outcome = deliver(&destination(protocol, format!("http://{closed}{path}")));
        assert_eq!(outcome, Outcome::Retry { after: None }, "{protocol:?}");
    }
}

#[test]
fn silence_is_waited_for_no_longer_than_allowed() {
    // Takes the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let resource = super::resource(&opentelemetry_sdk::Resource::builder_empty().build());

    for (protocol, path) in [(Protocol::HttpProtobuf, "/v1/traces"), (Protocol::Grpc, "")] {
        let destination = destination(protocol, format!("http://{address}{path}"));
        let mut otlp = Otlp::<SpanData>::to(&destination, resource.clone()).unwrap();
        let outcome = otlp.deliver(&[span()], Duration::from_millis(100));
        assert_eq!(outcome, Outcome::Retry { after: None }, "{protocol:?}");
    }
}

type Exported = Result<ExportTraceServiceResponse, tonic::Status>;

/// A gRPC receiver whose answers are given.
#[derive(Clone)]
struct Grpc {
    requests: Arc<Mutex<Vec<(MetadataMap, ExportTraceServiceRequest)>>>,
    answer: fn() -> Exported,
}

#[tonic::async_trait]
impl TraceService for Grpc {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let (metadata, _, message) = request.into_parts();
        self.requests.lock().unwrap().push((metadata, message));
        (self.answer)().map(tonic::Response::new)
    }
}

fn grpc(answer: fn() -> Exported) -> (SocketAddr, Grpc) {
    let service = Grpc { requests: Arc::default(), answer };
    let (listener, served) = (TcpListener::bind("127.0.0.1:0").unwrap(), service.clone());
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let connections = tonic::transport::server::TcpIncoming::from(listener);
            let service =
                TraceServiceServer::new(served).accept_compressed(tonic::codec::CompressionEncoding::Gzip);
            tonic::transport::Server::builder().serve_with_incoming(service, connections).await
        })
    });
    (address, service)
}

#[test]
fn grpc_arrives_whole_plain_and_compressed() {
    for compression in [Compression::None, Compression::Gzip] {
        let (address, receiver) = grpc(|| Ok(ExportTraceServiceResponse::default()));
        let destination =
            Destination { compression, ..destination(Protocol::Grpc, format!("http://{address}")) };

        assert_eq!(deliver(&destination), Outcome::Delivered);

        let requests = receiver.requests.lock().unwrap();
        let (metadata, request) = &requests[0];
        assert_eq!(metadata.get("x-key").unwrap(), "k1");
        assert_eq!(metadata.get("grpc-encoding").is_some(), compression == Compression::Gzip);
        assert_whole(request);
    }
}

#[test]
fn an_answer_over_grpc_is_read_by_the_table() {
    let answers: [(fn() -> Exported, Outcome); 5] = [
        (|| Err(tonic::Status::unavailable("restarting")), Outcome::Retry { after: None }),
        (|| Err(tonic::Status::unauthenticated("who are you?")), Outcome::Rejected),
        (|| Err(tonic::Status::resource_exhausted("no quota")), Outcome::Rejected),
        (
            || {
                let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(4)));
                Err(tonic::Status::with_error_details(tonic::Code::ResourceExhausted, "slow down", details))
            },
            Outcome::Retry { after: Some(Duration::from_secs(4)) },
        ),
        (
            || {
                let partial =
                    ExportTracePartialSuccess { rejected_spans: 1, error_message: "too old".into() };
                Ok(ExportTraceServiceResponse { partial_success: Some(partial) })
            },
            Outcome::Partly { rejected: 1 },
        ),
    ];
    for (answer, expected) in answers {
        let (address, _receiver) = grpc(answer);
        assert_eq!(deliver(&destination(Protocol::Grpc, format!("http://{address}"))), expected);
    }
}

#[test]
fn a_file_that_is_no_certificate_is_told_by_name() {
    let folder = std::env::temp_dir();
    for file in [folder.join("no-such-certificate.pem"), std::path::PathBuf::from("Cargo.toml")] {
        let tls = Tls { certificate: Some(file.clone()), ..Tls::default() };
        let destination =
            Destination { tls, ..destination(Protocol::HttpProtobuf, "https://localhost/v1/traces".into()) };

        let error = Otlp::<SpanData>::to(&destination, Resource::default()).err().unwrap().to_string();

        assert!(error.contains(&file.display().to_string()), "{error}");
    }
}
