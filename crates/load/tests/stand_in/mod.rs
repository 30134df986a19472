//! A stand-in for the public API and the explorer, in one server on a free port. It answers as they do, and leaves
//! the traces that they would leave, with the faults that a test asks for.

mod trace;

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde_json::{Value, json};

/// What is wrong with the stack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    #[default]
    None,
    /// No trace shows the call of this service.
    CallLeftOut(&'static str),
    /// The CLIENT spans never arrive.
    ParentLeftOut,
    /// No span ever arrives.
    UnknownToTheExplorer,
    /// Each trace is unknown to the explorer when it is asked for the first time.
    HiddenAtFirst,
    /// Answers lack the header.
    NoTraceresponse,
    /// Searches have this status.
    SearchAnswers(u16),
    /// Searches are never answered.
    SearchHangs,
    /// Searches are answered without users.
    Degraded,
}

/// A running stand-in; it stops when it is dropped.
pub(crate) struct StandIn {
    /// `http://127.0.0.1:PORT`
    pub(crate) address: String,
    state: Data<State>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    fault: Fault,
    requests: AtomicUsize,
    contexts: AtomicUsize,
    /// Calls by trace id, and how often the explorer was asked for it.
    traces: Mutex<HashMap<String, (Vec<trace::Call>, usize)>>,
}

impl StandIn {
    /// Starts one with this fault.
    pub(crate) fn start(fault: Fault) -> Self {
        let state = Data::from(Arc::new(State { fault, ..State::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sender, receiver) = mpsc::channel();
        let shared = state.clone();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || App::new().app_data(shared.clone()).configure(routes);
                let server =
                    HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
                sender.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self { address, state, handle: receiver.recv().unwrap(), thread: Some(thread) }
    }

    /// Requests with a trace context of their own.
    pub(crate) fn contexts_received(&self) -> usize {
        self.state.contexts.load(Ordering::SeqCst)
    }

    /// Requests to the public API.
    pub(crate) fn requests_received(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/health/ready", web::get().to(HttpResponse::Ok))
        .route("/api/traces", web::get().to(|| async { HttpResponse::Ok().json(json!({"traces": []})) }))
        .route("/api/traces/{id}", web::get().to(tell))
        .route("/traces/{id}", web::get().to(waterfall))
        .route("/api/activities", web::post().to(public))
        .route("/api/activities/{which}", web::get().to(public))
        .route("/api/activities/{uuid}/reply", web::post().to(public));
}

/// Any request of the public API.
async fn public(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let number = state.requests.fetch_add(1, Ordering::SeqCst) + 1;
    if request.headers().contains_key("traceparent") {
        state.contexts.fetch_add(1, Ordering::SeqCst);
    }
    let fault = state.fault;
    let search = request.path().ends_with("/search");
    if search && fault == Fault::SearchHangs {
        std::future::pending::<()>().await;
    }
    let trace_id = format!("{number:032x}");
    let calls = trace::calls(request.method(), request.path(), state.fault);
    state.traces.lock().unwrap().insert(trace_id.clone(), (calls, 0));
    let mut response = match fault {
        Fault::SearchAnswers(status) if search => HttpResponse::build(StatusCode::from_u16(status).unwrap()),
        _ => HttpResponse::Ok(),
    };
    if fault != Fault::NoTraceresponse {
        response.insert_header(("traceresponse", format!("00-{trace_id}-{}-01", trace::ROOT)));
    }
    if fault == Fault::Degraded && search {
        response.insert_header(("x-degraded", "users"));
    }
    match *request.method() {
        actix_web::http::Method::POST => response.json(json!({"uuid": format!("activity-{number}")})),
        _ => response.json(json!([{"uuid": "activity-0"}])),
    }
}

/// What the explorer knows of a trace.
async fn tell(id: Path<String>, state: Data<State>) -> HttpResponse {
    let unknown = || HttpResponse::NotFound().json(json!({"error": "not_found"}));
    let mut traces = state.traces.lock().unwrap();
    let Some((calls, asked)) = traces.get_mut(id.as_str()) else { return unknown() };
    *asked += 1;
    let hidden = state.fault == Fault::HiddenAtFirst && *asked == 1;
    if hidden || state.fault == Fault::UnknownToTheExplorer {
        return unknown();
    }
    let spans: Vec<Value> = trace::spans(calls, state.fault);
    HttpResponse::Ok().json(json!({"trace_id": id.as_str(), "spans": spans, "logs": [], "errors": []}))
}

async fn waterfall(request: HttpRequest, id: Path<String>) -> HttpResponse {
    assert_eq!(request.headers().get("accept").unwrap(), "text/plain");
    HttpResponse::Ok().content_type("text/plain").body(format!("the waterfall of {id}\n"))
}
