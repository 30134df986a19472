//! Error reports beside their traces: the query API and the pages.

use serde_json::json;

use crate::harness::{Running, exception, failed, json_of, message, request, span, trace_id};

async fn with_a_failure() -> (Running, tempfile::TempDir, String) {
    let (explorer, directory) = Running::fresh().await;
    let spans = [span(1, 1, 0, "GET /home"), failed(span(1, 2, 1, "SELECT users"), "database is locked")];
    explorer.send(&request("edge", &spans)).await;
    let uuid = explorer.report(&exception(1, 2, "store::Error", "no row for `ada`")).await;
    (explorer, directory, uuid)
}

#[actix_web::test]
async fn a_failed_span_opens_its_item() {
    let (explorer, _directory, uuid) = with_a_failure().await;
    let path = format!("/traces/{}", trace_id(1));

    let rows = explorer.text(&path).await;
    let open = explorer.text(&format!("{path}?span=0000000000000002")).await;
    let other = explorer.text(&format!("{path}?span=0000000000000001")).await;

    assert_eq!(rows.matches("class=\"report\"").count(), 1, "{rows}");
    assert!(rows.contains("SELECT users <span class=\"report\" title=\"1 error report\">"), "{rows}");
    let link = format!("<a href=\"/errors/items/{uuid}\">store::Error: no row for `ada`</a>");
    assert!(open.contains(&link) && open.contains("<b>find</b>"), "{open}");
    assert!(!other.contains(&link) && !rows.contains(&link));
}

#[actix_web::test]
async fn an_item_whose_span_is_not_there_is_shown_at_the_trace() {
    let (explorer, _directory, _) = with_a_failure().await;
    explorer.report(&exception(1, 99, "Lost", "span")).await;
    let mut without_span = exception(1, 0, "Without", "span");
    without_span["attributes"].as_array_mut().unwrap().pop();
    explorer.report(&without_span).await;
    explorer.report(&exception(7, 1, "Early", "bird")).await;

    let page = explorer.text(&format!("/traces/{}", trace_id(1))).await;
    let early = explorer.get(&format!("/traces/{}", trace_id(7))).send().await.unwrap();
    let api = explorer.json(&format!("/api/traces/{}", trace_id(7))).await;

    assert!(page.contains(">Lost: span</a>") && page.contains(">Without: span</a>"), "{page}");
    assert_eq!(early.status(), 200);
    assert!(early.text().await.unwrap().contains(">Early: bird</a>"));
    assert_eq!(
        (api["spans"].as_array().unwrap().len(), &api["errors"][0]["title"]),
        (0, &json!("Early: bird"))
    );
}

#[actix_web::test]
async fn a_terminal_is_told_of_the_items_too() {
    let (explorer, _directory, uuid) = with_a_failure().await;

    let text = explorer.text(&format!("/traces/{}?format=text", trace_id(1))).await;

    let end = format!("\n\n1 error report\n⚑ error store::Error: no row for `ada`  /errors/items/{uuid}\n");
    assert!(text.ends_with(&end), "{text}");
}

#[actix_web::test]
async fn a_trace_of_the_api_has_its_errors_and_a_search_finds_them() {
    let (explorer, _directory, uuid) = with_a_failure().await;
    let noise: Vec<_> = (0..3).map(|n| message("users", &format!("noise {n}"))).collect();
    for data in &noise {
        explorer.report(data).await;
    }

    let trace = explorer.json(&format!("/api/traces/{}", trace_id(1))).await;
    let found = explorer.json(&format!("/api/errors?trace_id={}", trace_id(1))).await;

    let one = &trace["errors"][0];
    assert_eq!(trace["errors"].as_array().unwrap().len(), 1);
    assert_eq!(found["errors"], trace["errors"]);
    for (name, value) in [
        ("uuid", json!(uuid)),
        ("trace_id", json!(trace_id(1))),
        ("span_id", json!("0000000000000002")),
        ("service", json!("users")),
        ("environment", json!("test")),
        ("level", json!("error")),
        ("title", json!("store::Error: no row for `ada`")),
        ("fingerprint", json!("store::Error in find of src/store.rs")),
        ("occurrences", json!(1)),
    ] {
        assert_eq!(one[name], value, "{name}");
    }
    assert_eq!(one["data"]["body"]["trace"]["frames"][1]["lineno"], 88);
    let count = async |query: &str| {
        explorer.json(&format!("/api/errors?{query}")).await["errors"].as_array().unwrap().len()
    };
    assert_eq!(count("service=users").await, 4);
    assert_eq!(count("environment=nowhere").await, 0);
    assert_eq!(count("level=critical").await, 0);
    assert_eq!(count("span_id=0000000000000002").await, 1);
    assert_eq!(explorer.get("/api/errors?limit=0").send().await.unwrap().status(), 400);
    assert_eq!(explorer.get("/api/errors?color=red").send().await.unwrap().status(), 400);
    assert_eq!(explorer.get("/api/errors/nobody").send().await.unwrap().status(), 404);
}

