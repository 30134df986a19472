//! Log records by OTLP over HTTP: the rules of OTLP, and events as those of services.

use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use trace_explorer::Settings;
use trace_explorer::otlp::Status;

use crate::harness::{Running, gzip, json_of, trace_id};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

fn post(explorer: &Running, content_type: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    let url = format!("{}/v1/logs", explorer.base);
    explorer.client.post(url).header("content-type", content_type).body(body)
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

fn text(text: &str) -> AnyValue {
    AnyValue { value: Some(Any::StringValue(text.to_owned())) }
}

/// A record of second `second` of 1970.
pub(crate) fn record(second: u64, message: &str) -> LogRecord {
    LogRecord { time_unix_nano: second * 1_000_000_000, body: Some(text(message)), ..LogRecord::default() }
}

/// A request of one service and one of its instances.
pub(crate) fn request(service: &str, log_records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    let attributes = [("service.name", service), ("service.instance.id", "1")];
    let attributes = attributes.map(|(key, value)| KeyValue {
        key: key.to_owned(),
        value: Some(text(value)),
        ..KeyValue::default()
    });
    let resource = Some(Resource { attributes: attributes.into(), ..Resource::default() });
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs { resource, scope_logs, ..ResourceLogs::default() }],
    }
}

/// The events that a filter pattern finds, as `stream: message`.
pub(crate) async fn found(explorer: &Running, pattern: &str) -> Vec<String> {
    let input = json!({"logGroupName": "otlp", "filterPattern": pattern});
    let answer = explorer.aws_ok("FilterLogEvents", &input).await;
    let events = answer["events"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let told = |event: &Value| {
        let line: Value = serde_json::from_str(event["message"].as_str().unwrap()).unwrap();
        format!("{}: {}", event["logStreamName"].as_str().unwrap(), line["message"].as_str().unwrap())
    };
    events.iter().map(told).collect()
}

#[actix_web::test]
async fn records_are_found_by_trace_level_and_service_however_they_were_sent() {
    let (explorer, _directory) = Running::fresh().await;
    let json = json!({"resourceLogs": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "json"}}]},
        "scopeLogs": [{"scope": {"name": "test"}, "logRecords": [{
            "timeUnixNano": "1000000000", "severityNumber": 17, "traceId": trace_id(7),
            "spanId": "00000000000000b1", "body": {"stringValue": "As JSON"},
        }]}],
    }]});
    let of_trace = |message: &str| LogRecord { trace_id: vec![7; 15], ..record(2, message) };
    let plain = LogRecord {
        trace_id: 7_u128.to_be_bytes().to_vec(),
        span_id: 0xb1_u64.to_be_bytes().to_vec(),
        severity_number: 9,
        ..record(2, "As protobuf")
    };
    let plain = request("protobuf", vec![plain, of_trace("Of no trace")]).encode_to_vec();
    let zipped = LogRecord { trace_id: 8_u128.to_be_bytes().to_vec(), ..record(3, "As gzip") };
    let zipped = gzip(&request("gzip", vec![zipped]).encode_to_vec());

    for (request, expected) in [
        (post(&explorer, JSON, json.to_string()), "{}"),
        (post(&explorer, PROTOBUF, plain), ""),
        (post(&explorer, PROTOBUF, zipped).header("content-encoding", "gzip"), ""),
        (post(&explorer, JSON, "{}"), "{}"),
        (post(&explorer, PROTOBUF, ""), ""),
    ] {
        let response = send(request).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap(), expected);
    }

    let of = |name: &str, value: &str| format!("{{ $.{name} = \"{value}\" }}");
    assert_eq!(
        found(&explorer, &of("trace_id", &trace_id(7))).await,
        ["json: As JSON", "protobuf/1: As protobuf"]
    );
    assert_eq!(found(&explorer, &of("trace_id", &trace_id(8))).await, ["gzip/1: As gzip"]);
    assert_eq!(found(&explorer, &of("span_id", "00000000000000b1")).await.len(), 2);
    assert_eq!(found(&explorer, &of("level", "ERROR")).await, ["json: As JSON"]);
    assert_eq!(found(&explorer, "Of no trace").await, ["protobuf/1: Of no trace"]);
    let stats = explorer.json("/api/stats").await;
    let counts = ["log_events", "accepted_log_events", "rejected_log_records", "refused_requests"];
    assert_eq!(counts.map(|name| stats[name].clone()), [json!(4), json!(4), json!(0), json!(0)]);
}

