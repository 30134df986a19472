//! Log lines: the query API, the page, and lines beside the other things that are known of a request.

use serde_json::{Value, json};
use trace_explorer::{Links, Settings};

use crate::harness::{Running, exception, failed, json_of, request, span, trace_id};

/// A time at which the events of these tests may be put.
fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

fn line(level: &str, message: &str, service: &str, more: &Value) -> String {
    let mut line = json!({"level": level, "message": message, "service.name": service});
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line.to_string()
}

/// Ids of the test's trace and of one of its spans.
fn ids(span: u64) -> Value {
    json!({"trace_id": trace_id(1), "span_id": format!("{span:016x}")})
}

async fn put(explorer: &Running, lines: &[String]) {
    // Either may be there already.
    explorer.aws("CreateLogGroup", &json!({"logGroupName": "cruddur"})).await;
    explorer.aws("CreateLogStream", &json!({"logGroupName": "cruddur", "logStreamName": "users/1"})).await;
    let first = now_ms() - 1000;
    let events: Vec<_> =
        lines.iter().zip(first..).map(|(line, time)| json!({"timestamp": time, "message": line})).collect();
    let input = json!({"logGroupName": "cruddur", "logStreamName": "users/1", "logEvents": events});
    let answer = explorer.aws_ok("PutLogEvents", &input).await;
    assert_eq!(answer.get("rejectedLogEventsInfo"), None, "{answer}");
}

async fn with_lines() -> (Running, tempfile::TempDir) {
    let (explorer, directory) = Running::fresh().await;
    let failed_line =
        json!({"http.request.method": "GET", "url.path": "/home", "http.response.status_code": 500});
    let mut more = ids(2);
    more.as_object_mut().unwrap().extend(failed_line.as_object().unwrap().clone());
    let lines = [
        line("INFO", "Listening", "users", &json!({})),
        line("WARN", "Slow <b>query</b>", "users", &ids(1)),
        line("ERROR", "Request failed", "activities", &more),
        "plain text".to_owned(),
    ];
    put(&explorer, &lines).await;
    (explorer, directory)
}

