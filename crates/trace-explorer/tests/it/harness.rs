//! A running explorer, and telemetry to send to it.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use actix_web::rt;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use trace_explorer::{Server, ServerError, Settings};

/// The access token of all reports.
pub(crate) const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// An explorer that stops when it is told to.
pub(crate) struct Running {
    pub(crate) client: Client,
    pub(crate) base: String,
    pub(crate) grpc: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: rt::task::JoinHandle<Result<(), ServerError>>,
}

impl Running {
    /// Starts one on a free port with a directory of its own, which lasts as long as the second value.
    pub(crate) async fn fresh() -> (Self, TempDir) {
        let directory = tempfile::tempdir().unwrap();
        (Self::start(directory.path()).await, directory)
    }

    pub(crate) async fn start(directory: &Path) -> Self {
        Self::with(Settings { port: 0, data: directory.to_owned(), ..Settings::default() }).await
    }

    #[expect(clippy::unused_async, reason = "it must run inside a runtime")]
    pub(crate) async fn with(settings: Settings) -> Self {
        let server = Server::start(settings, |_| {}).unwrap();
        let (base, grpc) = (format!("http://{}", server.address()), server.grpc_address());
        let (stop, stopped) = oneshot::channel();
        let serving = rt::spawn(server.serve(async move { drop(stopped.await) }));
        Self { client: Client::new(), base, grpc, stop, serving }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.serving.await.unwrap().unwrap();
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    pub(crate) fn post(&self, content_type: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.client.post(format!("{}/v1/traces", self.base)).header("content-type", content_type).body(body)
    }

    /// Sends spans as OTLP/JSON, which must be accepted whole.
    pub(crate) async fn send(&self, request: &Value) {
        let response = self.post("application/json", request.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap(), "{}");
    }

    /// A request to Rollbar's API as its SDKs make it.
    pub(crate) fn rollbar(&self, path: &str, payload: &Value) -> RequestBuilder {
        let request =
            self.client.post(format!("{}{path}", self.base)).header("content-type", "application/json");
        request.header("x-rollbar-access-token", TOKEN).body(payload.to_string())
    }

    /// Reports an item, which must be accepted, and returns its uuid.
    pub(crate) async fn report(&self, data: &Value) -> String {
        let response = self.rollbar("/api/1/item/", &json!({"data": data})).send().await.unwrap();
        let (status, body) = (response.status(), json_of(response).await);
        assert_eq!((status.as_u16(), &body["err"]), (200, &json!(0)), "{body}");
        body["result"]["uuid"].as_str().unwrap().to_owned()
    }

    /// A request to the CloudWatch Logs API as SDKs of AWS make it.
    pub(crate) fn aws_request(&self, operation: &str) -> RequestBuilder {
        let request = self.client.post(&self.base).header("content-type", "application/x-amz-json-1.1");
        request.header("x-amz-target", format!("Logs_20140328.{operation}"))
    }

    /// The status and the answer of an operation; null if it has no body.
    pub(crate) async fn aws(&self, operation: &str, input: &Value) -> (u16, Value) {
        let response = self.aws_request(operation).body(input.to_string()).send().await.unwrap();
        let (status, body) = (response.status().as_u16(), response.text().await.unwrap());
        (status, if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() })
    }

    pub(crate) async fn aws_ok(&self, operation: &str, input: &Value) -> Value {
        let (status, answer) = self.aws(operation, input).await;
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// Makes a log stream, and its group if that is missing.
    pub(crate) async fn make_stream(&self, group: &str, stream: &str) {
        self.aws("CreateLogGroup", &json!({"logGroupName": group})).await;
        self.aws_ok("CreateLogStream", &json!({"logGroupName": group, "logStreamName": stream})).await;
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        json_of(self.get(path).send().await.unwrap()).await
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        self.get(path).send().await.unwrap().text().await.unwrap()
    }

    /// The ids of the traces that a search finds.
    pub(crate) async fn found(&self, query: &str) -> Vec<String> {
        let answer = self.json(&format!("/api/traces?{query}")).await;
        let traces = answer["traces"].as_array().unwrap_or_else(|| panic!("{answer}"));
        traces.iter().map(|trace| trace["trace_id"].as_str().unwrap().to_owned()).collect()
    }
}

pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

pub(crate) async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// A trace id that is easy to see in a failure.
pub(crate) fn trace_id(number: u32) -> String {
    format!("{number:032x}")
}

/// A span of 10 ms that starts at second `number` of 1970; `parent` 0 is none.
pub(crate) fn span(trace: u32, id: u32, parent: u32, name: &str) -> Value {
    let start = u64::from(trace) * 1_000_000_000 + u64::from(id) * 1_000_000;
    let parent = if parent == 0 { String::new() } else { format!("{parent:016x}") };
    json!({
        "traceId": trace_id(trace), "spanId": format!("{id:016x}"), "parentSpanId": parent, "name": name, "kind": 2,
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + 10_000_000).to_string(),
        "attributes": [{"key": "http.route", "value": {"stringValue": format!("/{name}")}}],
    })
}

pub(crate) fn failed(mut span: Value, message: &str) -> Value {
    span["status"] = json!({"code": 2, "message": message});
    span
}

/// One request with the spans of one service.
pub(crate) fn request(service: &str, spans: &[Value]) -> Value {
    json!({"resourceSpans": [resource_spans(service, spans)]})
}

pub(crate) fn resource_spans(service: &str, spans: &[Value]) -> Value {
    let name = json!({"key": "service.name", "value": {"stringValue": service}});
    json!({"resource": {"attributes": [name]}, "scopeSpans": [{"scope": {"name": "test"}, "spans": spans}]})
}

/// A message of a service.
pub(crate) fn message(service: &str, text: &str) -> Value {
    json!({
        "environment": "test", "level": "error", "body": {"message": {"body": text}},
        "custom": {"service": service},
    })
}

/// An exception in a span.
pub(crate) fn exception(trace: u32, id: u32, class: &str, says: &str) -> Value {
    let frame =
        |method: &str, line: u32| json!({"filename": "src/store.rs", "lineno": line, "method": method});
    json!({
        "environment": "test", "custom": {"service": "users"},
        "body": {"trace": {
            "frames": [frame("main", 3), frame("find", 88)], "exception": {"class": class, "message": says},
        }},
        "attributes": [
            {"key": "trace_id", "value": trace_id(trace)}, {"key": "span_id", "value": format!("{id:016x}")},
        ],
    })
}
