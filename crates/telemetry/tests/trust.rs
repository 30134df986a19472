//! Whose context becomes ours, and who gets it: a real service between a caller that writes its own header lines and callees
//! that keep what they were sent.

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

mod wire;

use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::{Duration, Instant};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use reqwest_middleware::ClientWithMiddleware;
use serde_json::{Value, json};
use telemetry::client::{self, ClientSettings};
use telemetry::propagation::BaggageRules;
use telemetry::server::Tracing;
use telemetry::testing::{self, Recorder};

use wire::{Callee, Head};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";
const SAMPLED: (&str, &str) = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
const NOT_SAMPLED: (&str, &str) = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
const BAGGAGE: (&str, &str) = ("baggage", "experiment=blue;ttl=1,role=admin,Experiment=red");

thread_local! {
    /// What the one worker of a service records.
    static RECORDER: &'static Recorder = Box::leak(Box::new(testing::record()));
}

/// A service that believes its callers as `trust` says.
struct Service {
    address: SocketAddr,
    callee: Callee,
}

impl Service {
    fn trusting(trust: &str) -> Self {
        Self::start(&Tracing::new(trust.parse().unwrap()), Callee::answering("200 OK", ""))
    }

    /// A service that sends context to `callee` and nobody else.
    fn start(tracing: &Tracing, callee: Callee) -> Self {
        let tracing = tracing.clone().untraced(["/recorded"]);
        let callees =
            ClientSettings { propagate_to: vec![callee.address.to_string()], ..ClientSettings::calling([]) };
        let client = web::Data::new(client::traced(&callees).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = move || {
            HttpServer::new(move || {
                RECORDER.with(|_| ());
                App::new()
                    .app_data(client.clone())
                    .route("/call/{port}", web::get().to(call))
                    .route("/recorded", web::get().to(recorded))
                    .wrap(tracing.clone())
            })
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run()
        };
        std::thread::spawn(|| actix_web::rt::System::new().block_on(async { server().await }));
        Self { address, callee }
    }

    /// What a request with `lines` became.
    fn receive(&self, lines: &[(&str, &str)]) -> Outcome {
        let traceresponse = self.call(&self.callee, lines);
        let mut calls = self.callee.received();
        assert_eq!(calls.len(), 1);
        Outcome { traceresponse, call: calls.remove(0) }
    }

    /// Has the service call `callee` for a request with `lines`; the ids of the request.
    fn call(&self, callee: &Callee, lines: &[(&str, &str)]) -> Ids {
        let answer = wire::ask(self.address, &format!("GET /call/{}", callee.address.port()), lines, "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        Ids::read(answer.head.all("traceresponse")[0])
    }

    /// The SERVER spans that have ended.
    fn recorded(&self) -> Vec<Value> {
        let answer = wire::ask(self.address, "GET /recorded", &[], "");
        serde_json::from_str(&answer.body).unwrap()
    }

    /// The one SERVER span, which ends a moment after its answer.
    fn span(&self) -> Value {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            let mut spans = self.recorded();
            if let Some(span) = spans.pop() {
                assert!(spans.is_empty(), "{spans:?}");
                return span;
            }
            assert!(Instant::now() < patience, "no span was recorded");
        }
    }
}

/// Calls a port of loopback with all headers of its own request, as a careless handler would, and without following what
/// the answer says.
async fn call(
    request: HttpRequest,
    port: web::Path<u16>,
    client: web::Data<ClientWithMiddleware>,
) -> HttpResponse {
    let mut call = client.get(format!("http://127.0.0.1:{port}/"));
    for (name, value) in request.headers() {
        if !["host", "connection", "content-length"].contains(&name.as_str()) {
            call = call.header(name.as_str(), value.as_bytes());
        }
    }
    match call.send().await {
        Ok(_) => HttpResponse::Ok().finish(),
        Err(error) => HttpResponse::BadGateway().body(error.to_string()),
    }
}

async fn recorded() -> HttpResponse {
    let spans = RECORDER.with(|recorder| recorder.spans());
    let servers = spans.iter().filter(|span| span.span_kind == opentelemetry::trace::SpanKind::Server);
    let described = servers.map(|span| {
        let links = span.links.iter().map(|link| &link.span_context);
        json!({
            "trace": span.span_context.trace_id().to_string(),
            "parent": span.parent_span_id.to_string(),
            "links": links.map(|link| format!("{}-{}", link.trace_id(), link.span_id())).collect::<Vec<_>>(),
        })
    });
    HttpResponse::Ok().json(described.collect::<Vec<_>>())
}

/// What became of a request.
struct Outcome {
    traceresponse: Ids,
    /// What the callee was sent.
    call: Head,
}

impl Outcome {
    /// Whether our trace is the caller's, said to both sides alike.
    fn is_believed(&self) -> bool {
        assert_eq!(self.sent().trace, self.traceresponse.trace, "one request is one trace");
        self.traceresponse.trace == TRACE
    }