/// The texts of the lines that a search finds.
async fn found(explorer: &Running, query: &str) -> Vec<String> {
    let answer = explorer.json(&format!("/api/logs?{query}")).await;
    let logs = answer["logs"].as_array().unwrap_or_else(|| panic!("{query}: {answer}"));
    logs.iter().map(|log| log["message"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn lines_are_found_by_text_level_service_trace_and_time() {
    let (explorer, _directory) = with_lines().await;
    let (now, trace) = (now_ms(), trace_id(1));
    for (query, expected) in [
        (String::new(), &["plain text", "Request failed", "Slow <b>query</b>", "Listening"][..]),
        ("q=FAILED".into(), &["Request failed"]),
        ("level=warn".into(), &["Request failed", "Slow <b>query</b>"]),
        ("service=users".into(), &["Slow <b>query</b>", "Listening"]),
        (format!("trace_id={trace}"), &["Request failed", "Slow <b>query</b>"]),
        (format!("trace_id={trace}&span_id=0000000000000002"), &["Request failed"]),
        (format!("since={}", (now + 60_000) * 1_000_000), &[]),
        ("q=".into(), &["plain text", "Request failed", "Slow <b>query</b>", "Listening"]),
    ] {
        assert_eq!(found(&explorer, &query).await, expected, "{query}");
    }
}

#[actix_web::test]
async fn a_long_answer_goes_on_page_by_page() {
    let (explorer, _directory) = Running::fresh().await;
    put(&explorer, &(0..25).map(|number| format!("line {number}")).collect::<Vec<_>>()).await;

    let (mut seen, mut after) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = explorer.json(&format!("/api/logs?limit=10&after={after}")).await;
        seen.extend(
            page["logs"].as_array().unwrap().iter().map(|log| log["message"].as_str().unwrap().to_owned()),
        );
        after = page["next"].as_str().unwrap_or_default().to_owned();
    }

    assert_eq!(seen, (0..25).rev().map(|number| format!("line {number}")).collect::<Vec<_>>());
    assert_eq!(after, "", "there is nothing behind the last page");
}

#[actix_web::test]
async fn a_parameter_that_is_none_is_told() {
    let (explorer, _directory) = Running::fresh().await;
    for (query, says) in [
        ("level=loud", "error, warn, info, debug or trace"),
        ("trace_id=7", "32 hex digits"),
        ("limit=0", "a number from 1 to 1000"),
        ("colour=red", "there is no parameter `colour`"),
    ] {
        let answer = explorer.get(&format!("/api/logs?{query}")).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{query}");
        assert!(json_of(answer).await["message"].as_str().unwrap().contains(says), "{query}");
        let page = explorer.get(&format!("/logs?{query}")).send().await.unwrap();
        assert_eq!(page.status(), 400);
        assert!(page.text().await.unwrap().contains("<form"), "the form is there to mend it");
    }
}

#[actix_web::test]
async fn a_trace_comes_with_its_lines() {
    let (explorer, _directory) = with_lines().await;
    explorer
        .send(&request("edge", &[span(1, 1, 0, "GET /home"), failed(span(1, 2, 1, "store"), "no")]))
        .await;
    let path = format!("/traces/{}", trace_id(1));

    let trace = explorer.json(&format!("/api/traces/{}", trace_id(1))).await;
    let page = explorer.text(&format!("{path}?span=0000000000000002")).await;
    let text = explorer.text(&format!("{path}?format=text")).await;

    assert_eq!(trace["logs"].as_array().unwrap().len(), 2, "{trace}");
    assert_eq!(trace["logs"][1]["span_id"], "0000000000000002");
    assert!(page.contains("Log lines") && page.contains("GET /home → 500"), "{page}");
    assert!(!page.contains("Slow &lt;b&gt;"), "the panel has the lines of its own span only");
    assert!(page.contains(&format!("/logs?trace_id={}&amp;span_id=0000000000000002", trace_id(1))));
    assert!(text.contains("2 log lines") && text.contains("error activities Request failed"), "{text}");
}

#[actix_web::test]
async fn a_trace_of_which_there_are_lines_alone_has_a_page() {
    let (explorer, _directory) = with_lines().await;

    let page = explorer.get(&format!("/traces/{}", trace_id(1))).send().await.unwrap();

    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("2 log lines of this trace"));
}

#[actix_web::test]
async fn a_line_leads_to_its_trace_and_to_its_report_and_both_lead_back() {
    let (explorer, _directory) = Running::fresh().await;
    let uuid = explorer.report(&exception(1, 2, "store::Error", "no row")).await;
    let mut more = ids(2);
    more["rollbar.occurrence.uuid"] = json!(uuid);
    put(&explorer, &[line("ERROR", "Request failed", "users", &more)]).await;

    let logs = explorer.text("/logs").await;
    let item = explorer.text(&format!("/errors/items/{uuid}")).await;

    assert!(logs.contains(&format!("/traces/{}?span=0000000000000002", trace_id(1))), "{logs}");
    assert!(logs.contains(&format!("<a href=\"/errors/items/{uuid}\">its report</a>")), "{logs}");
    assert!(item.contains(&format!("/logs?trace_id={}", trace_id(1))), "{item}");
}

#[actix_web::test]
async fn the_page_follows_with_the_same_search() {
    let (explorer, _directory) = with_lines().await;

    let still = explorer.text("/logs?q=failed&level=error").await;
    let following = explorer.text("/logs?q=failed&level=error&follow=1").await;

    assert!(!still.contains("http-equiv=\"refresh\""));
    assert!(still.contains("/logs?q=failed&amp;level=error&amp;follow=1"), "{still}");
    assert!(following.contains("http-equiv=\"refresh\" content=\"2\""), "{following}");
    put(&explorer, &[line("ERROR", "Also failed", "users", &json!({}))]).await;
    let again = explorer.text("/logs?q=failed&level=error&follow=1").await;
    assert!(again.contains("Also failed") && again.contains("Request failed"));
}

#[actix_web::test]
async fn what_a_stranger_wrote_is_text() {
    let (explorer, _directory) = Running::fresh().await;
    let odd = "<script>alert(1)</script>\u{1b}[2J\u{202e}\n<img src=x>";
    put(&explorer, &[line("INFO", odd, "<script>", &json!({ odd: odd })), odd.to_owned()]).await;

    let page = explorer.text("/logs").await;

    assert!(!page.contains("<script>") && !page.contains("<img"), "{page}");
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'), "{page}");
}

#[actix_web::test]
async fn vendors_that_have_it_too_are_a_link_away() {
    let directory = tempfile::tempdir().unwrap();
    let links = Links {
        honeycomb: Some("acme".into()),
        rollbar: Some("https://rollbar.com".into()),
        cloudwatch: Some(("cruddur".into(), "eu-central-1".into())),
    };
    let settings = Settings { port: 0, data: directory.path().to_owned(), links, ..Settings::default() };
    let explorer = Running::with(settings).await;
    explorer.send(&request("edge", &[span(1, 1, 0, "GET /home")])).await;
    let uuid = explorer.report(&exception(1, 1, "store::Error", "no row")).await;
    put(&explorer, &[line("ERROR", "Request failed", "users", &ids(1))]).await;

    let trace = explorer.text(&format!("/traces/{}", trace_id(1))).await;
    let item = explorer.text(&format!("/errors/items/{uuid}")).await;
    let logs = explorer.text("/logs").await;

    let (honeycomb, cloudwatch) =
        ("https://ui.honeycomb.io/acme/trace?", "https://eu-central-1.console.aws.");
    assert!(trace.contains(honeycomb) && trace.contains(cloudwatch), "{trace}");
    assert!(item.contains(&format!("https://rollbar.com/occurrence/uuid/?uuid={uuid}")), "{item}");
    assert!(item.contains(honeycomb) && item.contains(cloudwatch) && logs.contains(cloudwatch));
}
