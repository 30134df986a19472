//! Secrets go into a service by every way, a careless service records all that it gets, and none comes out: not in a span,
//! not in a log record, not in a report, not on stdout or stderr, not in an answer.

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use telemetry::client::{self, ClientSettings};
use telemetry::propagation::TrustPolicy;
use telemetry::server::{Failure, Tracing};

/// The names of the lists that the crate's list is the union of, in the spelling of their sources.
const NAMES: &[&str] = &[
    "pw",
    "passwd",
    "password",
    "secret",
    "confirm_password",
    "confirmPassword",
    "password_confirmation",
    "passwordConfirmation",
    "access_token",
    "accessToken",
    "auth",
    "authentication",
    "authorization",
    "api_key",
    "apikey",
    "credentials",
    "mysql_pwd",
    "private_key",
    "token",
    "session",
    "csrftoken",
    "csrf",
    "set_cookie",
    "x_api_key",
    "x_csrftoken",
    "sessionid",
    "connect.sid",
    "PHPSESSID",
    "jwt",
    "otp",
    "pin",
    "refresh_token",
    "id_token",
    "client_secret",
    "X-Amz-Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Goog-Signature",
    "db_password",
    "stripeApiKey",
    "email",
];

/// A value that stands nowhere else.
fn canary(way: &str, number: usize) -> String {
    format!("canary{way}{number}x")
}

/// `name<separator>canary` for each name.
fn pairs(way: &str, separator: &str, between: &str) -> String {
    let pair = |(number, name): (usize, &&str)| format!("{name}{separator}{}", canary(way, number));
    NAMES.iter().enumerate().map(pair).collect::<Vec<_>>().join(between)
}

// === the careless service ===

#[derive(Debug, thiserror::Error)]
#[error("cannot log in with {0}")]
struct LoginFailed(String, #[source] std::io::Error);

async fn careless(request: HttpRequest, body: String) -> HttpResponse {
    let span = tracing::info_span!("careless", request.body = %body, request.headers = ?request.headers());
    span.in_scope(|| {
        tracing::info!(query = request.query_string(), "Got {body}");
        for (name, value) in request.headers() {
            tracing::info!("{name}: {}", value.to_str().unwrap_or_default());
        }
    });
    HttpResponse::Ok().finish()
}

async fn calls(target: String) -> HttpResponse {
    let client = client::traced(&ClientSettings::calling([])).unwrap();
    let error = client.get(&target).send().await.unwrap_err();
    tracing::warn!("exception.message" = %error, "Calling {target} failed");
    HttpResponse::Ok().finish()
}

async fn fails(body: String) -> HttpResponse {
    let error = LoginFailed(body.clone(), std::io::Error::other(body));
    let mut response = HttpResponse::InternalServerError().finish();
    response.extensions_mut().insert(Failure::here("LoginFailed", &error));
    response
}

async fn panics(body: String) -> HttpResponse {
    panic!("{body}")
}

/// Runs the service and sends it everything. The answers go to the file that `ANSWERS` names.
fn child(answers: &str) {
    let guard = telemetry::init(telemetry::service_info!(), &telemetry::Settings::from_env()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, stopped) = channel();
    let server = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let app = || {
                App::new()
                    .route("/careless", web::post().to(careless))
                    .route("/calls", web::post().to(calls))
                    .route("/fails", web::post().to(fails))
                    .route("/panics", web::post().to(panics))
                    .wrap(Tracing::new(TrustPolicy::Internal))
            };
            let server = HttpServer::new(app).workers(1).listen(listener).unwrap().disable_signals().run();
            stop.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    std::fs::write(answers, everything(port)).unwrap();
    futures_executor::block_on(stopped.recv().unwrap().stop(true));
    server.join().unwrap();
    guard.shutdown();
}

/// Sends secrets by every way, and answers what came back.
fn everything(port: u16) -> String {
    let send = |target: &str, headers: &str, body: &str| -> String {
        let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let length = body.len();
        let head = format!("POST {target} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{headers}");
        write!(connection, "{head}content-length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    };
    let members =
        NAMES.iter().enumerate().map(|(number, name)| format!("\"{name}\":\"{}\"", canary("Json", number)));
    let json = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
    // A server takes 96 headers at most, and names without dots.
    let mut headers = String::new();
    for (number, name) in NAMES.iter().enumerate() {
        write!(headers, "{}: {}\r\n", name.replace('.', "-"), canary("Header", number)).unwrap();
    }
    write!(headers, "cookie: a={}\r\n", canary("Header", 900)).unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let user = format!("http://{}:{}@{closed}/", canary("Path", 0), canary("Path", 1));
    let baggage = format!("baggage: {}\r\n", pairs("Baggage", "=", ","));
    [
        send(&format!("/careless?{}", pairs("Query", "=", "&")), &headers, &json),
        send("/careless", &baggage, &json.replace('"', "\\\"")),
        send("/calls", "", &format!("{user}?{}", pairs("Called", "=", "&"))),
        send(&format!("/fails?{}", pairs("Query", "=", "&")), &headers, &pairs("Error", ": ", ", ")),
        send("/panics", &baggage, &pairs("Panic", "=", " ")),
    ]
    .concat()
}

// === the test ===

/// Keeps all bytes that it is sent.
fn receiver() -> (u16, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let kept: Arc<Mutex<Vec<u8>>> = Arc::default();
    let keeper = Arc::clone(&kept);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut connection, keeper) = (connection.unwrap(), Arc::clone(&keeper));
            std::thread::spawn(move || while keep_one(&mut connection, &keeper).is_some() {});
        }
    });
    (port, kept)
}

