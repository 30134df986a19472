//! The two programs of OpenTelemetry's HTTP conformance contract, run as they are, against a receiver that keeps what it
//! is sent: every span and metric is there, and none is against the conventions.

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message;
use serde_json::{Value, json};
use telemetry::testing::semconv::{Observed, assert_clean};

const PATIENCE: Duration = Duration::from_secs(20);

/// A request that a receiver was sent.
struct Sent {
    method: String,
    path: String,
    body: Vec<u8>,
}

/// Answers requests by `answer`, a status line and a body, and tells of them.
fn serve(answer: impl Fn(&Sent) -> (&'static str, String) + Clone + Send + 'static) -> (u16, Receiver<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut connection, sender, answer) = (connection.unwrap(), sender.clone(), answer.clone());
            std::thread::spawn(move || {
                while let Some(sent) = read(&mut connection) {
                    let (status, body) = answer(&sent);
                    let length = body.len();
                    let head = format!(
                        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}"
                    );
                    let _ = write!(connection, "{head}\r\n\r\n{body}");
                    // The test may be over.
                    let _ = sender.send(sent);
                }
            });
        }
    });
    (port, receiver)
}

/// The next request of a connection, `None` when there is none.
fn read(connection: &mut TcpStream) -> Option<Sent> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        connection.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head.to_ascii_lowercase().lines().find_map(|line| {
        line.strip_prefix("content-length:").and_then(|length| length.trim().parse::<usize>().ok())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    connection.read_exact(&mut body).ok()?;
    let mut words = head.split(' ').map(str::to_owned);
    Some(Sent { method: words.next()?, path: words.next()?, body })
}

/// An example of this crate, which cargo builds with the tests.
fn example(name: &str, receiver: u16, protocol: &str) -> Command {
    let tests = std::env::current_exe().unwrap();
    let program: PathBuf = tests.parent().unwrap().parent().unwrap().join("examples").join(name);
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://127.0.0.1:{receiver}"))
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .env("OTEL_METRICS_EXPORTER", "otlp")
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    command
}

fn wait(mut child: Child) {
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "it does not end");
        std::thread::yield_now();
    };
    assert!(status.success(), "{status}");
}

/// What was received of a program that has ended.
#[derive(Default)]
struct Received {
    spans: Vec<Observed>,
    /// Name, unit, number of values and boundaries of each histogram.
    histograms: Vec<(String, String, u64, usize)>,
    logs: usize,
}

fn received(sent: &Receiver<Sent>, json: bool) -> Received {
    let mut got = Received::default();
    while let Ok(sent) = sent.try_recv() {
        match sent.path.as_str() {
            "/v1/traces" => got.spans.extend(spans(&decode(&sent.body, json))),
            "/v1/metrics" => got.histograms.extend(histograms(&decode(&sent.body, json))),
            "/v1/logs" => got.logs += 1,
            other => panic!("{other}"),
        }
    }
    got
}

fn decode<M: Message + Default + serde::de::DeserializeOwned>(body: &[u8], json: bool) -> M {
    if json { serde_json::from_slice(body).unwrap() } else { M::decode(body).unwrap() }
}

fn spans(request: &ExportTraceServiceRequest) -> Vec<Observed> {
    let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    scopes.flat_map(|scope| &scope.spans).map(Observed::from_otlp).collect()
}

fn histograms(request: &ExportMetricsServiceRequest) -> Vec<(String, String, u64, usize)> {
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| &scope.metrics);
    let histogram = |metric: &opentelemetry_proto::tonic::metrics::v1::Metric| {
        let Some(Data::Histogram(histogram)) = &metric.data else { panic!("{metric:?}") };
        let count = histogram.data_points.iter().map(|point| point.count).sum();
        let boundaries = histogram.data_points[0].explicit_bounds.len();
        (metric.name.clone(), metric.unit.clone(), count, boundaries)
    };
    metrics.map(histogram).collect()
}

