//! How error reports are kept: across a restart, within the limit, and when the disk does not want any more.

use std::fs;

use serde_json::json;
use trace_explorer::Settings;

use crate::harness::{Running, exception, failed, json_of, message, request, span, trace_id};

#[actix_web::test]
async fn items_are_there_after_a_restart() {
    let (explorer, directory) = Running::fresh().await;
    explorer.send(&request("edge", &[failed(span(1, 1, 0, "home"), "bad")])).await;
    explorer.report(&exception(1, 1, "Kept", "it")).await;
    explorer.report(&message("edge", "And this")).await;
    let before = explorer.json("/api/errors").await;
    explorer.stop().await;

    let explorer = Running::start(directory.path()).await;

    assert_eq!(explorer.json("/api/errors").await, before);
    assert_eq!(
        explorer.json(&format!("/api/traces/{}", trace_id(1))).await["errors"][0]["title"],
        "Kept: it"
    );
    assert_eq!(explorer.found("").await, [trace_id(1)]);
    explorer.report(&message("edge", "And one more")).await;
    assert_eq!(explorer.json("/api/stats").await["errors"], 3);
}

#[actix_web::test]
async fn an_item_that_was_cut_off_by_a_crash_costs_itself_only() {
    let (explorer, directory) = Running::fresh().await;
    for number in 1..=2 {
        explorer.report(&message("edge", &format!("number {number}"))).await;
    }
    explorer.stop().await;
    let segment = directory.path().join("00000001.log");
    let whole = fs::read(&segment).unwrap();
    fs::write(&segment, &whole[..whole.len() - 5]).unwrap();

    let explorer = Running::start(directory.path()).await;

    let errors = explorer.json("/api/errors").await;
    assert_eq!(errors["errors"].as_array().unwrap().len(), 1);
    assert_eq!(errors["errors"][0]["title"], "number 1");
}

/// A message of 8 KiB.
fn large(number: usize) -> serde_json::Value {
    let mut data = message("edge", &format!("item {number}"));
    data["custom"]["text"] = json!("x".repeat(8_192));
    data
}

fn small_store(directory: &std::path::Path) -> Settings {
    Settings { port: 0, data: directory.to_owned(), max_bytes: 1024 * 1024, ..Settings::default() }
}

#[actix_web::test]
async fn the_oldest_items_go_and_the_log_stays_below_its_limit() {
    let directory = tempfile::tempdir().unwrap();
    let explorer = Running::with(small_store(directory.path())).await;
    explorer.send(&request("edge", &[span(1, 1, 0, "old")])).await;

    for number in 1..=300 {
        explorer.report(&large(number)).await;
    }

    let stats = explorer.json("/api/stats").await;
    let number = |name: &str| stats[name].as_u64().unwrap();
    assert!(number("bytes") <= number("max_bytes"), "{stats}");
    assert!((100..300).contains(&number("errors")), "{stats}");
    assert_eq!(number("errors") + number("dropped_errors"), 300);
    assert_eq!(number("spans"), 0, "the trace lay in the first segment");
    let newest = explorer.json("/api/errors?limit=1").await;
    assert_eq!(newest["errors"][0]["title"], "item 300");
    explorer.stop().await;
    let explorer = Running::with(small_store(directory.path())).await;
    assert_eq!(explorer.json("/api/stats").await["errors"], stats["errors"]);
}

#[actix_web::test]
async fn small_items_count_with_the_memory_that_they_take() {
    let directory = tempfile::tempdir().unwrap();
    let explorer = Running::with(small_store(directory.path())).await;

    for number in 1..=2_500 {
        explorer.report(&message("edge", &number.to_string())).await;
    }

    let stats = explorer.json("/api/stats").await;
    let number = |name: &str| stats[name].as_u64().unwrap();
    assert!(number("dropped_errors") > 0, "{stats}");
    assert!(number("bytes") + number("errors") * 512 <= number("max_bytes"), "{stats}");
}

#[actix_web::test]
async fn a_disk_that_refuses_writes_is_429_and_the_explorer_goes_on() {
    let parent = tempfile::tempdir().unwrap();
    let (data, away) = (parent.path().join("data"), parent.path().join("away"));
    let explorer = Running::with(small_store(&data)).await;
    explorer.report(&large(0)).await;
    // Without its directory the log cannot begin another segment.
    fs::rename(&data, &away).unwrap();

    let mut taken = 1;
    let refused = loop {
        let payload = json!({"data": large(taken)});
        let response = explorer.rollbar("/api/1/item/", &payload).send().await.unwrap();
        if response.status() != 200 {
            break response;
        }
        taken += 1;
        assert!(taken < 100, "a segment is never full");
    };

    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-rate-limit-remaining"], "0");
    let body = json_of(refused).await;
    assert!(body["message"].as_str().unwrap().starts_with("the disk refuses writes: "), "{body}");
    assert_eq!(explorer.json("/api/stats").await["errors"], taken);
    fs::rename(&away, &data).unwrap();
    explorer.report(&large(taken)).await;
    explorer.stop().await;
    let explorer = Running::with(small_store(&data)).await;
    assert_eq!(explorer.json("/api/stats").await["errors"], taken + 1);
}