    fn sent(&self) -> Ids {
        let parents = self.call.all("traceparent");
        assert_eq!(parents.len(), 1, "{:?}", self.call);
        Ids::read(parents[0])
    }

    fn baggage(&self) -> String {
        self.call.all("baggage").join(",")
    }
}

struct Ids {
    trace: String,
    flags: String,
}

impl Ids {
    fn read(text: &str) -> Self {
        let fields: Vec<&str> = text.split('-').collect();
        Self { trace: fields[1].to_owned(), flags: fields[3].to_owned() }
    }
}

#[test]
fn an_id_that_a_stranger_sends_never_becomes_ours_but_is_a_link() {
    let service = Service::trusting("public");

    let outcome = service.receive(&[SAMPLED, ("tracestate", "evil=1")]);

    assert!(!outcome.is_believed());
    assert!(outcome.call.all("tracestate").is_empty(), "the state belongs to the trace that does not go on");
    let span = service.span();
    assert_eq!(span["trace"], outcome.traceresponse.trace);
    assert_eq!(span["parent"], "0000000000000000");
    assert_eq!(span["links"], json!([format!("{TRACE}-{SPAN}")]));
}

#[test]
fn a_stranger_without_a_valid_parent_is_no_link() {
    let service = Service::trusting("public");

    service.receive(&[("traceparent", "00-0-0-01"), BAGGAGE]);

    assert_eq!(service.span()["links"], json!([]));
}

#[test]
fn a_caller_of_ours_is_the_parent() {
    let service = Service::trusting("internal");

    let outcome = service.receive(&[SAMPLED, ("tracestate", "ours=1")]);

    assert!(outcome.is_believed());
    assert_eq!(outcome.call.all("tracestate"), ["ours=1"]);
    let span = service.span();
    assert_eq!((&span["parent"], &span["links"]), (&json!(SPAN), &json!([])));
}

#[test]
fn a_stranger_cannot_hide_a_request() {
    let public = Service::trusting("public");
    let internal = Service::trusting("internal");

    assert_eq!(public.receive(&[NOT_SAMPLED]).sent().flags, "03", "ids made here are random");
    assert_eq!(public.span()["links"], json!([format!("{TRACE}-{SPAN}")]));
    assert_eq!(internal.receive(&[NOT_SAMPLED]).sent().flags, "00", "a caller of ours can");
    assert!(internal.recorded().is_empty());
}

/// The sampler is chosen for a process by its environment, so this test runs in one of its own.
#[test]
fn a_stranger_cannot_have_a_request_recorded() {
    const SAMPLER: (&str, &str) = ("OTEL_TRACES_SAMPLER", "parentbased_always_off");
    if std::env::var(SAMPLER.0).as_deref() != Ok(SAMPLER.1) {
        let this = ["--exact", "a_stranger_cannot_have_a_request_recorded"];
        let again =
            Command::new(std::env::current_exe().unwrap()).args(this).envs([SAMPLER]).output().unwrap();
        let said = String::from_utf8_lossy(&again.stdout);
        assert!(again.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let public = Service::trusting("public");
    let internal = Service::trusting("internal");

    let outcome = public.receive(&[SAMPLED]);

    assert_eq!((&*outcome.sent().flags, &*outcome.traceresponse.flags), ("02", "02"));
    assert!(public.recorded().is_empty());
    assert_eq!(internal.receive(&[SAMPLED]).sent().flags, "01", "a caller of ours can");
    assert_eq!(internal.span()["parent"], SPAN);
}

#[test]
fn baggage_of_a_stranger_is_dropped() {
    assert_eq!(Service::trusting("public").receive(&[SAMPLED, BAGGAGE]).baggage(), "");
    assert_eq!(Service::trusting("public").receive(&[BAGGAGE]).baggage(), "");
    assert_eq!(
        Service::trusting("internal").receive(&[SAMPLED, BAGGAGE]).baggage(),
        "Experiment=red,experiment=blue;ttl=1,role=admin",
        "that of a caller of ours is not"
    );
}

#[test]
fn baggage_of_a_stranger_is_kept_by_the_list() {
    let rules = BaggageRules { from_strangers: vec!["experiment".to_owned(), "absent".to_owned()] };
    let tracing = Tracing::new("public".parse().unwrap()).baggage(rules);
    let service = Service::start(&tracing, Callee::answering("200 OK", ""));

    let outcome = service.receive(&[SAMPLED, BAGGAGE]);

    assert_eq!(outcome.baggage(), "experiment=blue;ttl=1");
    assert!(!outcome.is_believed(), "what is kept of the baggage does not bring the trace along");
    assert_eq!(service.span()["parent"], "0000000000000000");
}

#[test]
fn peers_are_believed_by_the_address_of_their_connection() {
    for (trust, believed) in [
        ("127.0.0.1", true),
        ("127.0.0.0/8", true),
        ("10.0.0.0/8", false),
        ("10.0.0.0/8,127.0.0.1", true),
        ("::1", false),
    ] {
        let outcome = Service::trusting(trust).receive(&[SAMPLED, BAGGAGE]);

        assert_eq!(outcome.is_believed(), believed, "{trust}");
        assert_eq!(outcome.baggage().is_empty(), !believed, "{trust}");
    }
}

#[test]
fn peers_are_not_believed_by_what_they_say_of_their_address() {
    for line in [
        ("x-forwarded-for", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1"),
        ("x-real-ip", "10.0.0.1"),
        ("true-client-ip", "10.0.0.1"),
        ("via", "1.1 10.0.0.1"),
    ] {
        assert!(!Service::trusting("10.0.0.0/8").receive(&[line, SAMPLED]).is_believed(), "{line:?}");
    }
    let far = ("x-forwarded-for", "203.0.113.9");
    assert!(
        Service::trusting("127.0.0.1").receive(&[far, SAMPLED]).is_believed(),
        "nor are they disbelieved"
    );
}

#[test]
fn a_host_that_is_not_listed_gets_no_context_of_any_format() {
    let service = Service::trusting("internal");
    let foreign = Callee::answering("200 OK", "");
    let copied = [
        SAMPLED,
        BAGGAGE,
        ("tracestate", "ours=1"),
        ("b3", "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1"),
        ("X-B3-TraceId", TRACE),
        ("X-B3-SpanId", SPAN),
        ("X-B3-ParentSpanId", SPAN),
        ("X-B3-Sampled", "1"),
        ("X-B3-Flags", "1"),
        ("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793"),
        ("uber-trace-id", "1:2:0:1"),
        ("uberctx-user", "londo"),
        ("x-request-id", "42"),
    ];

    service.call(&foreign, &copied);

    let received = foreign.received().remove(0);
    let names: Vec<&str> = received.0.iter().map(|(name, _)| &**name).collect();
    assert_eq!(received.all("x-request-id"), ["42"], "other headers are the handler's business");
    for (name, _) in &copied[..copied.len() - 1] {
        assert!(!names.contains(&&*name.to_lowercase()), "{name}: {names:?}");
    }
}

#[test]
fn a_listed_host_gets_our_context_alone() {
    let service = Service::trusting("public");

    let outcome = service.receive(&[
        SAMPLED,
        BAGGAGE,
        ("tracestate", "evil=1"),
        ("b3", "0"),
        ("uber-trace-id", "1:2:0:1"),
    ]);

    assert!(!outcome.is_believed(), "although the handler copied what it was sent");
    for name in ["tracestate", "baggage", "b3", "uber-trace-id"] {
        assert!(outcome.call.all(name).is_empty(), "{name}");
    }
}

#[test]
fn a_redirect_takes_the_context_nowhere() {
    let elsewhere = Callee::answering("200 OK", "");
    let location = format!("location: http://{}/\r\n", elsewhere.address);
    let redirecting = Callee::answering("307 Temporary Redirect", &location);
    let service = Service::start(&Tracing::new("internal".parse().unwrap()), redirecting);

    let outcome = service.receive(&[SAMPLED]);

    assert!(outcome.is_believed());
    assert!(elsewhere.received().is_empty());
}
