//! A destination of telemetry that misbehaves at first, by OTLP over HTTP and by the APIs of Rollbar and of CloudWatch Logs.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::{Value, json};

use crate::request::{self, Request};

/// What the destination does with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Takes it, and says so.
    Take,
    /// Takes it after this time.
    TakeAfter(Duration),
    /// Takes it but for so many items: OTLP's partial success, or what CloudWatch found too old.
    Partly(u8),
    /// Answers with this status and a short JSON body.
    Answer(u16),
    /// Answers 429 and asks for a pause of one second, as a number.
    PauseInSeconds,
    /// Answers 429 and asks for a pause until a second from now, as a date.
    PauseUntilDate,
    /// Answers 200 with bytes that mean nothing.
    Garbage,
    /// Answers 200 with a body of 5 MiB.
    Flood,
    /// Closes the connection.
    Close,
    /// Never answers.
    Hang,
}

/// A destination that works through a list of acts, one a request, and goes on with the last one for ever.
#[derive(Clone)]
pub struct Faulty {
    /// `http://127.0.0.1:PORT`.
    pub address: String,
    state: Arc<Mutex<State>>,
}

struct State {
    acts: Vec<Act>,
    attempts: usize,
    /// Bodies of requests that were taken, as a whole or in part.
    taken: Vec<Vec<u8>>,
}

impl Faulty {
    /// Starts one on a free port. It lives as long as the test's process.
    #[must_use]
    pub fn start(acts: &[Act]) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").unwrap(), acts)
    }

    /// Starts one on a port that was nobody's so far.
    #[must_use]
    pub fn start_on(port: &str, acts: &[Act]) -> Self {
        Self::listen(TcpListener::bind(format!("127.0.0.1:{port}")).unwrap(), acts)
    }

    fn listen(listener: TcpListener, acts: &[Act]) -> Self {
        assert!(!acts.is_empty(), "a destination does something");
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = State { acts: acts.to_vec(), attempts: 0, taken: Vec::new() };
        let faulty = Self { address, state: Arc::new(Mutex::new(state)) };
        let serving = faulty.clone();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(connection));
            }
        });
        faulty
    }

    /// How many requests came so far.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.state.lock().unwrap().attempts
    }

    /// The bodies that were taken so far.
    #[must_use]
    pub fn taken(&self) -> Vec<Vec<u8>> {
        self.state.lock().unwrap().taken.clone()
    }

    /// The messages of all log events that were taken so far.
    #[must_use]
    pub fn log_messages(&self) -> Vec<String> {
        let bodies = self.taken();
        let bodies = bodies.iter().filter_map(|body| serde_json::from_slice::<Value>(body).ok());
        let events = bodies.filter_map(|body| body["logEvents"].as_array().cloned()).flatten();
        events.map(|event| event["message"].as_str().unwrap().to_owned()).collect()
    }

    /// The ids of all spans that were taken so far.
    #[must_use]
    pub fn span_ids(&self) -> Vec<Vec<u8>> {
        let requests = self.taken();
        let requests = requests.iter().filter_map(|body| ExportTraceServiceRequest::decode(&body[..]).ok());
        let scopes =
            requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).map(|span| span.span_id).collect()
    }

    /// The items that were taken so far.
    #[must_use]
    pub fn items(&self) -> Vec<Value> {
        let bodies = self.taken();
        let bodies = bodies.iter().filter_map(|body| serde_json::from_slice::<Value>(body).ok());
        bodies.filter(|body| body["data"].is_object()).collect()
    }

    /// From now on it takes everything.
    pub fn recover(&self) {
        self.state.lock().unwrap().acts = vec![Act::Take];
    }

    fn next_act(&self) -> Act {
        let mut state = self.state.lock().unwrap();
        state.attempts += 1;
        if state.acts.len() > 1 { state.acts.remove(0) } else { state.acts[0].clone() }
    }

    /// Answers on one connection until the caller, or an act, ends it.
    fn serve(&self, mut connection: TcpStream) {
        let mut reader = BufReader::new(connection.try_clone().unwrap());
        while let Some(request) = request::read(&mut reader) {
            let act = self.next_act();
            if let Act::TakeAfter(pause) = act {
                thread::sleep(pause);
            }
            let answer = match act {
                Act::Hang => return std::mem::forget(connection),
                Act::Close => return,
                _ => answer(&act, &request),
            };
            if matches!(act, Act::Take | Act::TakeAfter(_) | Act::Partly(_)) {
                self.state.lock().unwrap().taken.push(request.body);
            }
            if connection.write_all(&answer).is_err() {
                return;
            }
        }
    }
}

/// The bytes of an answer.
fn answer(act: &Act, request: &Request) -> Vec<u8> {
    let (is_item, is_put) = (request.path() == "/api/1/item/", request.path() == "/");
    let refused = json!({"err": 1, "message": "not today"}).to_string().into_bytes();
    let (status, header, body) = match act {
        Act::Answer(status) => (*status, String::new(), refused),
        Act::PauseInSeconds => (429, "retry-after: 1\r\n".to_owned(), refused),
        Act::PauseUntilDate => (429, format!("retry-after: {}\r\n", in_a_second()), refused),
        Act::Garbage => (200, String::new(), vec![0xff; 40]),
        Act::Flood => (200, String::new(), vec![b' '; 5 << 20]),
        Act::Partly(count) if is_put => (
            200,
            String::new(),
            json!({"rejectedLogEventsInfo": {"tooOldLogEventEndIndex": count}}).to_string().into(),
        ),
        // `ExportTraceServiceResponse { partial_success: { rejected_spans: count } }`, as protobuf.
        Act::Partly(count) => (200, String::new(), vec![0x0a, 2, 0x08, *count]),
        _ if is_item => (200, String::new(), receipt(&request.body)),
        _ => (200, String::new(), Vec::new()),
    };
    let mut answer =
        format!("HTTP/1.1 {status} X\r\n{header}content-length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend(body);
    answer
}

/// What Rollbar answers to an item that it takes.
fn receipt(item: &[u8]) -> Vec<u8> {
    let item: Value = serde_json::from_slice(item).expect("an item is JSON");
    json!({"err": 0, "result": {"uuid": item["data"]["uuid"]}}).to_string().into_bytes()
}

fn in_a_second() -> String {
    httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2))
}