fn names(spans: &[Observed]) -> Vec<String> {
    let mut names: Vec<String> = spans.iter().map(|span| format!("{} {}", span.kind, span.name)).collect();
    names.sort_unstable();
    names
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn ask(port: u16, method: &str, path: &str, body: &str) -> (String, Value) {
    let deadline = Instant::now() + PATIENCE;
    let mut connection = loop {
        if let Ok(connection) = TcpStream::connect(("127.0.0.1", port)) {
            break connection;
        }
        assert!(Instant::now() < deadline, "it does not listen");
        std::thread::yield_now();
    };
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close");
    let head = format!("{head}\r\ncontent-type: application/json\r\ncontent-length: {length}");
    write!(connection, "{head}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().to_owned(), serde_json::from_str(body).unwrap())
}

fn check_server(protocol: &str) {
    let (receiver, sent) = serve(|_| ("200 OK", "{}".to_owned()));
    let port = free_port();
    let mut server = example("http_server_scenario", receiver, protocol)
        .env("OTEL_HTTP_SCENARIO_PORT", port.to_string())
        .spawn()
        .unwrap();

    let alice = json!({"id": 123, "name": "Alice"});
    let widget = json!({"name": "widget"});
    assert_eq!(ask(port, "GET", "/health", ""), ("200".into(), json!({"ok": true})));
    assert_eq!(ask(port, "GET", "/users/123", ""), ("200".into(), alice.clone()));
    assert_eq!(ask(port, "GET", "/users/123?fields=name&verbose=true", ""), ("200".into(), alice));
    let created = json!({"created": true, "payload": widget});
    assert_eq!(ask(port, "POST", "/items", &widget.to_string()), ("201".into(), created));
    assert_eq!(ask(port, "GET", "/status/404", ""), ("404".into(), json!({"message": "status 404"})));
    assert_eq!(ask(port, "GET", "/status/500", ""), ("500".into(), json!({"message": "status 500"})));
    drop(server.stdin.take());
    wait(server);

    let got = received(&sent, protocol == "http/json");
    assert_clean(&got.spans);
    let expected = [
        "SERVER GET /health",
        "SERVER GET /status/{code}",
        "SERVER GET /status/{code}",
        "SERVER GET /users/{id}",
        "SERVER GET /users/{id}",
        "SERVER POST /items",
    ];
    assert_eq!(names(&got.spans), expected);
    let duration = ("http.server.request.duration".to_owned(), "s".to_owned(), 6, 14);
    assert_eq!(got.histograms, [duration]);
    assert!(got.logs > 0, "the failure is a log record too");
}

#[test]
fn the_server_of_the_contract_has_no_findings() {
    check_server("http/protobuf");
}

#[test]
fn the_same_as_json() {
    check_server("http/json");
}

/// Takes spans over gRPC.
#[derive(Clone, Default)]
struct Grpc(Arc<Mutex<Vec<Observed>>>);

#[tonic::async_trait]
impl TraceService for Grpc {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        assert!(request.metadata().get("grpc-encoding").is_none(), "uncompressed");
        self.0.lock().unwrap().extend(spans(request.get_ref()));
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}

#[test]
fn the_client_exports_over_grpc_as_well() {
    let (mock, _asked) = serve(|_| ("200 OK", "{}".to_owned()));
    let receiver = Grpc::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    let served = TraceServiceServer::new(receiver.clone());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let connections = tonic::transport::server::TcpIncoming::from(listener);
            tonic::transport::Server::builder().serve_with_incoming(served, connections).await
        })
    });

    let client = example("http_client_scenario", port, "grpc")
        .env("MOCK_SERVER_URL", format!("http://127.0.0.1:{mock}"))
        .env("OTEL_METRICS_EXPORTER", "none")
        .env("OTEL_LOGS_EXPORTER", "none")
        .spawn()
        .unwrap();
    wait(client);

    let spans = receiver.0.lock().unwrap();
    assert_eq!(spans.len(), 5);
    assert_clean(spans.iter());
}

#[test]
fn the_client_of_the_contract_has_no_findings() {
    let (mock, asked) = serve(|sent| match sent.path.as_str() {
        "/items" => ("201 Created", "{}".to_owned()),
        "/status/404" => ("404 Not Found", "{}".to_owned()),
        "/status/500" => ("500 Internal Server Error", "{}".to_owned()),
        _ => ("200 OK", "{}".to_owned()),
    });
    let (receiver, sent) = serve(|_| ("200 OK", "{}".to_owned()));

    let client = example("http_client_scenario", receiver, "http/protobuf")
        .env("MOCK_SERVER_URL", format!("http://127.0.0.1:{mock}"))
        .spawn()
        .unwrap();
    wait(client);

    let asked: Vec<String> = asked.try_iter().map(|sent| format!("{} {}", sent.method, sent.path)).collect();
    let expected = [
        "GET /users/123",
        "GET /users/123?fields=name&verbose=true",
        "POST /items",
        "GET /status/404",
        "GET /status/500",
    ];
    assert_eq!(asked, expected);
    let got = received(&sent, false);
    assert_clean(&got.spans);
    let expected = [
        "CLIENT GET /status/{code}",
        "CLIENT GET /status/{code}",
        "CLIENT GET /users/{id}",
        "CLIENT GET /users/{id}",
        "CLIENT POST /items",
    ];
    assert_eq!(names(&got.spans), expected);
    let duration = ("http.client.request.duration".to_owned(), "s".to_owned(), 5, 14);
    assert_eq!(got.histograms, [duration]);
}
