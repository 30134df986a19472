//! The doctor against destinations in each state, real ones on free ports.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;

const SERVICE: ServiceInfo = ServiceInfo { name: "users", version: "1.2.3" };

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
    let report = examine(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &base), ("OTEL_LOGS_EXPORTER", "none")]);
    assert_eq!(report.probes.len(), 1);
    let verdict = report.probes[0].verdict.as_ref().unwrap_err();
    assert!(verdict.contains(expected), "{answer:?}: {verdict}");
    assert!(!report.is_healthy());
}

#[test]
fn a_receiver_that_takes_spans_is_healthy() {
    let base = receiver("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");

    let report = examine(&[("EXPLORER_URL", &base)]);

    assert_eq!(report.probes[0].verdict, Ok("it takes traces".to_owned()));
    assert!(report.is_healthy(), "{report}");
}

#[test]
fn each_answer_is_told_in_plain_words() {
    check(
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: 15\r\nconnection: close\r\n\r\nunknown API key",
        "refused the key: unknown API key. Check OTEL_EXPORTER_OTLP_HEADERS",
    );
    check("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "/v1/traces");
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
    let base = receiver("HTTP/1.1 401 X\r\ncontent-length: 15\r\nconnection: close\r\n\r\nunknown API key");

    let report = examine(&[("HONEYCOMB_API_KEY", "hunter2"), ("HONEYCOMB_API_ENDPOINT", &base)]);

    let told = report.to_string();
    assert!(told.contains("Honeycomb refused the key: unknown API key. Check HONEYCOMB_API_KEY"), "{told}");
    assert!(told.contains("x-honeycomb-team: ***") && !told.contains("hunter2"), "{told}");
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
fn without_anything_configured_all_is_well() {
    let report = examine(&[]);

    assert!(report.is_healthy() && report.probes.is_empty());
    assert!(report.to_string().contains("EXPLORER_URL=http://127.0.0.1:4318 is a start"));
}

#[test]
fn every_propagator_round_trips() {
    for names in ["tracecontext,baggage", "b3", "b3multi", "xray", "jaeger", "none", "b3,baggage"] {
        assert_eq!(examine(&[("OTEL_PROPAGATORS", names)]).round_trip, Ok(()), "{names}");
    }
}
