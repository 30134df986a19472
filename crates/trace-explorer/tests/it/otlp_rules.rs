//! The rules of OTLP over HTTP, one by one.

use std::io::Write;
use std::net::TcpStream;

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use serde_json::{Value, json};
use trace_explorer::Settings;
use trace_explorer::otlp::Status;

use crate::harness::{Running, gzip, json_of, request, span, trace_id};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

fn protobuf(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn good_span() -> Span {
    Span { trace_id: vec![1; 16], span_id: vec![2; 8], name: "good".to_owned(), ..Span::default() }
}

/// Sends a body and checks the status code, the content type, and the `google.rpc.Status` in it.
async fn refused(
    explorer: &Running,
    content_type: &str,
    encoding: &str,
    body: Vec<u8>,
    status: u16,
) -> String {
    let response =
        explorer.post(content_type, body).header("content-encoding", encoding).send().await.unwrap();
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(response.headers()["content-type"], content_type);
    let body = response.bytes().await.unwrap();
    if content_type == PROTOBUF {
        let status = Status::decode(&body[..]).unwrap();
        assert_eq!(status.code, 3);
        return status.message;
    }
    let status: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(status["code"], 3);
    status["message"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn an_empty_request_succeeds_in_both_encodings() {
    let (explorer, _directory) = Running::fresh().await;

    for (content_type, body, answer) in
        [(PROTOBUF, "", ""), (JSON, "{}", "{}"), ("application/json; charset=utf-8", "{}", "{}")]
    {
        let response = explorer.post(content_type, body).send().await.unwrap();

        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], content_type.split(';').next().unwrap());
        assert_eq!(response.text().await.unwrap(), answer);
    }
}

#[actix_web::test]
async fn gzip_and_identity_bring_the_same_span() {
    let (explorer, _directory) = Running::fresh().await;
    let body = protobuf(vec![good_span()]);

    let plain =
        explorer.post(PROTOBUF, body.clone()).header("content-encoding", "identity").send().await.unwrap();
    let zipped =
        explorer.post(PROTOBUF, gzip(&body)).header("content-encoding", "gzip").send().await.unwrap();

    assert_eq!((plain.status().as_u16(), zipped.status().as_u16()), (200, 200));
    let stats = explorer.json("/api/stats").await;
    assert_eq!((&stats["spans"], &stats["repeated_spans"]), (&json!(1), &json!(1)));
}

#[actix_web::test]
async fn spans_that_cannot_be_kept_are_a_partial_success() {
    let (explorer, _directory) = Running::fresh().await;
    let zero = Span { trace_id: vec![0; 16], ..good_span() };
    let short = Span { span_id: vec![1; 7], ..good_span() };

    let response = explorer.post(PROTOBUF, protobuf(vec![zero, good_span(), short])).send().await.unwrap();

    assert_eq!(response.status(), 200);
    let answer = ExportTraceServiceResponse::decode(response.bytes().await.unwrap()).unwrap();
    let partial = answer.partial_success.unwrap();
    assert_eq!(partial.rejected_spans, 2);
    assert_eq!(partial.error_message, "a span's trace_id is all zero");
    assert_eq!(explorer.json("/api/stats").await["spans"], 1);
    assert_eq!(explorer.json("/api/stats").await["rejected_spans"], 2);
}

#[actix_web::test]
async fn partial_success_in_json_writes_the_number_as_text() {
    let (explorer, _directory) = Running::fresh().await;
    let mut bad = span(1, 2, 0, "bad");
    bad["parentSpanId"] = json!("abcd");

    let body = request("a", &[span(1, 1, 0, "good"), bad]).to_string();
    let answer = json_of(explorer.post(JSON, body).send().await.unwrap()).await;

    let expected = json!({"rejectedSpans": "1", "errorMessage": "a span's parent_span_id is wrong length"});
    assert_eq!(answer, json!({"partialSuccess": expected}));
}

#[actix_web::test]
async fn what_is_not_otlp_is_400_with_a_status_in_the_same_encoding() {
    let (explorer, _directory) = Running::fresh().await;
    let zipped = gzip(&protobuf(vec![good_span()]));

    refused(&explorer, PROTOBUF, "identity", b"garbage".to_vec(), 400).await;
    refused(&explorer, PROTOBUF, "identity", protobuf(vec![good_span()])[..9].to_vec(), 400).await;
    refused(&explorer, PROTOBUF, "gzip", b"not gzip".to_vec(), 400).await;
    let message = refused(&explorer, PROTOBUF, "gzip", zipped[..zipped.len() - 3].to_vec(), 400).await;
    assert_eq!(message, "the body is not valid gzip");
    refused(&explorer, JSON, "identity", b"{\"resourceSpans\":[".to_vec(), 400).await;
    refused(&explorer, JSON, "identity", b"[]".to_vec(), 400).await;
    refused(
        &explorer,
        JSON,
        "identity",
        br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"SPAN_KIND_SERVER"}]}]}]}"#.to_vec(),
        400,
    )
    .await;
    assert_eq!(explorer.json("/api/stats").await["spans"], 0);
}

