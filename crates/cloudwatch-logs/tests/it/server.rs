//! Servers to talk to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::rt;
use serde_json::{Value, json};
use tempfile::TempDir;
use trace_explorer::{Server, Settings};

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// An explorer, which takes the API of CloudWatch Logs with its rules.
pub(crate) struct Explorer {
    pub(crate) base: String,
    _data: TempDir,
}

impl Explorer {
    #[expect(clippy::unused_async, reason = "it must run inside a runtime")]
    pub(crate) async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let settings = Settings { port: 0, data: data.path().to_owned(), ..Settings::default() };
        let server = Server::start(settings, |_| {}).unwrap();
        let base = format!("http://{}", server.address());
        rt::spawn(server.serve(std::future::pending()));
        Self { base, _data: data }
    }

    /// What an operation of the API answers.
    pub(crate) async fn ask(&self, operation: &str, input: Value) -> Value {
        let request = reqwest::Client::new().post(&self.base).body(input.to_string());
        let request = request.header("content-type", "application/x-amz-json-1.1");
        let answer =
            request.header("x-amz-target", format!("Logs_20140328.{operation}")).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// Time and message of all events of a stream, the earliest first.
    pub(crate) async fn events(&self, group: &str, stream: &str) -> Vec<(i64, String)> {
        let (mut events, mut token) = (Vec::new(), None::<String>);
        loop {
            let mut input = json!({"logGroupName": group, "logStreamName": stream, "startFromHead": true});
            if let Some(token) = &token {
                input["nextToken"] = json!(token);
            }
            let page = self.ask("GetLogEvents", input).await;
            let found = page["events"].as_array().unwrap_or_else(|| panic!("{page}"));
            let text = |event: &Value| event["message"].as_str().unwrap().to_owned();
            events.extend(found.iter().map(|event| (event["timestamp"].as_i64().unwrap(), text(event))));
            let next = page["nextForwardToken"].as_str().map(str::to_owned);
            if next == token {
                return events;
            }
            token = next;
        }
    }
}

/// What a server that is none does with a call.
#[derive(Clone)]
pub(crate) enum Act {
    /// Answers with a status and a body.
    Answer(u16, &'static str),
    /// Takes it.
    Take,
    /// Closes the connection.
    Close,
    /// Never answers.
    Hang,
}

/// A server that works through a list of acts, one a call, and goes on with the last one; and the operations that it was asked
/// for.
pub(crate) fn acting(acts: &[Act]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let (acts, asked_for) = (acts.to_vec(), Arc::clone(&asked));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let (acts, asked_for) = (acts.clone(), Arc::clone(&asked_for));
            thread::spawn(move || serve(connection, &acts, &asked_for));
        }
    });
    (address, asked)
}

fn serve(mut connection: TcpStream, acts: &[Act], asked_for: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    while let Some(operation) = read(&mut reader) {
        let act = {
            let mut asked_for = asked_for.lock().unwrap();
            asked_for.push(operation);
            acts[(asked_for.len() - 1).min(acts.len() - 1)].clone()
        };
        let (status, body) = match act {
            Act::Answer(status, body) => (status, body),
            Act::Take => (200, "{}"),
            Act::Close => return,
            Act::Hang => loop {
                thread::park();
            },
        };
        let head = format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n", body.len());
        let written = write!(connection, "{head}content-type: application/x-amz-json-1.1\r\n\r\n{body}");
        if written.is_err() {
            return;
        }
    }
}

/// Reads one request; its operation.
fn read(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut operation, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => value.rsplit('.').next().unwrap_or_default().clone_into(&mut operation),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(operation)
}
