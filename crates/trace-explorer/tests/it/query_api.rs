//! `/api/…` and `/health/…`.

use serde_json::json;

use crate::harness::{Running, failed, json_of, request, resource_spans, span, trace_id};

#[actix_web::test]
async fn a_trace_is_listed_with_its_root_its_services_and_its_errors() {
    let (explorer, _directory) = Running::fresh().await;
    let edge = resource_spans("edge", &[span(1, 1, 0, "GET /home")]);
    let users = resource_spans("users", &[failed(span(1, 2, 1, "SELECT users"), "locked")]);
    explorer.send(&json!({"resourceSpans": [users, edge]})).await;

    let answer = explorer.json("/api/traces").await;

    let expected = json!({
        "trace_id": trace_id(1), "root_service": "edge", "root_name": "GET /home", "root_error": false,
        "start_unix_nano": 1_001_000_000, "duration_nano": 11_000_000, "span_count": 2, "error_count": 1,
        "services": ["edge", "users"],
    });
    assert_eq!(answer, json!({"traces": [expected], "next": null}));
}

#[actix_web::test]
async fn a_trace_without_its_root_is_listed_by_its_earliest_top_span() {
    let (explorer, _directory) = Running::fresh().await;
    explorer
        .send(&request(
            "users",
            &[span(1, 5, 4, "inner"), span(1, 4, 3, "GET /users"), span(1, 6, 2, "later")],
        ))
        .await;

    let answer = explorer.json("/api/traces").await;

    assert_eq!(answer["traces"][0]["root_name"], "GET /users");
}

#[actix_web::test]
async fn every_condition_selects() {
    let (explorer, _directory) = Running::fresh().await;
    explorer.send(&request("edge", &[span(1, 1, 0, "home")])).await;
    explorer.send(&request("edge", &[span(2, 1, 0, "search"), failed(span(2, 50, 1, "inner"), "")])).await;
    explorer.send(&request("users", &[span(3, 1, 0, "Home page")])).await;

    let check = async |query: &str, traces: &[u32]| {
        let expected: Vec<String> = traces.iter().map(|&number| trace_id(number)).collect();
        assert_eq!(explorer.found(query).await, expected, "{query}");
    };
    check("", &[3, 2, 1]).await;
    check("service=edge", &[2, 1]).await;
    check("service=nobody", &[]).await;
    check("name=home", &[3, 1]).await;
    check("service=edge&name=home", &[1]).await;
    check("status=error", &[2]).await;
    check("status=ok", &[3, 1]).await;
    check("min_duration_ms=20", &[2]).await;
    check("max_duration_ms=20", &[3, 1]).await;
    check("attr=http.route%3D/search", &[2]).await;
    check("attr=http.route%3D/search&attr=service.name%3Dedge", &[2]).await;
    check("attr=http.route%3D/search&attr=service.name%3Dusers", &[]).await;
    check("since=2000000000", &[3, 2]).await;
    check("until=1970-01-01T00:00:02.5Z", &[2, 1]).await;
    check("since=9&until=8", &[]).await;
    check("limit=1", &[3]).await;
}

#[actix_web::test]
async fn pages_of_a_search_follow_each_other() {
    let (explorer, _directory) = Running::fresh().await;
    for number in 1..=5 {
        explorer.send(&request("edge", &[span(number, 1, 0, "home")])).await;
    }

    let mut found = Vec::new();
    let mut address = "/api/traces?limit=2".to_owned();
    loop {
        let answer = explorer.json(&address).await;
        found.extend(answer["traces"].as_array().unwrap().iter().map(|trace| trace["trace_id"].clone()));
        let Some(next) = answer["next"].as_str() else { break };
        address = format!("/api/traces?limit=2&after={next}");
    }

    assert_eq!(found, (1..=5).rev().map(trace_id).collect::<Vec<_>>());
}

