//! OTLP over gRPC, through the generated client of the protocol.

use std::future::ready;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use actix_web::rt::{self, task::JoinHandle};
use futures_util::{FutureExt, StreamExt, stream};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use serde_json::json;
use tokio::sync::oneshot;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;
use trace_explorer::{Server, ServerError, Settings};

use crate::harness::{Running, trace_id};
use crate::otlp_logs::{found, record, request};

const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

async fn connect(explorer: &Running) -> Channel {
    Endpoint::from_shared(format!("http://{}", explorer.grpc)).unwrap().connect().await.unwrap()
}

fn span(id: u64) -> Span {
    let trace_id = 7_u128.to_be_bytes().to_vec();
    Span { trace_id, span_id: id.to_be_bytes().to_vec(), name: format!("span {id}"), ..Span::default() }
}

fn spans(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }],
    }
}

/// A span of so many bytes, and a few.
fn large(bytes: usize) -> ExportTraceServiceRequest {
    spans(vec![Span { name: "x".repeat(bytes), ..span(1) }])
}

/// An explorer that takes requests of 100,000 bytes.
async fn narrow(queue_bytes: usize) -> (Running, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_owned();
    let settings = Settings { port: 0, data, max_body_bytes: 100_000, queue_bytes, ..Settings::default() };
    (Running::with(settings).await, directory)
}

/// A call that holds its part of the queue until it is let go.
struct Hanging {
    call: JoinHandle<Result<(), Status>>,
    end: oneshot::Sender<()>,
}

impl Hanging {
    async fn begin(explorer: &Running) -> Self {
        let mut grpc = Grpc::new(connect(explorer).await);
        grpc.ready().await.unwrap();
        let (end, ended) = oneshot::channel();
        let rest = ended.into_stream().filter_map(|_| ready(None));
        let request = Request::new(stream::iter([large(60_000)]).chain(rest));
        let codec = ProstCodec::<_, ExportTraceServiceResponse>::default();
        let call = rt::spawn(async move {
            grpc.client_streaming(request, TRACES.parse().unwrap(), codec).await.map(drop)
        });
        Self { call, end }
    }

    /// One that hangs, and what another one is told meanwhile.
    async fn fill(explorer: &Running) -> (Self, Status) {
        let mut client = TraceServiceClient::new(connect(explorer).await);
        let mut hanging = Self::begin(explorer).await;
        let mut refused = 0;
        loop {
            // The two may meet, and both be refused. Who is refused twice was so because of the one that hangs.
            if hanging.call.is_finished() {
                hanging = Self::begin(explorer).await;
                refused = 0;
            }
            match client.export(large(90_000)).await {
                Err(status) if refused == 1 => return (hanging, status),
                Err(_) => refused += 1,
                Ok(_) => refused = 0,
            }
        }
    }
}

#[actix_web::test]
async fn spans_and_log_records_come_plain_and_with_gzip() {
    let (explorer, _directory) = Running::fresh().await;
    let channel = connect(&explorer).await;
    let of_trace = |second, message| LogRecord { trace_id: span(1).trace_id, ..record(second, message) };

    for (id, encoding) in [(1, None), (2, Some(CompressionEncoding::Gzip))] {
        let mut traces = TraceServiceClient::new(channel.clone());
        let mut logs = LogsServiceClient::new(channel.clone());
        if let Some(encoding) = encoding {
            traces = traces.send_compressed(encoding).accept_compressed(encoding);
            logs = logs.send_compressed(encoding).accept_compressed(encoding);
        }
        let kept = traces.export(spans(vec![span(id)])).await.unwrap();
        assert_eq!(kept.into_inner().partial_success, None);
        let kept = logs.export(request("a", vec![of_trace(id, "By gRPC")])).await.unwrap();
        assert_eq!(kept.into_inner().partial_success, None);
    }

    let trace = explorer.json(&format!("/api/traces/{}", trace_id(7))).await;
    assert_eq!(trace["spans"].as_array().unwrap().len(), 2);
    let pattern = format!("{{ $.trace_id = \"{}\" }}", trace_id(7));
    assert_eq!(found(&explorer, &pattern).await, ["a/1: By gRPC"; 2]);
    let stats = explorer.json("/api/stats").await;
    let counts = ["accepted_spans", "accepted_log_events", "refused_requests"];
    assert_eq!(counts.map(|name| stats[name].clone()), [json!(2), json!(2), json!(0)]);
}

#[actix_web::test]
async fn what_cannot_be_kept_is_a_partial_success_over_grpc_too() {
    let (explorer, _directory) = Running::fresh().await;
    let channel = connect(&explorer).await;
    let zero = Span { trace_id: vec![0; 16], ..span(1) };
    let attribute = |n| opentelemetry_proto::tonic::common::v1::KeyValue {
        key: format!("{n}{}", "k".repeat(16_000)),
        ..Default::default()
    };
    let huge = LogRecord { attributes: (0..100).map(attribute).collect(), ..record(1, "huge") };

    let traces = TraceServiceClient::new(channel.clone()).export(spans(vec![zero, span(2)])).await.unwrap();
    let logs =
        LogsServiceClient::new(channel).export(request("a", vec![huge, record(2, "good")])).await.unwrap();

    let partial = traces.into_inner().partial_success.unwrap();
    assert_eq!((partial.rejected_spans, &partial.error_message[..]), (1, "a span's trace_id is all zero"));
    let partial = logs.into_inner().partial_success.unwrap();
    let message = "a log record is larger than 1048576 bytes";
    assert_eq!((partial.rejected_log_records, &partial.error_message[..]), (1, message));
    let stats = explorer.json("/api/stats").await;
    assert_eq!((&stats["rejected_spans"], &stats["rejected_log_records"]), (&json!(1), &json!(1)));
}

