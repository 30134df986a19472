use super::*;

const STREAM: (&str, &str) = ("cruddur", "users/1");

fn store(max_bytes: u64) -> LogEvents {
    let store = LogEvents::new(max_bytes);
    store.append(STREAM, [], 1, true).unwrap();
    store
}

fn texts(page: &EventPage) -> Vec<&str> {
    page.events.iter().map(|event| &*event.message).collect()
}

fn all() -> LogQuery {
    LogQuery { limit: 100, ..LogQuery::default() }
}

#[test]
fn events_that_arrived_first_make_room_and_are_gone_from_every_index() {
    let store = store(3 * (EVENT_BYTES + 100));
    let line = |number: u64| {
        (10 - number, format!(r#"{{"service.name":"s{number}","trace_id":"{number:032x}","message":"m"}}"#))
    };

    for number in 1..=6 {
        store.append(STREAM, [line(number)], 1, false).unwrap();
    }

    let stats = store.stats();
    assert!(stats.log_bytes <= stats.max_log_bytes, "{stats:?}");
    assert_eq!(stats.log_events + stats.dropped_log_events, stats.accepted_log_events);
    assert_eq!((stats.log_events, stats.accepted_log_events), (3, 6));
    assert_eq!(store.services().iter().map(|name| &**name).collect::<Vec<_>>(), ["s4", "s5", "s6"]);
    let inner = store.read();
    assert_eq!((inner.by_time.len(), inner.by_trace.len(), inner.rows.len()), (3, 3, 3));
}

#[test]
fn an_event_larger_than_the_limit_leaves_nothing_behind() {
    let store = store(1_000);

    store.append(STREAM, [(1, "x".repeat(2_000))], 1, false).unwrap();

    assert_eq!((store.stats().log_events, store.stats().log_bytes), (0, 0));
}

#[test]
fn a_search_goes_from_the_newest_to_the_oldest_page_by_page() {
    let store = store(u64::MAX);
    let lines = [(2, "b"), (1, "a"), (2, "c"), (3, "d")].map(|(time, text)| (time, text.to_owned()));
    store.append(STREAM, lines, 1, false).unwrap();

    let first = store.search(&LogQuery { limit: 2, ..all() });
    let rest = store.search(&LogQuery { after: Some(first.events[1].place()), ..all() });

    assert_eq!((texts(&first), first.more), (vec!["d", "c"], true));
    assert_eq!((texts(&rest), rest.more), (vec!["b", "a"], false));
}

#[test]
fn a_search_within_a_trace_has_the_same_conditions() {
    let store = store(u64::MAX);
    let line = |time: u64, trace: u32, level: &str| {
        (time, format!(r#"{{"trace_id":"{trace:032x}","level":"{level}","message":"At {time}"}}"#))
    };
    let lines = [line(1, 7, "INFO"), line(2, 8, "ERROR"), line(3, 7, "WARN"), line(4, 7, "ERROR")];
    store.append(STREAM, lines, 1, false).unwrap();
    let trace_id = format!("{:032x}", 7).parse().ok();
    let found =
        |query: LogQuery| store.search(&query).events.iter().map(|one| one.timestamp_ms).collect::<Vec<_>>();

    assert_eq!(found(LogQuery { trace_id, ..all() }), [4, 3, 1]);
    assert_eq!(found(LogQuery { trace_id, level: Some(LogLevel::Warn), ..all() }), [4, 3]);
    assert_eq!(found(LogQuery { trace_id, until: Some(3_000_000), ..all() }), [3, 1]);
    assert_eq!(found(LogQuery { trace_id, text: Some("aT 3".to_owned()), ..all() }), [3]);
    assert_eq!(found(LogQuery { level: Some(LogLevel::Error), ..all() }), [4, 2]);
}

#[test]
fn a_page_ends_at_its_bytes_but_has_one_event_at_least() {
    let store = store(u64::MAX);
    store.append(STREAM, [(1, "x".repeat(50)), (2, "y".repeat(50))], 1, false).unwrap();
    let page = |max_bytes| {
        let range = Range { from: (0, 0), before: (u64::MAX, u64::MAX), limit: 10, max_bytes };
        let page = store.range(range, |_| true);
        (page.events.len(), page.more)
    };

    assert_eq!(page(100), (2, false));
    assert_eq!(page(99), (1, true));
    assert_eq!(page(1), (1, true));
}