#[actix_web::test]
async fn values_nested_without_end_are_400_and_not_a_crash() {
    let (explorer, _directory) = Running::fresh().await;
    let depth = 100_000;
    let value = format!("{}{}", r#"{"arrayValue":{"values":["#.repeat(depth), "]}}".repeat(depth));
    let attribute = format!(r#"{{"key":"k","value":{value}}}"#);
    let json = format!(r#"{{"resourceSpans":[{{"resource":{{"attributes":[{attribute}]}}}}]}}"#);
    // AnyValue { array_value: ArrayValue { values: [AnyValue { .. }] } }, written from the inside.
    let mut any_value = Vec::new();
    for _ in 0..5_000 {
        for tag in [0x0a, 0x2a] {
            let mut outer = vec![tag];
            prost::encoding::encode_varint(any_value.len() as u64, &mut outer);
            outer.extend_from_slice(&any_value);
            any_value = outer;
        }
    }
    for tag in [0x12, 0x0a, 0x0a, 0x0a] {
        let mut outer = vec![tag];
        prost::encoding::encode_varint(any_value.len() as u64, &mut outer);
        outer.extend_from_slice(&any_value);
        any_value = outer;
    }

    refused(&explorer, JSON, "identity", json.into_bytes(), 400).await;
    let message = refused(&explorer, PROTOBUF, "identity", any_value, 400).await;

    assert_eq!(message, "values are nested deeper than 48 levels");
}

#[actix_web::test]
async fn too_large_a_body_is_413_before_and_after_decompression() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_owned();
    let explorer =
        Running::with(Settings { port: 0, data, max_body_bytes: 100_000, ..Settings::default() }).await;
    let bomb = gzip(&vec![0; 50 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);

    refused(&explorer, PROTOBUF, "identity", vec![0; 100_001], 413).await;
    let message = refused(&explorer, PROTOBUF, "gzip", bomb, 413).await;

    assert_eq!(message, "the request is larger than 100000 bytes, before or after decompression");
}

#[actix_web::test]
async fn other_content_types_encodings_and_methods_are_refused() {
    let (explorer, _directory) = Running::fresh().await;
    let url = format!("{}/v1/traces", explorer.base);

    let missing = explorer.client.post(&url).body("{}").send().await.unwrap();
    let plain = explorer.post("text/plain", "{}").send().await.unwrap();
    let get = explorer.get("/v1/traces").send().await.unwrap();
    let brotli = refused(&explorer, JSON, "br", b"{}".to_vec(), 415).await;

    assert_eq!((missing.status().as_u16(), plain.status().as_u16(), get.status().as_u16()), (415, 415, 405));
    assert_eq!(get.headers()["allow"], "POST");
    assert_eq!(brotli, "Content-Encoding must be gzip or identity");
}

#[actix_web::test]
async fn a_full_queue_is_503_with_retry_after() {
    for path in ["/v1/traces", "/v1/logs"] {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().to_owned();
        let settings =
            Settings { port: 0, data, max_body_bytes: 2_000, queue_bytes: 2_000, ..Settings::default() };
        let explorer = Running::with(settings).await;
        let url = format!("{}{path}", explorer.base);
        let send = || explorer.client.post(&url).header("content-type", PROTOBUF).body(vec![0; 1_000]).send();
        // A sender that has begun and does not end holds its part of the queue.
        let slow = || {
            let mut slow = TcpStream::connect(explorer.base.trim_start_matches("http://")).unwrap();
            write!(slow, "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {PROTOBUF}\r\nContent-Length: 1501\r\n\r\n").unwrap();
            slow.write_all(&[0; 1_500]).unwrap();
            slow
        };

        let mut all = Vec::new();
        let response = loop {
            // One that comes while another body fills the queue is refused and holds nothing.
            all.push(slow());
            let response = send().await.unwrap();
            if response.status() != 400 {
                break response;
            }
        };

        assert_eq!(
            (response.status().as_u16(), &response.headers()["retry-after"]),
            (503, &"1".parse().unwrap())
        );
        assert_eq!(Status::decode(response.bytes().await.unwrap()).unwrap().code, 14);
        drop(all);
        while send().await.unwrap().status() == 503 {}
    }
}

/// `examples/trace.json` of the protocol's own repository, with its unknown-to-us and its optional fields.
#[actix_web::test]
async fn the_example_of_the_specification_is_read() {
    let (explorer, _directory) = Running::fresh().await;
    let example = json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "my.service"}}]},
        "scopeSpans": [{
            "scope": {"name": "my.library", "version": "1.0.0",
                "attributes": [{"key": "my.scope.attribute", "value": {"stringValue": "some scope attribute"}}]},
            "spans": [{
                "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174",
                "parentSpanId": "EEE19B7EC3C1B173", "name": "I'm a server span",
                "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000", "kind": 2,
                "attributes": [{"key": "my.span.attr", "value": {"stringValue": "some value"}}],
            }],
        }],
    }]});

    explorer.send(&example).await;

    let trace = explorer.json("/api/traces/5b8efff798038103d269b633813fc60c").await;
    let span = &trace["spans"][0];
    assert_eq!(span["span_id"], "eee19b7ec3c1b174");
    assert_eq!(span["parent_span_id"], "eee19b7ec3c1b173");
    assert_eq!((&span["service"], &span["kind"]), (&json!("my.service"), &json!("server")));
    assert_eq!(span["start_unix_nano"], json!(1_544_712_660_000_000_000_u64));
    assert_eq!(span["duration_nano"], json!(1_000_000_000));
    assert_eq!(span["attributes"], json!({"my.span.attr": "some value"}));
    assert_eq!(span["scope"], json!({"name": "my.library", "version": "1.0.0"}));
    assert_eq!((&trace["logs"], &trace["errors"]), (&json!([]), &json!([])));
}

