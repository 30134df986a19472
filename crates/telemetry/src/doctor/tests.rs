//! The doctor against destinations in each state, real ones on free ports.

use std::io::{Read, Write};
use std::net::TcpListener;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};

use super::*;

const SERVICE: ServiceInfo = ServiceInfo { name: "users", version: "1.2.3", namespace: None };

fn examine(variables: &[(&str, &str)]) -> Report {
    let settings = Settings::from_lookup(|name| {
        variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    });
    run(SERVICE, &settings)
}

/// A receiver that answers every request with these bytes.
fn receiver(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = Vec::new();
            // TLS begins with a byte that no method of HTTP begins with.
            while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.first() != Some(&0x16) {
                let mut more = [0; 1024];
                match connection.read(&mut more) {
                    Ok(bytes) if bytes > 0 => request.extend_from_slice(&more[..bytes]),
                    _ => break,
                }
            }
            // Who asked may be gone.
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

fn check(answer: &'static str, expected: &str) {
    let base = receiver(answer);
    let report = examine(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &base),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ]);
    assert_eq!(report.probes.len(), 1);
    let verdict = report.probes[0].verdict.as_ref().unwrap_err();
    assert!(verdict.contains(expected), "{answer:?}: {verdict}");
    assert!(!report.is_healthy());
}

#[test]
fn a_receiver_that_takes_spans_is_healthy() {
    let base = receiver("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");

    let report = examine(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &base),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ]);

    assert_eq!(report.probes[0].verdict, Ok("it takes traces".to_owned()));
    assert!(report.is_healthy(), "{report}");
}

/// What is told of a server of Rollbar's API that answers so.
fn of_rollbar(answer: &'static str) -> Result<String, String> {
    let base = receiver(answer);
    let report = examine(&[("ROLLBAR_ACCESS_TOKEN", "hunter2"), ("ROLLBAR_ENDPOINT", &base)]);
    assert!(!report.to_string().contains("hunter2"), "{report}");
    let probe = report.probes.last().unwrap();
    assert_eq!((probe.signal, probe.destination), ("reports", "rollbar"));
    assert_eq!(report.is_healthy(), probe.is_good());
    probe.verdict.clone()
}

#[test]
fn a_token_of_rollbar_is_asked_about_without_a_report() {
    let taken = "HTTP/1.1 422 Unprocessable\r\ncontent-length: 31\r\nconnection: close\r\n\r\n{\"err\":1,\"message\":\"no body!!\"}";
    assert_eq!(of_rollbar(taken), Ok("it takes reports".to_owned()));

    let told = of_rollbar(
        "HTTP/1.1 403 Forbidden\r\ncontent-length: 31\r\nconnection: close\r\n\r\n{\"err\":1,\"message\":\"bad token\"}",
    );
    let told = told.unwrap_err();
    assert!(told.contains("bad token") && told.contains("Check ROLLBAR_ACCESS_TOKEN"), "{told}");

    let told =
        of_rollbar("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap_err();
    assert!(told.contains("Check ROLLBAR_ENDPOINT"), "{told}");
}

#[test]
fn each_answer_is_told_in_plain_words() {
    check(
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: 15\r\nconnection: close\r\n\r\nunknown API key",
        "refused the key: unknown API key. Check OTEL_EXPORTER_OTLP_HEADERS",
    );
    check(
        "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "refused the key. Check OTEL_EXPORTER_OTLP_HEADERS",
    );
    check(
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "nothing takes traces at /v1/traces",
    );
    check("HTTP/1.1 415 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "OTEL_EXPORTER_OTLP_PROTOCOL");
    check("HTTP/1.1 302 X\r\nlocation: /login\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "redirect");
    check("HTTP/1.1 503 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "tried again");
    check(
        "HTTP/1.1 400 X\r\ncontent-length: 3\r\nconnection: close\r\n\r\nodd",
        "it answers 400. It says: odd",
    );
    check(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>",
        "web page",
    );
}

#[test]
fn honeycomb_is_named_when_it_refuses_a_key_and_the_key_is_not_shown() {
    let base = receiver(
        "HTTP/1.1 401 X\r\ncontent-length: 43\r\nconnection: close\r\n\r\n{\"error\":\"unknown API key hunter2\",\"n\":\"1\"}",
    );

    let report = examine(&[("HONEYCOMB_API_KEY", "hunter2"), ("HONEYCOMB_API_ENDPOINT", &base)]);

    let told = report.to_string();
    assert!(
        told.contains("Honeycomb refused the key: unknown API key ***. Check HONEYCOMB_API_KEY"),
        "{told}"
    );
    assert!(told.contains("the key has 7 characters") && !told.contains("hunter2"), "{told}");
}

/// The verdict on traces that go by these variables.
fn verdict(variables: &[(&str, &str)]) -> String {
    let report = examine(&[variables, &[("OTEL_LOGS_EXPORTER", "none")]].concat());
    assert_eq!(report.probes.len(), 1, "{report}");
    report.probes[0].verdict.clone().unwrap_err()
}

#[test]
fn a_key_that_is_wanted_and_not_sent_is_told_with_where_to_write_it() {
    let base = receiver("HTTP/1.1 401 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");

    let told = verdict(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &base)]);

    assert_eq!(
        told,
        "it wants a key, and none is sent. Write it into OTEL_EXPORTER_OTLP_HEADERS, as name=value"
    );
}

#[test]
fn a_wrong_path_is_told_with_what_to_write() {
    let base = receiver("HTTP/1.1 404 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");

    let general = verdict(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("{base}/collect"))]);
    assert!(general.ends_with(&format!("Write OTEL_EXPORTER_OTLP_ENDPOINT={base}")), "{general}");
    let own = verdict(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &base)]);
    assert!(own.ends_with(&format!("Write OTEL_EXPORTER_OTLP_TRACES_ENDPOINT={base}/v1/traces")), "{own}");
}

