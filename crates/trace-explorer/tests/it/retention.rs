//! The limit in bytes: the oldest traces go, and they go whole.

use std::path::Path;

use serde_json::{Value, json};
use trace_explorer::TraceId;
use trace_explorer::otlp::decode_json;
use trace_explorer::store::{LogStore, Store, TraceQuery};

use crate::harness::{request, span, trace_id};

const MAX_BYTES: u64 = 1024 * 1024;

fn open(directory: &Path) -> LogStore {
    LogStore::open(directory, MAX_BYTES, |sentence| panic!("{sentence}")).unwrap()
}

fn append(store: &LogStore, request: &Value) {
    store.append(decode_json(request.to_string().as_bytes()).unwrap()).unwrap();
}

/// A span with 8 KiB of text.
fn large(trace: u32, id: u32) -> Value {
    let mut span = span(trace, id, 0, "large");
    span["attributes"] = json!([{"key": "text", "value": {"stringValue": format!("{id:08}").repeat(1024)}}]);
    span
}

fn ids(store: &LogStore) -> Vec<String> {
    let page = store.traces(&TraceQuery { limit: 1000, ..TraceQuery::default() });
    page.traces.iter().map(|trace| trace.trace_id.to_string()).collect()
}

#[test]
fn the_oldest_traces_go_and_the_log_stays_below_its_limit() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());

    for number in 1..=300 {
        append(&store, &request("edge", &[large(number, 1)]));
        assert!(store.stats().bytes <= MAX_BYTES);
    }

    let (kept, stats) = (ids(&store), store.stats());
    let expected: Vec<String> = (1..=300).rev().take(kept.len()).map(trace_id).collect();
    assert_eq!(kept, expected);
    assert!(kept.len() > 100, "{}", kept.len());
    assert_eq!(stats.dropped_traces, 300 - kept.len() as u64);
    assert_eq!(stats.accepted_spans, stats.spans + stats.dropped_spans);
    let on_disk =
        std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    assert!(on_disk.sum::<u64>() < MAX_BYTES + 100);
}

#[test]
fn a_trace_that_goes_goes_whole_and_a_replay_does_not_bring_half_of_it_back() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    // Trace 1 begins in the first segment and goes on in many later ones.
    append(&store, &request("edge", &[large(1, 1)]));
    let mut number = 1;
    while store.stats().dropped_traces == 0 {
        number += 1;
        append(&store, &request("edge", &[large(number, 1)]));
        append(&store, &request("edge", &[large(1, number)]));
    }

    assert!(store.trace(trace_id(1).parse().unwrap()).is_none_or(|trace| trace.spans.len() == 1));
    // Whatever comes after the drop begins the trace anew.
    append(&store, &request("edge", &[span(1, 900_000, 7, "late")]));
    let before = ids(&store);
    let spans = |store: &LogStore| store.trace(trace_id(1).parse::<TraceId>().unwrap()).unwrap().spans.len();
    let late = spans(&store);
    assert!(late <= 2);
    drop(store);

    let store = open(directory.path());

    assert_eq!(ids(&store), before);
    assert_eq!(spans(&store), late);
}

#[test]
fn a_lower_limit_is_kept_from_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for number in 1..=100 {
        append(&store, &request("edge", &[large(number, 1)]));
    }
    drop(store);

    let store = LogStore::open(directory.path(), MAX_BYTES / 2, |sentence| panic!("{sentence}")).unwrap();

    assert!(store.stats().bytes <= MAX_BYTES / 2);
    assert_eq!(ids(&store)[0], trace_id(100));
}