#[actix_web::test]
async fn records_that_cannot_be_kept_are_a_partial_success() {
    let (explorer, _directory) = Running::fresh().await;
    let attribute =
        |n| KeyValue { key: format!("k{n}"), value: Some(text(&"x".repeat(16_000))), ..KeyValue::default() };
    let huge = LogRecord { attributes: (0..100).map(attribute).collect(), ..record(1, "huge") };
    let body = request("a", vec![huge, record(2, "good")]).encode_to_vec();

    let response = send(post(&explorer, PROTOBUF, body)).await;

    assert_eq!(response.status(), 200);
    let answer = ExportLogsServiceResponse::decode(response.bytes().await.unwrap()).unwrap();
    let partial = answer.partial_success.unwrap();
    assert_eq!(partial.rejected_log_records, 1);
    assert_eq!(partial.error_message, "a log record is larger than 1048576 bytes");
    assert_eq!(found(&explorer, "").await, ["a/1: good"]);
    let stats = explorer.json("/api/stats").await;
    assert_eq!((&stats["rejected_log_records"], &stats["rejected_spans"]), (&json!(1), &json!(0)));
}

#[actix_web::test]
async fn partial_success_in_json_names_log_records() {
    let (explorer, _directory) = Running::fresh().await;
    let attribute = |n: u32| json!({"key": format!("k{n}"), "value": {"stringValue": "x".repeat(16_000)}});
    let attributes: Vec<Value> = (0..100).map(attribute).collect();
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": attributes}]}]}]});

    let answer = json_of(send(post(&explorer, JSON, body.to_string())).await).await;

    let message = "a log record is larger than 1048576 bytes";
    let expected = json!({"rejectedLogRecords": "1", "errorMessage": message});
    assert_eq!(answer, json!({"partialSuccess": expected}));
}

#[actix_web::test]
async fn more_streams_than_there_is_room_for_are_a_partial_success() {
    let (explorer, _directory) = Running::fresh().await;
    let services = |range: std::ops::Range<u32>| {
        let requests = range.map(|n| request(&format!("service-{n}"), vec![record(1, "m")]));
        let resource_logs = requests.flat_map(|request| request.resource_logs).collect();
        ExportLogsServiceRequest { resource_logs }.encode_to_vec()
    };

    let full = send(post(&explorer, PROTOBUF, services(0..10_000))).await;
    let beyond = send(post(&explorer, PROTOBUF, services(9_999..10_002))).await;

    assert_eq!(full.bytes().await.unwrap(), "");
    let answer = ExportLogsServiceResponse::decode(beyond.bytes().await.unwrap()).unwrap();
    let partial = answer.partial_success.unwrap();
    assert_eq!(partial.rejected_log_records, 2);
    assert_eq!(partial.error_message, "there is no room for another log stream");
}

#[actix_web::test]
async fn what_is_not_otlp_is_refused_whole_with_a_status_in_the_same_encoding() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_owned();
    let explorer =
        Running::with(Settings { port: 0, data, max_body_bytes: 100_000, ..Settings::default() }).await;
    let good = request("a", vec![record(1, "good"), record(2, "cut")]).encode_to_vec();
    let bad_id =
        json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{}, {"traceId": "xyz"}]}]}]}).to_string();

    for (content_type, encoding, body, expected) in [
        (PROTOBUF, "identity", b"garbage".to_vec(), 400),
        (PROTOBUF, "identity", good[..good.len() - 1].to_vec(), 400),
        (PROTOBUF, "gzip", good.clone(), 400),
        (PROTOBUF, "identity", vec![0; 100_001], 413),
        (PROTOBUF, "gzip", gzip(&vec![0; 10_000_000]), 413),
        (JSON, "identity", b"[]".to_vec(), 400),
        (JSON, "identity", bad_id.into_bytes(), 400),
        (JSON, "br", b"{}".to_vec(), 415),
    ] {
        let response = send(post(&explorer, content_type, body).header("content-encoding", encoding)).await;

        assert_eq!(response.status().as_u16(), expected, "{content_type} {encoding}");
        assert_eq!(response.headers()["content-type"], content_type);
        let body = response.bytes().await.unwrap();
        let code = match content_type {
            PROTOBUF => Status::decode(body).unwrap().code.into(),
            _ => serde_json::from_slice::<Value>(&body).unwrap()["code"].clone(),
        };
        assert_eq!(code, json!(3), "{content_type} {encoding}");
    }
    assert_eq!(send(post(&explorer, "text/plain", "")).await.status(), 415);
    assert_eq!(explorer.get("/v1/logs").send().await.unwrap().status(), 405);
    let stats = explorer.json("/api/stats").await;
    assert_eq!((&stats["log_events"], &stats["refused_requests"]), (&json!(0), &json!(9)));
}