#[actix_web::test]
async fn every_form_that_json_allows_is_read() {
    let (explorer, _directory) = Running::fresh().await;
    let mut span = span(1, 1, 0, "forms");
    span["startTimeUnixNano"] = json!(1_000_000_000);
    span["aFieldOfTheFuture"] = json!({"deeply": ["unknown"]});
    span["status"] = Value::Null;
    span["attributes"] = json!([
        {"key": "int.text", "value": {"intValue": "-5"}},
        {"key": "int.number", "value": {"intValue": 9_007_199_254_740_993_i64}},
        {"key": "double.nan", "value": {"doubleValue": "NaN"}},
        {"key": "double.whole", "value": {"doubleValue": 3}},
        {"key": "bytes", "value": {"bytesValue": "AQID"}},
        {"key": "array.empty", "value": {"arrayValue": {}}},
        {"key": "array", "value": {"arrayValue": {"values": [{"boolValue": true}, {}]}}},
        {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "v"}}]}}},
        {"key": "nothing", "value": {}},
        {"key": "null", "value": null},
    ]);

    explorer.send(&request("a", &[span])).await;

    let trace = explorer.json(&format!("/api/traces/{}", trace_id(1))).await;
    let expected = json!({
        "int.text": -5, "int.number": 9_007_199_254_740_993_i64, "double.nan": "NaN", "double.whole": 3.0,
        "bytes": "010203", "array.empty": [], "array": [true, null], "map": {"k": "v"}, "nothing": null, "null": null,
    });
    assert_eq!(trace["spans"][0]["attributes"], expected);
    assert_eq!(trace["spans"][0]["status"], json!({"code": "unset", "message": ""}));
}

#[actix_web::test]
async fn one_span_cannot_fill_the_store() {
    let (explorer, _directory) = Running::fresh().await;
    let mut huge = span(1, 1, 0, "huge");
    let attributes = (0..1_000).map(|n| json!({"key": format!("k{n}"), "value": {"intValue": n}}));
    huge["attributes"] = attributes.collect();
    let mut long = span(1, 2, 0, "long");
    long["attributes"] = json!([{"key": "text", "value": {"stringValue": "é".repeat(20_000)}}]);

    explorer.send(&request("a", &[huge, long])).await;

    let trace = explorer.json(&format!("/api/traces/{}", trace_id(1))).await;
    assert_eq!(trace["spans"][0]["attributes"].as_object().unwrap().len(), 256);
    assert_eq!(trace["spans"][0]["dropped_attributes_count"], 744);
    let text = trace["spans"][1]["attributes"]["text"].as_str().unwrap();
    assert!(text.len() <= 16 * 1024 && text.ends_with("é… [cut, 40000 bytes]"));
}