#[test]
fn a_destination_that_never_answers_is_told_after_its_own_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    for protocol in ["http/protobuf", "grpc"] {
        let told = verdict(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &base),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "200"),
        ]);
        assert!(told.contains("does not answer within 200ms"), "{protocol}: {told}");
    }
}

/// Takes spans over gRPC, and nothing else.
struct Spans;

#[tonic::async_trait]
impl TraceService for Spans {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        match request.metadata().get("refused") {
            None => Ok(tonic::Response::new(ExportTraceServiceResponse::default())),
            Some(_) => Err(tonic::Status::unauthenticated("unknown key hunter2")),
        }
    }
}

fn grpc_port(tls: Option<Identity>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut server = Server::builder();
            if let Some(identity) = tls {
                server = server.tls_config(ServerTlsConfig::new().identity(identity)).unwrap();
            }
            let connections = TcpIncoming::from(tokio::net::TcpListener::from_std(listener).unwrap());
            server.serve_with_incoming(TraceServiceServer::new(Spans), connections).await.unwrap();
        });
    });
    port
}

#[test]
fn answers_over_grpc_are_told_too() {
    let base = format!("http://127.0.0.1:{}", grpc_port(None));
    let grpc = [("OTEL_EXPORTER_OTLP_ENDPOINT", base.as_str()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];

    let report = examine(&[&grpc[..], &[("OTEL_METRICS_EXPORTER", "otlp")]].concat());
    let told: Vec<_> = report.probes.iter().map(|probe| (probe.signal, probe.is_good())).collect();
    assert_eq!(told, [("traces", true), ("logs", false), ("metrics", false)], "{report}");
    assert!(report.to_string().contains("it speaks gRPC, and takes no logs"), "{report}");

    let told = verdict(&[&grpc[..], &[("OTEL_EXPORTER_OTLP_HEADERS", "refused=hunter2")]].concat());
    assert_eq!(told, "it refused the key: unknown key ***. Check OTEL_EXPORTER_OTLP_HEADERS");
}

#[test]
fn a_port_of_grpc_is_told_when_http_is_spoken() {
    let base = format!("http://127.0.0.1:{}", grpc_port(None));

    let told = verdict(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &base)]);

    assert!(told.contains("set OTEL_EXPORTER_OTLP_PROTOCOL=grpc"), "{told}");
}