#[actix_web::test]
async fn mistakes_are_answered_in_json_that_says_what_is_accepted() {
    let (explorer, _directory) = Running::fresh().await;

    let check = async |path: &str, status: u16, error: &str, message: &str| {
        let response = explorer.get(path).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        let answer = json_of(response).await;
        assert_eq!(answer["error"], error, "{path}");
        assert!(answer["message"].as_str().unwrap().contains(message), "{answer}");
    };
    check("/api/traces?status=bad", 400, "bad_parameter", "`error` or `ok`").await;
    check("/api/traces?limit=many", 400, "bad_parameter", "1 to 1000").await;
    check("/api/traces?nmae=x", 400, "bad_parameter", "there is no parameter `nmae`").await;
    check("/api/traces/xyz", 400, "bad_trace_id", "32 hex digits").await;
    check(&format!("/api/traces/{}", trace_id(0)), 400, "bad_trace_id", "all zero").await;
    check(&format!("/api/traces/{}", trace_id(1)), 404, "not_found", "no such trace").await;
    check(&format!("/api/traces/{}?format=xml", trace_id(1)), 400, "bad_parameter", "`otlp`").await;
    check("/api/nothing", 404, "not_found", "nothing at this address").await;
    check("/v1/metrics", 404, "not_found", "nothing at this address").await;
    let post = explorer.client.post(format!("{}/api/traces", explorer.base)).send().await.unwrap();
    assert_eq!(post.status(), 405);
    assert_eq!(json_of(post).await["error"], "method_not_allowed");
}

#[actix_web::test]
async fn what_is_exported_can_be_posted_to_another_explorer() {
    let (explorer, _directory) = Running::fresh().await;
    let (other, _other_directory) = Running::fresh().await;
    let mut span = failed(span(1, 1, 0, "home"), "no");
    span["events"] = json!([{"timeUnixNano": "1002000000", "name": "exception", "attributes": [
        {"key": "exception.type", "value": {"stringValue": "Error"}},
        {"key": "nan", "value": {"doubleValue": "NaN"}},
        {"key": "bytes", "value": {"bytesValue": "AQID"}},
    ]}]);
    span["links"] = json!([{"traceId": trace_id(9), "spanId": "0000000000000009"}]);
    span["traceState"] = json!("a=b");
    let users = resource_spans("users", &[crate::harness::span(1, 2, 1, "inner")]);
    explorer.send(&json!({"resourceSpans": [resource_spans("edge", &[span]), users]})).await;
    let path = format!("/api/traces/{}", trace_id(1));

    let exported = explorer.json(&format!("{path}?format=otlp")).await;
    other.send(&exported).await;

    assert_eq!(other.json(&path).await, explorer.json(&path).await);
}

#[actix_web::test]
async fn a_span_that_is_sent_twice_is_kept_once_and_a_different_one_of_that_id_is_marked() {
    let (explorer, _directory) = Running::fresh().await;
    explorer.send(&request("edge", &[span(1, 1, 0, "first")])).await;
    explorer.send(&request("edge", &[span(1, 1, 0, "first")])).await;
    explorer.send(&request("edge", &[span(1, 1, 0, "second")])).await;

    let trace = explorer.json(&format!("/api/traces/{}", trace_id(1))).await;

    let spans = trace["spans"].as_array().unwrap();
    let mut names: Vec<_> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["first", "second"]);
    assert!(spans.iter().all(|span| span["duplicate_id"] == true));
}

#[actix_web::test]
async fn services_statistics_and_health_are_answered() {
    let (explorer, _directory) = Running::fresh().await;
    explorer.send(&request("users", &[span(1, 1, 0, "a"), span(2, 1, 0, "b")])).await;
    explorer.send(&request("edge", &[span(1, 2, 1, "c")])).await;

    let services = explorer.json("/api/services").await;
    let stats = explorer.json("/api/stats").await;

    let expected = json!([{"name": "edge", "span_count": 1}, {"name": "users", "span_count": 2}]);
    assert_eq!(services, json!({"services": expected}));
    assert_eq!(
        (&stats["spans"], &stats["traces"], &stats["accepted_spans"]),
        (&json!(3), &json!(2), &json!(3))
    );
    assert!(stats["bytes"].as_u64().unwrap() > 0 && stats["uptime_seconds"].is_u64());
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(explorer.get(path).send().await.unwrap().status(), 200);
    }
}
