//! The pages and the text for terminals.

use serde_json::json;

use crate::harness::{Running, failed, request, resource_spans, span, trace_id};

async fn with_a_trace() -> (Running, tempfile::TempDir) {
    let (explorer, directory) = Running::fresh().await;
    let edge = resource_spans("edge", &[span(1, 1, 0, "GET /home"), span(1, 3, 1, "GET /unread")]);
    let mut select = failed(span(1, 2, 1, "SELECT users"), "database is locked");
    select["events"] = json!([{"timeUnixNano": "1003000000", "name": "exception", "attributes": [
        {"key": "exception.stacktrace", "value": {"stringValue": "line one\nline two"}},
    ]}]);
    let orphan = span(1, 9, 0xdead, "consume");
    explorer.send(&json!({"resourceSpans": [edge, resource_spans("users", &[select, orphan])]})).await;
    (explorer, directory)
}

#[actix_web::test]
async fn the_waterfall_is_text_for_a_terminal() {
    let (explorer, _directory) = with_a_trace().await;
    let path = format!("/traces/{}", trace_id(1));

    let accepted = explorer.get(&path).header("accept", "text/plain").send().await.unwrap();
    assert_eq!(accepted.headers()["content-type"], "text/plain; charset=utf-8");
    let text = accepted.text().await.unwrap();
    let asked = explorer.text(&format!("{path}?format=text&width=80")).await;

    let expected = "\
edge GET /home
trace 00000000000000000000000000000001  1970-01-01 00:00:01.001 UTC
18 ms  4 spans  2 services  depth 2  ✗ 1 error
! 1 span has a parent that has not arrived (yet)

                                 0               9 ms          18 ms
edge GET /home                  ▕██████████████████               ▏ 10 ms
├─ users SELECT users           ▕ ███████████████████             ▏ 10 ms  ✗ database is locked
└─ edge GET /unread             ▕   ███████████████████           ▏ 10 ms
(missing span 000000000000dead) ▕              ░░░░░░░░░░░░░░░░░░░▏ 10 ms
└─ users consume                ▕              ███████████████████▏ 10 ms
";
    assert_eq!(asked, expected);
    assert!(text.lines().nth(6).unwrap().chars().count() > asked.lines().nth(6).unwrap().chars().count());
}

#[actix_web::test]
async fn the_page_shows_rows_bars_and_what_is_missing() {
    let (explorer, _directory) = with_a_trace().await;

    let page = explorer.text(&format!("/traces/{}", trace_id(1))).await;

    for part in [
        "<b>edge</b> GET /home",
        "1 span has a parent that has not arrived (yet)",
        "<em>missing span 000000000000dead</em>",
        "class=\"gone\"",
        "<circle class=\"exception\"",
        "1 error inside",
        " bad\" x=\"5.56%\" y=\"33\" width=\"55.56%\"",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("style=") && !page.contains("<script"));
}

#[actix_web::test]
async fn the_details_of_a_span_are_a_link_away() {
    let (explorer, _directory) = with_a_trace().await;
    let path = format!("/traces/{}", trace_id(1));
    assert!(explorer.text(&path).await.contains("href=\"?span=0000000000000002#s0000000000000002\""));

    let page = explorer.text(&format!("{path}?span=0000000000000002")).await;

    for part in [
        "<h2>SELECT users</h2>",
        "<dt>http.route</dt><dd>/SELECT users</dd>",
        "<pre>line one\nline two</pre>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[actix_web::test]
async fn the_list_shows_traces_filters_and_mistakes() {
    let (explorer, _directory) = with_a_trace().await;

    let list = explorer.text("/").await;
    let nothing = explorer.text("/traces?service=nobody").await;
    let mistake = explorer.get("/traces?limit=0").send().await.unwrap();

    assert!(
        list.contains(&format!("href=\"/traces/{}\"", trace_id(1)))
            && list.contains("<option value=\"users\">")
    );
    assert!(nothing.contains("No trace matches"));
    assert_eq!(mistake.status(), 400);
    assert!(mistake.text().await.unwrap().contains("it must be a number from 1 to 1000"));
}

#[actix_web::test]
async fn an_empty_store_says_what_to_do() {
    let (explorer, _directory) = Running::fresh().await;

    let page = explorer.text("/traces").await;

    assert!(page.contains("No traces yet") && page.contains("OTEL_EXPORTER_OTLP_ENDPOINT"));
}

#[actix_web::test]
async fn an_unknown_trace_is_a_page_or_a_sentence() {
    let (explorer, _directory) = Running::fresh().await;
    let path = format!("/traces/{}", trace_id(7));

    let page = explorer.get(&path).send().await.unwrap();
    let text = explorer.get(&path).header("accept", "text/plain").send().await.unwrap();

    assert_eq!((page.status().as_u16(), text.status().as_u16()), (404, 404));
    assert!(page.text().await.unwrap().contains("<h1>No such trace</h1>"));
    assert!(text.text().await.unwrap().starts_with("there is no such trace"));
}

#[actix_web::test]
async fn a_trace_ten_thousand_levels_deep_opens() {
    let (explorer, _directory) = Running::fresh().await;
    let spans: Vec<_> = (1..=10_000).map(|id| span(1, id, id - 1, "deeper")).collect();
    explorer.send(&request("edge", &spans)).await;

    for path in [format!("/traces/{}", trace_id(1)), format!("/traces/{}?format=text", trace_id(1))] {
        let response = explorer.get(&path).send().await.unwrap();

        assert_eq!(response.status(), 200);
        assert!(response.text().await.unwrap().contains("+9985"), "{path}");
    }
}

#[actix_web::test]
async fn the_style_sheet_is_cached_by_its_etag() {
    let (explorer, _directory) = Running::fresh().await;
    let page = explorer.text("/").await;
    let href =
        page.split("href=\"").find(|part| part.starts_with("/assets/")).unwrap().split('"').next().unwrap();

    let sheet = explorer.get(href).send().await.unwrap();
    let etag = sheet.headers()["etag"].clone();
    let again = explorer.get(href).header("if-none-match", &etag).send().await.unwrap();

    assert_eq!(
        (sheet.status().as_u16(), &sheet.headers()["content-type"]),
        (200, &"text/css; charset=utf-8".parse().unwrap())
    );
    assert_eq!(again.status(), 304);
}

#[actix_web::test]
async fn the_style_sheet_is_sent_whole_unless_the_browser_has_this_very_one() {
    let (explorer, _directory) = Running::fresh().await;
    let path = "/assets/explorer.css";
    let first = explorer.get(path).send().await.unwrap();
    let etag = first.headers()["etag"].to_str().unwrap().to_owned();
    let sheet = first.text().await.unwrap();
    let version = etag.trim_matches('"');

    for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
        let response = explorer.get(path).header("if-none-match", &known).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.text().await.unwrap()),
            (304, String::new()),
            "{known}"
        );
    }
    for known in [format!("\"{version}-gzip\""), version.to_owned(), "\"other\"".to_owned()] {
        let response = explorer.get(path).header("if-none-match", &known).send().await.unwrap();
        assert_eq!(response.status(), 200, "{known}");
        assert_eq!(response.text().await.unwrap(), sheet, "{known}");
    }
}