#[test]
fn a_port_of_http_is_told_when_grpc_is_spoken() {
    let base = receiver("HTTP/1.1 400 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");

    let told = verdict(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &base), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);

    assert!(told.contains("OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"), "{told}");
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_told_and_can_be_named() {
    // It is its own authority.
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let port = grpc_port(Some(Identity::from_pem(cert.pem(), signing_key.serialize_pem())));
    let base = format!("https://localhost:{port}");
    let grpc = [("OTEL_EXPORTER_OTLP_ENDPOINT", base.as_str()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];

    let told = verdict(&grpc);
    assert!(told.contains("not trusted") && told.contains("OTEL_EXPORTER_OTLP_CERTIFICATE names"), "{told}");

    let file = std::env::temp_dir().join(format!("telemetry-authority-{}.pem", std::process::id()));
    std::fs::write(&file, cert.pem()).unwrap();
    let named = [("OTEL_EXPORTER_OTLP_CERTIFICATE", file.to_str().unwrap()), ("OTEL_LOGS_EXPORTER", "none")];
    let report = examine(&[&grpc[..], &named].concat());
    std::fs::remove_file(&file).unwrap();
    assert!(report.is_healthy(), "{report}");
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let told = verdict(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:1"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such/authority.pem"),
    ]);

    assert!(told.contains("/no/such/authority.pem"), "{told}");
}

#[test]
fn credentials_in_an_endpoint_are_shown_nowhere() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://me:hunter2@{free}/base?key=hunter2");
    for variable in ["EXPLORER_URL", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
        for value in [url.as_str(), "me:hunter2@collector"] {
            let told = examine(&[(variable, value)]).to_string();
            assert!(told.contains("***@") && !told.contains("hunter2"), "{variable}={value}: {told}");
        }
    }
}

#[test]
fn nobody_there_is_told_by_each_protocol() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let base = format!("http://{free}");
    for protocol in ["http/protobuf", "http/json", "grpc"] {
        let report =
            examine(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &base), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)]);
        assert_eq!(report.probes.len(), 2, "spans and log records");
        for probe in &report.probes {
            let verdict = probe.verdict.as_ref().unwrap_err();
            assert!(verdict.contains("nothing listens there"), "{protocol}: {verdict}");
        }
    }
}

#[test]
fn a_host_without_an_address_is_told() {
    let report = examine(&[("EXPLORER_URL", "http://no-such-host.invalid:4318")]);

    let verdict = report.probes[0].verdict.as_ref().unwrap_err();
    assert!(verdict.contains("the name of the host is not known. Check EXPLORER_URL"), "{verdict}");
}

#[test]
fn a_receiver_without_tls_is_told_when_tls_is_spoken() {
    let base =
        receiver("HTTP/1.1 400 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").replace("http", "https");

    let report = examine(&[("EXPLORER_URL", &base)]);

    let verdict = report.probes[0].verdict.as_ref().unwrap_err();
    assert!(verdict.contains("it does not speak TLS"), "{verdict}");
}

#[test]
fn what_is_set_is_shown_with_its_variable_and_what_is_ignored_with_the_reason() {
    let report = examine(&[
        ("OTEL_SERVICE_NAME", "folk"),
        ("OTEL_TRACES_SAMPLER", "half"),
        ("OTEL_PROPAGATORS", "b3"),
        ("RUST_LOG", "users=loud"),
    ]);

    let row = |what: &str| report.settings.iter().find(|row| row.what == what).unwrap();
    assert_eq!(
        (row("service.name").value.as_str(), row("service.name").source.as_str()),
        ("folk", "OTEL_SERVICE_NAME")
    );
    assert_eq!(
        (row("sampler").value.as_str(), row("sampler").source.as_str()),
        ("parentbased_always_on", "default")
    );
    assert_eq!(
        (row("propagators").value.as_str(), row("propagators").source.as_str()),
        ("b3", "OTEL_PROPAGATORS")
    );
    let told = report.to_string();
    assert!(told.contains("OTEL_TRACES_SAMPLER: `half` is not"), "{told}");
    assert!(told.contains("RUST_LOG: "), "{told}");
    assert!(!report.is_healthy(), "what is configured does not hold");
}