fn keep_one(connection: &mut TcpStream, kept: &Mutex<Vec<u8>>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        connection.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    connection.read_exact(&mut body).ok()?;
    kept.lock().unwrap().extend(head.into_iter().chain(body));
    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()
}

#[test]
fn no_secret_leaves_by_any_way() {
    if let Ok(answers) = std::env::var("ANSWERS") {
        return child(&answers);
    }
    let (port, kept) = receiver();
    let answers = std::env::temp_dir().join(format!("canary-answers-{}", std::process::id()));
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "no_secret_leaves_by_any_way", "--nocapture"])
        .env("ANSWERS", &answers)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://127.0.0.1:{port}"))
        .env("ROLLBAR_ENDPOINT", format!("http://127.0.0.1:{port}"))
        .env("ROLLBAR_ACCESS_TOKEN", "post-server-item")
        .env("ROLLBAR_LEVEL", "info")
        .env("TELEMETRY_BAGGAGE_ATTRIBUTES", NAMES.join(","))
        .output()
        .unwrap();

    let answered = std::fs::read_to_string(&answers).unwrap();
    std::fs::remove_file(&answers).unwrap();
    let sent = String::from_utf8_lossy(&kept.lock().unwrap()).into_owned();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stderr}");
    // The carriers arrived: otherwise nothing leaving would prove nothing.
    assert_eq!(answered.matches("HTTP/1.1 ").count(), 5, "{answered}");
    let in_spans =
        ["POST /careless", "careless", "url.query", "request.body", "exception.message", "LoginFailed"];
    let in_items = ["POST /api/1/item/", "trace_chain", "/fails?", "\"headers\"", "cannot log in with"];
    for carrier in in_spans.iter().chain(&in_items) {
        assert!(sent.contains(carrier), "{carrier}");
    }
    for line in ["Got ", "Calling http://", "Request failed"] {
        assert!(stdout.contains(line), "{line}: {stdout}");
    }
    assert_eq!(
        sent.matches("post-server-item").count(),
        sent.matches("POST /api/1/item/").count(),
        "in a header only"
    );
    let redacted = |text: &str| text.matches("REDACTED").count();
    assert!(redacted(&sent) > 300 && redacted(&stdout) > 200, "{}, {}", redacted(&sent), redacted(&stdout));

    let secrets = ["Json", "Header", "Query", "Called", "Error", "Panic", "Baggage"];
    let secrets = secrets.iter().flat_map(|way| (0..NAMES.len()).map(|number| canary(way, number)));
    let secrets: Vec<String> =
        secrets.chain([canary("Path", 0), canary("Path", 1), canary("Header", 900)]).collect();
    assert!(secrets.len() >= 100);
    for (place, text) in [
        ("spans, log records and items", &*sent),
        ("stdout", &stdout),
        ("stderr", &stderr),
        ("answers", &answered),
    ] {
        let leaked: Vec<_> = secrets.iter().filter(|secret| text.contains(secret.as_str())).collect();
        let first = leaked.first().map(|secret| {
            let at = text.find(secret.as_str()).unwrap();
            text[at.saturating_sub(80)..].chars().take(120).collect::<String>()
        });
        assert!(
            leaked.is_empty(),
            "{place}: {} of {} leaked: {leaked:?}, {first:?}",
            leaked.len(),
            secrets.len()
        );
    }
}
