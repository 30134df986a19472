//! The explorer as a process: what it prints, how it stops, which exit code it has.

#![expect(clippy::unwrap_used, reason = "a panic is the failure report")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const TRACE: &str = "5b8efff798038103d269b633813fc60c";

fn command(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_explorer"));
    command.env_clear().envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts one on a free port and waits for its line.
fn start(data: &Path) -> (Child, Value) {
    let data = data.to_str().unwrap();
    let mut child = command(&[("EXPLORER_PORT", "0"), ("EXPLORER_DATA", data)]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn ask(line: &Value, request: &str) -> String {
    let address = format!("127.0.0.1:{}", line["server.port"]);
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

fn send_a_span(line: &Value) {
    let body = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"{TRACE}","spanId":"eee19b7ec3c1b174","name":"a"}}]}}]}}]}}"#
    );
    let length = body.len();
    let head =
        "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close";
    let answer = ask(line, &format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}"));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn has_the_span(line: &Value) -> bool {
    let answer = ask(
        line,
        &format!("GET /api/traces/{TRACE} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
    );
    answer.starts_with("HTTP/1.1 200")
}

fn failure(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stderr.clone()).unwrap())
}

#[test]
fn it_says_where_it_listens_and_stops_on_sigterm_and_ctrl_c_without_losing_a_span() {
    let data = tempfile::tempdir().unwrap();
    for name in ["TERM", "INT"] {
        let (mut child, line) = start(data.path());
        assert_eq!((&line["message"], &line["level"]), (&"Listening".into(), &"INFO".into()));
        assert_eq!(
            (&line["service.name"], &line["server.address"]),
            (&"explorer".into(), &"127.0.0.1".into())
        );
        let grpc = line["server.grpc_port"].as_u64().unwrap().try_into().unwrap();
        drop(TcpStream::connect(("127.0.0.1", grpc)).unwrap());
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
        send_a_span(&line);

        signal(&child, name);

        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    let (mut child, line) = start(data.path());
    assert!(has_the_span(&line));
    signal(&child, "TERM");
    child.wait().unwrap();
}

#[test]
fn a_span_that_was_accepted_survives_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let (mut child, line) = start(data.path());
    send_a_span(&line);
    signal(&child, "KILL");
    child.wait().unwrap();

    let (mut child, line) = start(data.path());

    assert!(has_the_span(&line));
    signal(&child, "TERM");
    child.wait().unwrap();
}

#[test]
fn the_health_check_asks_the_explorer_of_the_same_settings() {
    let data = tempfile::tempdir().unwrap();
    let (mut child, line) = start(data.path());
    let port = line["server.port"].to_string();
    let check = || command(&[("EXPLORER_PORT", &port)]).arg("healthcheck").output().unwrap();

    assert_eq!(failure(&check()), (Some(0), String::new()));

    signal(&child, "TERM");
    child.wait().unwrap();
    let (code, message) = failure(&check());
    assert_eq!(code, Some(1));
    assert!(message.starts_with(&format!("no answer from 127.0.0.1:{port}")), "{message}");
}

#[test]
fn mistakes_in_the_settings_are_reported_at_once_with_exit_code_2() {
    let output = command(&[("EXPLORER_HOST", "nowhere"), ("EXPLORER_PORT", "x")]).output().unwrap();

    let (code, message) = failure(&output);

    assert_eq!(code, Some(2));
    assert!(
        message.contains("EXPLORER_HOST is `nowhere`") && message.contains("EXPLORER_PORT is `x`"),
        "{message}"
    );
}

#[test]
fn an_address_that_is_taken_is_named_with_exit_code_1() {
    let data = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let port = address.port().to_string();

    for taken in ["EXPLORER_PORT", "EXPLORER_GRPC_PORT"] {
        let free = [("EXPLORER_PORT", "0"), ("EXPLORER_DATA", data.path().to_str().unwrap())];
        let output = command(&free).env(taken, &port).output().unwrap();

        let (code, message) = failure(&output);
        assert_eq!(code, Some(1));
        assert_eq!(message, format!("cannot listen on {address}: Address already in use (os error 98)\n"));
    }
}

#[test]
fn a_data_directory_that_cannot_be_used_is_named_with_exit_code_1() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let path = file.to_str().unwrap();

    let output = command(&[("EXPLORER_PORT", "0"), ("EXPLORER_DATA", path)]).output().unwrap();

    let (code, message) = failure(&output);
    assert_eq!(code, Some(1));
    assert_eq!(message, format!("cannot use the data directory: {path}: File exists (os error 17)\n"));
}
