//! A thousand requests with all three destinations at once: every trace, its log lines and its items are there and joined, none
//! is missing and none is there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use integration_tests::process::{Process, Variables, variables};
use integration_tests::stack::{Changes, Stack};
use integration_tests::{eventually, foreign, trace};
use serde_json::Value;
use sqlx::{AnyConnection, Connection, Executor};

const REQUESTS: usize = 1000;
const IN_FLIGHT: usize = 50;
/// One request in so many fails.
const FAILS: usize = 10;

/// A request that was answered.
struct Answered {
    trace_id: String,
    has_failed: bool,
}

fn stack(more: Variables) -> Stack {
    // Failures that are alike would become one item otherwise.
    let mut all = variables([("ROLLBAR_ITEMS_PER_MINUTE", "100000".to_owned())]);
    all.extend(more);
    let stack = Stack::start_with(&Changes { variables: all, ..Changes::default() });
    add_user_that_cannot_be_read(&stack);
    stack
}

/// From now on users fails when it is asked for `@broken`.
fn add_user_that_cannot_be_read(stack: &Stack) {
    sqlx::any::install_default_drivers();
    let address = format!("sqlite://{}", stack.data.path().join("users.db").display());
    let added = async {
        let mut connection = AnyConnection::connect(&address).await?;
        let row = "INSERT INTO users (uuid, display_name, handle, email, created_at) VALUES ('?', 'a', 'broken', 'b', 0)";
        connection.execute(row).await?;
        connection.close().await
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(added).unwrap();
}

/// All requests, so many at a time.
fn ask(stack: &Stack) -> Vec<Answered> {
    let one = |number: usize| {
        let has_failed = number.is_multiple_of(FAILS);
        let path = if has_failed { "/api/users/@broken/short" } else { "/api/activities/home" };
        let response = stack.get(path);
        assert_eq!(response.status().as_u16(), if has_failed { 500 } else { 200 });
        Answered { trace_id: trace::id_of(&response), has_failed }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..IN_FLIGHT)
            .map(|worker| {
                let numbers = (worker..REQUESTS).step_by(IN_FLIGHT);
                scope.spawn(move || numbers.map(one).collect::<Vec<_>>())
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// Waits until each destination of each service has what there was.
fn settle(stack: &Stack, destinations: &[(&str, &str)]) {
    for service in [&stack.activities, &stack.users, &stack.notifications] {
        for (signal, destination) in destinations {
            let account = eventually("delivery", || {
                let accounts: Value = service.get("/telemetry").json().unwrap();
                let account = accounts[signal][destination].clone();
                // Each look at the accounts is a request, with a span and a line of its own.
                let is_done = account["pending"].as_u64().unwrap() <= 2;
                is_done.then_some(account)
            });
            let dropped = account["dropped"].as_object().unwrap().values().filter_map(Value::as_u64);
            assert_eq!(dropped.sum::<u64>(), 0, "{destination}: {account}");
        }
    }
}

/// Level and message of the lines of a trace by their service.
fn told(lines: &[Value]) -> BTreeSet<(&str, &str, &str)> {
    let text =
        |line: &Value, key: &str| line["data"][key].as_str().unwrap_or_default().to_owned().leak() as &str;
    lines
        .iter()
        .map(|line| (text(line, "service.name"), text(line, "level"), text(line, "message")))
        .collect()
}

/// Holds the explorer's view of a request against what it was. Answers how many lines it has.
fn check(stack: &Stack, answered: &Answered) -> usize {
    let id = &answered.trace_id;
    let (lines, spans, items) = if answered.has_failed { (2, 4, 1) } else { (3, 9, 0) };
    let found: Value = eventually(&format!("all of trace {id}"), || {
        let found: Value = stack.explorer.get(&format!("/api/traces/{id}")).json().unwrap();
        let has = |what: &str, count: usize| found[what].as_array().is_some_and(|all| all.len() >= count);
        (has("logs", lines) && has("spans", spans) && has("errors", items)).then_some(found)
    });
    let all = |what: &str| found[what].as_array().unwrap().clone();
    assert_eq!(
        (all("logs").len(), all("spans").len(), all("errors").len()),
        (lines, spans, items),
        "{found:#}"
    );

    let span_ids: BTreeSet<_> = all("spans").iter().map(|span| span["span_id"].to_string()).collect();
    assert_eq!(span_ids.len(), spans, "none is there twice");
    for line in all("logs") {
        assert!(span_ids.contains(&line["span_id"].to_string()), "a line of no span: {line}");
    }
    let logs = all("logs");
    if answered.has_failed {
        let (below, above) =
            (("users", "ERROR", "Request failed"), ("activities", "WARN", "Request failed in a callee"));
        assert_eq!(told(&logs), BTreeSet::from([below, above]));
        let of =
            |all: Vec<Value>, key: &str, name: &str| all.into_iter().find(|one| one[key] == name).unwrap();
        let items = all("errors");
        let span = all("spans").into_iter().find(|span| span["span_id"] == items[0]["span_id"]).unwrap();
        joined(&span, &items[0], &of(logs, "service", "users"));
    } else {
        let services = ["activities", "notifications", "users"];
        assert_eq!(told(&logs), services.map(|service| (service, "INFO", "Request answered")).into());
    }
    lines
}

/// The span, the item and the line of a failure name each other.
fn joined(span: &Value, item: &Value, line: &Value) {
    let uuid = item["uuid"].as_str().unwrap();
    let events = span["events"].as_array().unwrap();
    let occurrence = events.iter().find(|event| event["name"] == "rollbar.occurrence").unwrap();
    assert_eq!(occurrence["attributes"]["rollbar.occurrence.uuid"], uuid, "{span:#}");
    assert_eq!(line["data"]["rollbar.occurrence.uuid"], uuid, "{line:#}");
    assert_eq!((&item["trace_id"], &item["span_id"]), (&line["trace_id"], &line["span_id"]));
    assert_eq!(item["span_id"], span["span_id"]);
}

const TO_EXPLORER: [(&str, &str); 3] =
    [("traces", "explorer"), ("logs", "explorer"), ("reports", "explorer")];

#[test]
fn a_thousand_requests_are_traces_lines_and_items_that_belong_together() {
    let stack = stack(Variables::new());

    let answered = ask(&stack);

    settle(&stack, &TO_EXPLORER);
    assert_eq!(answered.iter().map(|one| &one.trace_id).collect::<BTreeSet<_>>().len(), REQUESTS);
    let lines: usize = answered.iter().map(|one| check(&stack, one)).sum();
    assert_eq!(lines, 900 * 3 + 100 * 2);
    let errors: Value = stack.explorer.get("/api/stats").json().unwrap();
    assert_eq!(errors["errors"], 100, "{errors}");
}

/// How often each line stands in the streams that `moto` has.
fn in_moto(read: &Value) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for message in read["streams"].as_object().unwrap().values().flat_map(|all| all.as_array().unwrap()) {
        *counts.entry(message.as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

/// What a service has printed.
fn printed(process: Process) -> Vec<String> {
    let ended = process.stop();
    assert!(ended.status.success());
    assert!(ended.stdout.iter().all(|line| !line.contains("Telemetry lost")), "{:#?}", ended.stdout);
    ended.stdout
}

#[test]
fn what_cloudwatch_gets_is_each_line_once() {
    let Some((_moto, endpoint)) = foreign::moto() else { return };
    let mut stack = stack(variables([
        ("CLOUDWATCH_LOG_GROUP", "cruddur".to_owned()),
        ("CLOUDWATCH_RETENTION_DAYS", "30".to_owned()),
        ("CLOUDWATCH_TAGS", "team=a".to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "any".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "any".to_owned()),
        ("AWS_ENDPOINT_URL", endpoint.clone()),
    ]));

    let answered = ask(&stack);

    settle(
        &stack,
        &[("traces", "explorer"), ("logs", "explorer"), ("logs", "cloudwatch"), ("reports", "explorer")],
    );
    let lines: usize = answered.iter().map(|one| check(&stack, one)).sum();
    let stopped = [stack.activities.take(), stack.users.take(), stack.notifications.take()].map(printed);
    let read = foreign::read_logs(&endpoint, "cruddur").unwrap();
    assert_eq!(read["groups"], serde_json::json!([["cruddur", 30]]));
    assert_eq!(read["tags"], serde_json::json!({"team": "a"}));
    let streams: Vec<_> = read["streams"].as_object().unwrap().keys().cloned().collect();
    assert!(streams.len() == 3 && streams[0].starts_with("activities/"), "{streams:?}");
    let counts = in_moto(&read);
    let all: Vec<&String> = stopped.iter().flatten().collect();
    assert!(all.len() > lines);
    for line in &all {
        assert_eq!(counts.get(line.as_str()), Some(&1), "{line}");
    }
    assert_eq!(counts.len(), all.len(), "and nothing else");
}