#[actix_web::test]
async fn a_report_that_names_no_service_is_of_its_spans_service() {
    let (explorer, _directory) = Running::fresh().await;
    let mut data = exception(1, 1, "Early", "bird");
    data.as_object_mut().unwrap().remove("custom");
    let uuid = explorer.report(&data).await;
    let service = async || explorer.json(&format!("/api/errors/{uuid}")).await["service"].clone();
    assert_eq!(service().await, json!(null));

    explorer.send(&request("edge", &[failed(span(1, 1, 0, "home"), "bad")])).await;

    assert_eq!(service().await, "edge");
    let found = explorer.json("/api/errors?service=edge").await;
    assert_eq!(found["errors"][0]["uuid"], uuid);
    assert!(explorer.text("/errors?service=edge").await.contains(">Early: bird</a>"));
}

#[actix_web::test]
async fn a_search_is_told_in_pages_newest_first() {
    let (explorer, _directory) = Running::fresh().await;
    for number in 1..=5 {
        explorer.report(&message("edge", &format!("number {number}"))).await;
    }

    let mut titles = Vec::new();
    let mut after = String::new();
    loop {
        let page = explorer.json(&format!("/api/errors?limit=2&after={after}")).await;
        let errors = page["errors"].as_array().unwrap();
        titles.extend(errors.iter().map(|one| one["title"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        next.clone_into(&mut after);
    }

    assert_eq!(titles, ["number 5", "number 4", "number 3", "number 2", "number 1"]);
}

#[actix_web::test]
async fn errors_are_grouped_and_counted() {
    let (explorer, _directory) = Running::fresh().await;
    // The same place, other data, another line.
    let mut moved = exception(2, 1, "store::Error", "no row for `bob`");
    moved["body"]["trace"]["frames"][1]["lineno"] = json!(90);
    moved["timestamp"] = json!(1_700_000_000);
    explorer.report(&exception(1, 1, "store::Error", "no row for `ada`")).await;
    explorer.report(&moved).await;
    // The same template; one item for several failures.
    explorer.report(&message("edge", "user 7 not found")).await;
    let mut several = message("edge", "user 8 not found");
    several["custom"]["occurrences"] = json!(240);
    explorer.report(&several).await;
    // The sender's own fingerprint, whatever else is different.
    for text in ["one", "two"] {
        let mut data = message(text, text);
        data["fingerprint"] = json!("mine");
        explorer.report(&data).await;
    }

    let page = explorer.text("/errors").await;

    let rows: Vec<&str> = page.split("<tr>").skip(2).collect();
    assert_eq!(rows.len(), 3, "{page}");
    let row =
        |part: &str| *rows.iter().find(|row| row.contains(part)).unwrap_or_else(|| panic!("{part}: {page}"));
    for (part, count) in [("no row for", "2"), ("user 8 not found", "241"), (">two</a>", "2")] {
        assert!(row(part).contains(&format!(">{count}</td>")), "{part}: {}", row(part));
    }
    assert!(row("no row for").contains("<span class=\"date\">2023-11-14</span> 22:13:20.000"), "first seen");
    for id in [1, 2] {
        assert!(row("no row for").contains(&format!("href=\"/traces/{}\"", trace_id(id))));
    }
    assert!(
        row(">two</a>").contains("title=\"one\"") && row(">two</a>").contains("title=\"two\""),
        "both services"
    );
    let filtered = explorer.text("/errors?service=one").await;
    assert!(filtered.contains(">one</a>") && !filtered.contains("no row for"));
    assert!(explorer.text("/errors?level=critical").await.contains("No error matches"));
    assert_eq!(explorer.get("/errors?level=bad").send().await.unwrap().status(), 400);
}

#[actix_web::test]
async fn a_group_and_an_item_have_pages() {
    let (explorer, _directory, uuid) = with_a_failure().await;
    let mut data = exception(1, 2, "store::Error", "no row for `bob`");
    data["body"] = json!({"trace_chain": [data["body"]["trace"], {
        "frames": [], "exception": {"class": "sqlx::Error", "message": "timed out\nat last"},
    }]});
    data["fingerprint"] = json!("store::Error in find of src/store.rs");
    data["request"] = json!({"method": "GET", "url": "http://x/users", "headers": {"accept": "*/*"}});
    data["person"] = json!({"id": "42", "username": "ada"});
    data["server"] = json!({"host": "box"});
    let second = explorer.report(&data).await;
    let list = explorer.text("/errors").await;
    let group = list.split("href=\"").find(|part| part.starts_with("/errors/groups/")).unwrap();
    let group = explorer.text(group.split('"').next().unwrap()).await;
    let item = explorer.text(&format!("/errors/items/{second}")).await;

    for id in [&uuid, &second] {
        assert!(group.contains(&format!("href=\"/errors/items/{id}\"")), "{group}");
    }
    assert!(group.contains("caused by") && group.contains("<dd class=\"strong\">2</dd>"), "{group}");
    let trace = format!("href=\"/traces/{}?span=0000000000000002#s0000000000000002\"", trace_id(1));
    for part in [
        trace.as_str(),
        "<b>sqlx::Error</b>: timed out\nat last",
        "src/store.rs:88",
        "<b>GET</b> <code>http://x/users</code>",
        "<dt>accept</dt><dd>*/*</dd>",
        "<dt>username</dt><dd>ada</dd>",
        "<dt>host</dt><dd>box</dd>",
        "<dt>service</dt><dd>users</dd>",
    ] {
        assert!(item.contains(part), "{part} is not in {item}");
    }
    assert!(item.find("<b>find</b>") < item.find("<b>main</b>"), "the innermost frame comes first");
    for path in ["/errors/items/nobody", "/errors/groups/0000000000000000"] {
        let missing = explorer.get(path).send().await.unwrap();
        assert_eq!(missing.status(), 404, "{path}");
        assert!(missing.text().await.unwrap().contains("<h1>No such error</h1>"));
    }
    assert_eq!(explorer.get("/errors/groups/x").send().await.unwrap().status(), 400);
}

#[actix_web::test]
async fn the_pages_lead_to_the_errors_and_an_empty_list_says_what_to_do() {
    let (explorer, _directory) = Running::fresh().await;

    assert!(explorer.text("/").await.contains("<a href=\"/errors\">Errors</a>"));
    let page = explorer.text("/errors").await;
    assert!(page.contains("No errors yet") && page.contains("/api/1/"), "{page}");
}

#[actix_web::test]
async fn what_strangers_report_is_escaped_on_every_page() {
    let (explorer, _directory) = Running::fresh().await;
    explorer.send(&request("edge", &[failed(span(1, 1, 0, "home"), "bad")])).await;
    let attack = "\"><img src=x onerror=alert(1)>'<script>&\u{202e}";
    let map = json!({attack: attack, "list": [attack, {attack: attack}]});
    let mut data = exception(1, 1, attack, attack);
    let frame = json!({
        "filename": attack, "method": attack, "code": attack, "context": {"pre": [attack], "post": [attack]},
        "locals": map, "args": [attack], "lineno": attack,
    });
    data["body"]["trace"]["frames"] = json!([frame, frame]);
    for name in ["custom", "server", "client", "notifier", "request"] {
        data[name] = map.clone();
    }
    // These two go back to the explorer as the values of a form, so they stay as they are there.
    let named = attack.trim_end_matches('\u{202e}');
    data["custom"]["service"] = json!(named);
    data["person"] = json!({"id": "<img>", attack: attack});
    for name in ["title", "context", "framework", "fingerprint"] {
        data[name] = json!(attack);
    }
    data["environment"] = json!(named);
    data["uuid"] = json!("\"><img src=x>");
    explorer.report(&data).await;
    let deploy =
        json!({"environment": attack, "revision": attack, "comment": attack, "local_username": attack});
    assert_eq!(explorer.rollbar("/api/1/deploy/", &deploy).send().await.unwrap().status(), 200);
    let group =
        json_of(explorer.get("/api/errors").send().await.unwrap()).await["errors"][0]["group"].clone();

    for path in [
        "/errors".to_owned(),
        format!("/errors/groups/{}", group.as_str().unwrap()),
        "/errors/items/%22%3E%3Cimg%20src=x%3E".to_owned(),
        format!("/traces/{}?span=0000000000000001", trace_id(1)),
    ] {
        let response = explorer.get(&path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let page = response.text().await.unwrap();

        assert!(
            !page.contains("<img") && !page.contains("<script") && !page.contains('\u{202e}'),
            "{path}: {page}"
        );
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "{path}");
        assert!(!page.contains("style="), "{path}");
    }
}