#[test]
fn each_value_of_a_destination_comes_with_its_own_variable() {
    let base = receiver("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let report = examine(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://other:1"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &format!("{base}/v1/traces")),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "7"),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "9"),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
    ]);

    let row = |what: &str| {
        let row = report.settings.iter().find(|row| row.what == what).unwrap();
        (row.value.clone(), row.source.clone())
    };
    let pair = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    assert_eq!(row("otlp"), pair(&format!("{base}/v1/traces"), "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"));
    assert_eq!(row("headers"), pair("api-key: ***", "OTEL_EXPORTER_OTLP_HEADERS"));
    assert_eq!(row("compression"), pair("gzip", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION"));
    assert_eq!(row("timeout"), pair("10s", "default"), "what is set is no number");
    assert_eq!(row("links"), pair("7", "OTEL_SPAN_LINK_COUNT_LIMIT"));
    assert_eq!(row("sampler"), pair("parentbased_traceidratio", "OTEL_TRACES_SAMPLER"));
    assert_eq!(row("ratio"), pair("0.5", "OTEL_TRACES_SAMPLER_ARG"));
    assert!(report.idle[0].starts_with("OTEL_EXPORTER_OTLP_ENDPOINT=http://other:1: "), "{:?}", report.idle);
}

#[test]
fn columns_stand_below_each_other() {
    let report = examine(&[("OTEL_SERVICE_NAME", "folk"), ("OTEL_PROPAGATORS", "b3")]).to_string();

    let at = |word: &str| report.lines().find_map(|line| line.find(word)).unwrap();
    let sources = [at("OTEL_SERVICE_NAME"), at("OTEL_PROPAGATORS"), at("default")];
    assert_eq!(sources, [sources[0]; 3], "{report}");
    assert!(report.lines().all(|line| line.len() <= 120 && line.trim_end() == line), "{report}");
}

#[test]
fn a_part_that_is_left_out_does_not_hide_where_the_rest_comes_from() {
    let report = examine(&[("OTEL_PROPAGATORS", "b3,ottrace")]);

    let row = report.settings.iter().find(|row| row.what == "propagators").unwrap();
    assert_eq!((row.value.as_str(), row.source.as_str()), ("b3", "OTEL_PROPAGATORS"));
    assert!(!report.is_healthy());
}

#[test]
fn what_does_nothing_is_told_and_is_no_reason_to_fail() {
    let report = examine(&[("OTEL_TRACES_SAMPLER_ARG", "0.5"), ("HONEYCOMB_API_ENDPOINT", "https://x")]);

    let told = report.to_string();
    assert!(
        told.contains("Variables that do nothing") && told.contains("OTEL_TRACES_SAMPLER_ARG=0.5: "),
        "{told}"
    );
    assert!(report.is_healthy());
}

#[test]
fn a_service_that_would_not_start_is_not_called_healthy() {
    let report = examine(&[]).with_mistakes(vec!["PORT: `many` is no port".to_owned()]);

    let told = report.to_string();
    assert!(told.contains("The service would not start\n  PORT: `many`"), "{told}");
    assert!(!report.is_healthy() && told.ends_with("Not all that is configured works.\n"), "{told}");
}

#[test]
fn a_disabled_sdk_asks_nobody_and_says_so() {
    let report = examine(&[("OTEL_SDK_DISABLED", "true"), ("EXPLORER_URL", "http://127.0.0.1:1")]);

    assert!(report.is_healthy() && report.probes.is_empty());
    assert!(report.to_string().contains("none is asked: OTEL_SDK_DISABLED=true"), "{report}");
}

#[test]
fn without_propagators_no_context_is_read_or_written() {
    let report = examine(&[("OTEL_PROPAGATORS", "none")]);

    assert!(
        report.is_healthy() && report.to_string().contains("Context\n  none is read or written"),
        "{report}"
    );
}

#[test]
fn without_anything_configured_all_is_well() {
    let report = examine(&[]);

    assert!(report.is_healthy() && report.probes.is_empty());
    assert!(report.to_string().contains("EXPLORER_URL=http://127.0.0.1:4318 sends traces"), "{report}");
}
