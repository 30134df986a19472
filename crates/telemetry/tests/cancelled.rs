//! Requests that break off, over real connections.

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::LazyLock;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;
use telemetry::client::{self, ClientSettings};
use telemetry::propagation::TrustPolicy;
use telemetry::server::Tracing;
use telemetry::testing::{self, attribute};

type Chunk = Result<web::Bytes, std::io::Error>;

fn streamed(chunks: impl Iterator<Item = Chunk> + 'static) -> HttpResponse {
    HttpResponse::Ok().streaming(futures_util::stream::iter(chunks))
}

async fn endless() -> HttpResponse {
    streamed(std::iter::repeat_with(|| Ok(web::Bytes::from(vec![b'x'; 65_536]))))
}

async fn breaks_off() -> HttpResponse {
    streamed([Ok(web::Bytes::from_static(b"first")), Err(std::io::Error::other("disk on fire"))].into_iter())
}

async fn short() -> HttpResponse {
    streamed(["a", "b"].map(|chunk| Ok(chunk.into())).into_iter())
}

/// One server for all tests of this process, on a thread of its own.
static SERVER: LazyLock<SocketAddr> = LazyLock::new(|| {
    let _ = testing::record_process();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (ready, is_ready) = channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let app = || {
                App::new()
                    .route("/endless", web::get().to(endless))
                    .route("/breaks-off", web::get().to(breaks_off))
                    .route("/short", web::get().to(short))
                    .route("/sized", web::get().to(async || "a body of known size"))
                    .route("/sized", web::head().to(async || "a body of known size"))
                    .route("/empty", web::get().to(HttpResponse::NoContent))
                    .wrap(Tracing::new(TrustPolicy::Public))
            };
            let server = HttpServer::new(app).workers(1).listen(listener).unwrap().disable_signals().run();
            ready.send(()).unwrap();
            server.await.unwrap();
        });
    });
    is_ready.recv().unwrap();
    address
});

fn send(method: &str, path: &str) -> TcpStream {
    let mut connection = TcpStream::connect(*SERVER).unwrap();
    write!(connection, "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    connection
}

/// The first span of `name`, as soon as it has ended.
fn span(name: &str) -> SpanData {
    let recorder = testing::record_process();
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(span) = recorder.spans().into_iter().find(|span| span.name == name) {
            return span;
        }
        assert!(Instant::now() < deadline, "{name} did not end: {}", recorder.tree());
        std::thread::yield_now();
    }
}

fn error_type(span: &SpanData) -> String {
    attribute(span, "error.type").map(ToString::to_string).unwrap_or_default()
}

#[test]
fn a_caller_that_leaves_in_the_middle_of_the_answer_ends_the_span_as_cancelled() {
    let mut connection = send("GET", "/endless");
    connection.read_exact(&mut [0; 1024]).unwrap();
    drop(connection);

    let span = span("GET /endless");

    assert_eq!(error_type(&span), "cancelled");
    assert!(matches!(span.status, Status::Error { .. }));
}

#[test]
fn a_body_that_fails_is_no_success() {
    let mut connection = send("GET", "/breaks-off");
    let _ = connection.read_to_end(&mut Vec::new());

    let span = span("GET /breaks-off");

    assert_eq!(error_type(&span), "response_body");
    assert!(matches!(span.status, Status::Error { .. }));
}

#[test]
fn an_answer_that_leaves_whole_is_not_cancelled() {
    for (method, path) in
        [("GET", "/short"), ("GET", "/sized"), ("HEAD", "/sized"), ("GET", "/empty"), ("GET", "/nowhere")]
    {
        send(method, path).read_to_end(&mut Vec::new()).unwrap();

        let name = if path == "/nowhere" { method.to_owned() } else { format!("{method} {path}") };
        let span = span(&name);

        assert_eq!((error_type(&span), span.status), (String::new(), Status::Unset), "{name}");
    }
}

#[actix_web::test]
async fn a_call_that_is_given_up_ends_its_span_as_cancelled() {
    let recorder = testing::record();
    // Takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url: reqwest::Url = format!("http://{}/", silent.local_addr().unwrap()).parse().unwrap();
    let client = client::traced(&ClientSettings::calling([&url])).unwrap();
    let (connected, is_connected) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let (mut connection, _) = silent.accept().unwrap();
        connection.read_exact(&mut [0; 16]).unwrap();
        connected.send(connection).unwrap();
    });

    tokio::select! {
        answer = client.get(url).send() => unreachable!("{answer:?}"),
        connection = is_connected => drop(connection.unwrap()),
    }

    let spans = recorder.spans();
    assert_eq!(spans.len(), 1);
    assert_eq!(error_type(&spans[0]), "cancelled");
    assert!(matches!(spans[0].status, Status::Error { .. }));
}