#[actix_web::test]
async fn a_request_that_is_too_large_before_or_after_decompression_is_not_to_be_repeated() {
    let (explorer, _directory) = narrow(64 * 1024 * 1024).await;
    let plain = TraceServiceClient::new(connect(&explorer).await);
    let zipped = plain.clone().send_compressed(CompressionEncoding::Gzip);

    for mut client in [plain.clone(), zipped] {
        // Larger than what flow control lets a sender have on its way.
        let status = client.export(large(10_000_000)).await.unwrap_err();

        assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
        assert_eq!(
            status.message(),
            "the request is larger than 100000 bytes, before or after decompression"
        );
        assert!(status.get_details_retry_info().is_none(), "{status}");
    }
    plain.clone().export(large(90_000)).await.unwrap();
    assert_eq!(explorer.json("/api/stats").await["refused_requests"], 2);
}

#[actix_web::test]
async fn a_full_queue_is_unavailable_and_says_when_to_try_again() {
    let (explorer, _directory) = narrow(100_000).await;
    let mut client = TraceServiceClient::new(connect(&explorer).await);

    let (hanging, status) = Hanging::fill(&explorer).await;

    assert_eq!(
        (status.code(), status.message()),
        (Code::Unavailable, "too many requests are waiting to be written")
    );
    let pause = status.get_details_retry_info().unwrap().retry_delay;
    assert_eq!(pause, Some(Duration::from_secs(1)));
    assert_ne!(explorer.json("/api/stats").await["postponed_requests"], 0);
    hanging.end.send(()).unwrap();
    hanging.call.await.unwrap().unwrap();
    while client.export(large(90_000)).await.is_err() {}
}

#[actix_web::test]
async fn what_is_not_otlp_is_refused_for_good() {
    let (explorer, _directory) = Running::fresh().await;
    let channel = connect(&explorer).await;
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    // Its field 1 is a number, where OTLP has a message.
    let other = trace_explorer::otlp::Status { code: 7, message: String::new() };
    let codec = ProstCodec::<_, ExportTraceServiceResponse>::default();

    let malformed = grpc.unary(Request::new(other), TRACES.parse().unwrap(), codec).await.unwrap_err();
    let mut compressed = Request::new(spans(vec![span(1)]));
    compressed.metadata_mut().insert("grpc-encoding", "br".parse().unwrap());
    let compressed = TraceServiceClient::new(channel.clone()).export(compressed).await.unwrap_err();
    let metrics = MetricsServiceClient::new(channel).export(ExportMetricsServiceRequest::default()).await;

    assert_eq!(malformed.code(), Code::InvalidArgument, "{malformed}");
    assert!(malformed.message().contains("not an OTLP request"), "{malformed}");
    assert_eq!(compressed.code(), Code::Unimplemented, "{compressed}");
    assert_eq!(compressed.metadata().get("grpc-accept-encoding").unwrap(), "identity,gzip");
    assert_eq!(metrics.unwrap_err().code(), Code::Unimplemented);
    assert_eq!(explorer.json("/api/stats").await["refused_requests"], 3);
}

#[actix_web::test]
async fn a_page_that_speaks_http_1_gets_no_answer() {
    let (explorer, _directory) = Running::fresh().await;
    assert_eq!(explorer.json("/api/stats").await["refused_requests"], 0);
    let mut browser = TcpStream::connect(explorer.grpc).unwrap();
    browser.set_read_timeout(Some(Duration::from_secs(10))).unwrap();

    let request = "POST /opentelemetry.proto.collector.logs.v1.LogsService/Export HTTP/1.1\r\n\
                   Host: evil.test\r\nContent-Type: application/grpc\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0";
    browser.write_all(request.as_bytes()).unwrap();

    let mut answer = Vec::new();
    // A reset is no answer either.
    let _ = browser.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(explorer.json("/api/stats").await["refused_requests"], 0);
}

#[actix_web::test]
async fn a_port_that_is_taken_is_named() {
    let (explorer, _directory) = Running::fresh().await;
    let other = tempfile::tempdir().unwrap();
    let data = other.path().to_owned();

    let settings = Settings { port: 0, grpc_port: Some(explorer.grpc.port()), data, ..Settings::default() };
    let outcome = Server::start(settings, |_| {});

    let Err(error @ ServerError::Bind { address, .. }) = outcome else { panic!("it started") };
    assert_eq!(address, explorer.grpc);
    assert_eq!(error.to_string(), format!("cannot listen on {address}"));
}

#[actix_web::test]
async fn it_stops_with_connections_that_are_idle_at_once_and_with_calls_that_hang_in_time() {
    let (explorer, _directory) = Running::fresh().await;
    let mut client = TraceServiceClient::new(connect(&explorer).await);
    client.export(spans(vec![span(1)])).await.unwrap();
    let begin = Instant::now();
    explorer.stop().await;
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    assert_eq!(client.export(spans(vec![span(2)])).await.unwrap_err().code(), Code::Unavailable);

    let (explorer, _directory) = narrow(100_000).await;
    let (hanging, _) = Hanging::fill(&explorer).await;
    let begin = Instant::now();
    explorer.stop().await;
    let taken = begin.elapsed();
    assert!(Duration::from_secs(2) < taken && taken < Duration::from_secs(5), "{taken:?}");
    hanging.call.await.unwrap().unwrap_err();
}
