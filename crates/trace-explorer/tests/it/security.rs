//! Telemetry is written by strangers, and so are the other pages in the same browser.

use serde_json::json;

use crate::harness::{Running, failed, request, span, trace_id};

#[actix_web::test]
async fn a_strange_host_is_refused_everywhere() {
    let (explorer, _directory) = Running::fresh().await;

    for path in ["/", "/api/traces", "/v1/traces", "/health/live"] {
        let response = explorer.get(path).header("host", "evil.test:4318").send().await.unwrap();

        assert_eq!(response.status(), 403, "{path}");
        assert!(response.text().await.unwrap().contains("\"host_not_allowed\""));
    }
}

#[actix_web::test]
async fn every_answer_forbids_scripts_frames_and_sniffing_and_none_allows_another_origin() {
    let (explorer, _directory) = Running::fresh().await;

    for path in ["/", "/api/stats", "/nothing", "/assets/explorer.css"] {
        let response = explorer.get(path).header("origin", "http://evil.test").send().await.unwrap();

        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'")
                && policy.contains("frame-ancestors 'none'")
        );
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"));
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(!headers.contains_key("access-control-allow-origin"));
    }
}

#[actix_web::test]
async fn what_strangers_write_is_escaped_on_every_page() {
    let (explorer, _directory) = Running::fresh().await;
    let attack = "\"><img src=x onerror=alert(1)>'<script>&";
    let mut span = failed(span(1, 1, 0, attack), attack);
    span["attributes"] = json!([{"key": attack, "value": {"stringValue": attack}}]);
    span["events"] = json!([{"name": attack, "attributes": [{"key": attack, "value": {"arrayValue": {"values": [{"stringValue": attack}]}}}]}]);
    span["links"] = json!([{"traceId": "6a617661736372697074", "spanId": "", "traceState": attack}]);
    explorer.send(&request(attack, &[span])).await;

    for path in [
        "/".to_owned(),
        format!("/traces?name={}", "%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"),
        format!("/traces/{}", trace_id(1)),
        format!("/traces/{}?span=0000000000000001", trace_id(1)),
    ] {
        let page = explorer.text(&path).await;

        assert!(!page.contains("<img") && !page.contains("<script"), "{path}: {page}");
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "{path}");
    }
}

#[actix_web::test]
async fn what_strangers_write_does_not_reach_the_terminal_as_control_characters() {
    let (explorer, _directory) = Running::fresh().await;
    let attack = "a\x1b[2J\r\n\u{202e}b\u{9b}\u{2028}\u{7}c";
    explorer.send(&request(attack, &[failed(span(1, 1, 0, attack), attack)])).await;

    let text = explorer.text(&format!("/traces/{}?format=text&width=400", trace_id(1))).await;

    assert!(text.contains(r"a\u{1b}[2J\r\n\u{202e}b\u{9b}\u{2028}\u{7}c"), "{text}");
    let unsafe_characters = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2028}".contains(c);
    assert!(!text.contains(unsafe_characters), "{text:?}");
}
