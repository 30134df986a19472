//! The CloudWatch Logs API: what is taken, what is refused, and in which words.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use trace_explorer::Settings;

use crate::harness::Running;

const GROUP: &str = "cruddur";
const STREAM: &str = "users/1";
const HOUR: u64 = 60 * 60 * 1000;
const DAY: u64 = 24 * HOUR;

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// An explorer with one group and one stream.
async fn with_stream() -> (Running, tempfile::TempDir) {
    let (explorer, directory) = Running::fresh().await;
    explorer.make_stream(GROUP, STREAM).await;
    (explorer, directory)
}

fn put(events: &[(u64, &str)]) -> Value {
    let events: Vec<_> = events
        .iter()
        .map(|(timestamp, message)| json!({"timestamp": timestamp, "message": message}))
        .collect();
    json!({"logGroupName": GROUP, "logStreamName": STREAM, "logEvents": events})
}

fn messages(answer: &Value) -> Vec<&str> {
    let events = answer["events"].as_array().unwrap_or_else(|| panic!("{answer}"));
    events.iter().map(|event| event["message"].as_str().unwrap()).collect()
}

/// Asserts that an operation is refused with AWS's name and a part of the message.
async fn refused(explorer: &Running, operation: &str, input: &Value, kind: &str, says: &str) {
    let (status, body) = explorer.aws(operation, input).await;
    assert_eq!((status, body["__type"].as_str()), (400, Some(kind)), "{operation} {input}: {body}");
    assert!(body["message"].as_str().unwrap().contains(says), "{operation}: {body}");
}

#[actix_web::test]
async fn groups_and_streams_are_made_once_and_described_page_by_page() {
    let (explorer, _directory) = Running::fresh().await;
    for name in ["b/two", "a", "b/one"] {
        assert_eq!(explorer.aws("CreateLogGroup", &json!({"logGroupName": name})).await, (200, Value::Null));
    }
    for stream in ["x/2", "x/1", "y"] {
        explorer.aws_ok("CreateLogStream", &json!({"logGroupName": "a", "logStreamName": stream})).await;
    }
    explorer.aws_ok("PutRetentionPolicy", &json!({"logGroupName": "b/one", "retentionInDays": 7})).await;
    let names = |answer: &Value, list: &str, field: &str| -> Vec<String> {
        answer[list].as_array().unwrap().iter().map(|one| one[field].as_str().unwrap().to_owned()).collect()
    };

    let first = explorer.aws_ok("DescribeLogGroups", &json!({"limit": 2})).await;
    let rest =
        explorer.aws_ok("DescribeLogGroups", &json!({"limit": 2, "nextToken": first["nextToken"]})).await;
    assert_eq!(names(&first, "logGroups", "logGroupName"), ["a", "b/one"]);
    assert_eq!(names(&rest, "logGroups", "logGroupName"), ["b/two"]);
    assert!(rest.get("nextToken").is_none());
    assert_eq!(first["logGroups"][1]["retentionInDays"], 7);
    assert!(first["logGroups"][0].get("retentionInDays").is_none());
    assert_eq!(first["logGroups"][0]["arn"], "arn:aws:logs:us-east-1:000000000000:log-group:a:*");
    let prefixed = explorer.aws_ok("DescribeLogGroups", &json!({"logGroupNamePrefix": "b/"})).await;
    assert_eq!(names(&prefixed, "logGroups", "logGroupName"), ["b/one", "b/two"]);
    let streams = explorer
        .aws_ok(
            "DescribeLogStreams",
            &json!({"logGroupName": "a", "logStreamNamePrefix": "x/", "descending": true}),
        )
        .await;
    assert_eq!(names(&streams, "logStreams", "logStreamName"), ["x/2", "x/1"]);
}

#[actix_web::test]
async fn streams_are_ordered_by_their_last_event_when_that_is_asked_for() {
    let (explorer, _directory) = with_stream().await;
    let time = now();
    for (stream, time) in [("old", time - 5), ("new", time)] {
        explorer.make_stream(GROUP, stream).await;
        let event = json!([{"timestamp": time, "message": "m"}]);
        explorer
            .aws_ok(
                "PutLogEvents",
                &json!({"logGroupName": GROUP, "logStreamName": stream, "logEvents": event}),
            )
            .await;
    }

    let found = explorer
        .aws_ok(
            "DescribeLogStreams",
            &json!({"logGroupName": GROUP, "orderBy": "LastEventTime", "descending": true}),
        )
        .await;

    let streams = found["logStreams"].as_array().unwrap();
    let names: Vec<_> = streams.iter().map(|stream| stream["logStreamName"].as_str().unwrap()).collect();
    assert_eq!(names, ["new", "old", STREAM]);
    assert_eq!(
        (&streams[0]["firstEventTimestamp"], &streams[0]["lastEventTimestamp"]),
        (&json!(time), &json!(time))
    );
    assert!(streams[2].get("lastEventTimestamp").is_none());
}

#[actix_web::test]
async fn what_is_wrong_is_refused_in_the_shape_of_aws() {
    let (explorer, _directory) = with_stream().await;
    let invalid = "InvalidParameterException";
    let missing = "ResourceNotFoundException";
    let exists = "ResourceAlreadyExistsException";
    let group = |name: &str| json!({"logGroupName": name});
    let stream = |group: &str, name: &str| json!({"logGroupName": group, "logStreamName": name});
    let filter = |pattern: &str| json!({"logGroupName": GROUP, "filterPattern": pattern});
    let cases = [
        ("CreateLogGroup", group(GROUP), exists, "log group already exists"),
        ("CreateLogStream", stream(GROUP, STREAM), exists, "log stream already exists"),
        ("CreateLogStream", stream("none", "s"), missing, "log group does not exist"),
        ("CreateLogGroup", json!({}), invalid, "Value null at 'logGroupName'"),
        ("CreateLogGroup", json!({"logGroupName": null}), invalid, "Value null at 'logGroupName'"),
        (
            "CreateLogGroup",
            json!({"logGroupName": 7}),
            "SerializationException",
            "`logGroupName` must be a text",
        ),
        ("CreateLogGroup", group(""), invalid, "greater than or equal to 1"),
        ("CreateLogGroup", group(&"x".repeat(513)), invalid, "less than or equal to 512"),
        ("CreateLogGroup", group("a b"), invalid, "regular expression"),
        ("CreateLogGroup", group("aws/mine"), invalid, "reserved for AWS"),
        ("CreateLogStream", stream(GROUP, "a:b"), invalid, "[^:*]*"),
        ("CreateLogStream", stream(GROUP, "a*"), invalid, "[^:*]*"),
        (
            "PutRetentionPolicy",
            json!({"logGroupName": GROUP, "retentionInDays": 2}),
            invalid,
            "enum value set",
        ),
        ("PutRetentionPolicy", json!({"logGroupName": "none", "retentionInDays": 1}), missing, "log group"),
        ("DescribeLogGroups", json!({"limit": 51}), invalid, "less than or equal to 50"),
        ("DescribeLogGroups", json!({"limit": 0}), invalid, "greater than or equal to 1"),
        ("DescribeLogGroups", json!({"nextToken": "gone"}), invalid, "nextToken is invalid"),
        ("DescribeLogStreams", group("none"), missing, "log group"),
        ("DescribeLogStreams", json!({"logGroupName": GROUP, "orderBy": "Size"}), invalid, "enum value set"),
        (
            "DescribeLogStreams",
            json!({"logGroupName": GROUP, "orderBy": "LastEventTime", "logStreamNamePrefix": "a"}),
            invalid,
            "LastEventTime",
        ),
        ("GetLogEvents", stream(GROUP, "none"), missing, "log stream does not exist"),
        (
            "GetLogEvents",
            json!({"logGroupName": GROUP, "logStreamName": STREAM, "nextToken": "x/1"}),
            invalid,
            "nextToken",
        ),
        (
            "GetLogEvents",
            json!({"logGroupName": GROUP, "logStreamName": STREAM, "startTime": -1}),
            invalid,
            "startTime",
        ),
        ("FilterLogEvents", json!({"logGroupName": GROUP, "limit": 10_001}), invalid, "10000"),
        ("FilterLogEvents", json!({"logGroupName": GROUP, "nextToken": "é"}), invalid, "nextToken"),
        ("FilterLogEvents", json!({"logGroupName": GROUP, "logStreamNames": []}), invalid, "from 1 to 100"),
        (
            "FilterLogEvents",
            json!({"logGroupName": GROUP, "logStreamNames": ["none"]}),
            missing,
            "log stream",
        ),
        (
            "FilterLogEvents",
            json!({"logGroupName": GROUP, "logStreamNames": [STREAM], "logStreamNamePrefix": "u"}),
            invalid,
            "mutually exclusive",
        ),
        ("FilterLogEvents", filter("{ $.a = "), invalid, "Invalid filter pattern: a value is missing"),
        ("FilterLogEvents", filter("%a%"), invalid, "not supported"),
        ("TestMetricFilter", json!({}), "UnknownOperationException", "Logs_20140328.TestMetricFilter"),
    ];
    for (operation, input, kind, says) in &cases {
        refused(&explorer, operation, input, kind, says).await;
    }
}

#[actix_web::test]
async fn a_batch_is_checked_by_every_rule() {
    let (explorer, _directory) = with_stream().await;
    let time = now();
    let invalid = "InvalidParameterException";
    let mebibyte = "x".repeat(1_048_551);
    let many = vec![(time, "m"); 10_001];
    let half = "x".repeat(524_288);
    let to = |group: &str, stream: &str| {
        let mut input = put(&[(time, "m")]);
        input["logGroupName"] = json!(group);
        input["logStreamName"] = json!(stream);
        input
    };
    let with = |events: Value| json!({"logGroupName": GROUP, "logStreamName": STREAM, "logEvents": events});
    let cases = [
        (to("none", STREAM), "ResourceNotFoundException", "log group does not exist"),
        (to(GROUP, "none"), "ResourceNotFoundException", "log stream does not exist"),
        (put(&[]), invalid, "greater than or equal to 1"),
        (put(&many), invalid, "less than or equal to 10000"),
        (put(&[(time, "")]), invalid, "logEvents.1.member.message"),
        (put(&[(time, &mebibyte)]), invalid, "Log event too large: 1048577 bytes"),
        (put(&[(time, &half), (time, &half)]), invalid, "Upload too large: 1048628 bytes"),
        (put(&[(time, "b"), (time - 1, "a")]), invalid, "chronological order"),
        (put(&[(time - DAY - 1, "a"), (time, "b")]), invalid, "24 hours"),
        (with(json!([{"message": "m"}])), invalid, "Value null at 'logEvents.1.member.timestamp'"),
        (with(json!([{"timestamp": -1, "message": "m"}])), invalid, "greater than or equal to 0"),
        (with(json!([{"timestamp": "now", "message": "m"}])), "SerializationException", "whole number"),
        (with(json!([7])), "SerializationException", "must be an object"),
        (with(json!("m")), "SerializationException", "must be a list"),
    ];
    for (input, kind, says) in &cases {
        refused(&explorer, "PutLogEvents", input, kind, says).await;
    }
    assert_eq!(explorer.json("/api/stats").await["log_events"], 0);

    let most = vec![(time, "m"); 10_000];
    let answer = explorer.aws_ok("PutLogEvents", &put(&most)).await;
    assert!(answer.get("rejectedLogEventsInfo").is_none(), "{answer}");
    assert_eq!(explorer.json("/api/stats").await["log_events"], 10_000);
}

#[actix_web::test]
async fn events_that_are_too_old_too_new_or_expired_are_named_and_the_others_are_kept() {
    let (explorer, _directory) = with_stream().await;
    let time = now();
    let batch = [
        (time - 15 * DAY, "older"),
        (time - 14 * DAY - HOUR, "old"),
        (time - HOUR, "kept"),
        (time + HOUR, "kept too"),
        (time + 3 * HOUR, "new"),
    ];

    let answer = explorer.aws_ok("PutLogEvents", &put(&batch)).await;

    assert_eq!(
        answer["rejectedLogEventsInfo"],
        json!({"tooOldLogEventEndIndex": 2, "tooNewLogEventStartIndex": 4})
    );
    let get = json!({"logGroupName": GROUP, "logStreamName": STREAM});
    assert_eq!(messages(&explorer.aws_ok("GetLogEvents", &get).await), ["kept", "kept too"]);

    explorer.aws_ok("PutRetentionPolicy", &json!({"logGroupName": GROUP, "retentionInDays": 1})).await;
    let answer =
        explorer.aws_ok("PutLogEvents", &put(&[(time - 25 * HOUR, "expired"), (time - 2 * HOUR, "c")])).await;
    assert_eq!(answer["rejectedLogEventsInfo"], json!({"expiredLogEventEndIndex": 1}));
    assert_eq!(messages(&explorer.aws_ok("GetLogEvents", &get).await), ["c", "kept", "kept too"]);
}

#[actix_web::test]
async fn what_the_retention_no_longer_covers_is_not_told() {
    let (explorer, _directory) = with_stream().await;
    let time = now();
    explorer.aws_ok("PutLogEvents", &put(&[(time - 25 * HOUR, "a"), (time - 2 * HOUR, "b")])).await;

    explorer.aws_ok("PutRetentionPolicy", &json!({"logGroupName": GROUP, "retentionInDays": 1})).await;

    let get = json!({"logGroupName": GROUP, "logStreamName": STREAM});
    assert_eq!(messages(&explorer.aws_ok("GetLogEvents", &get).await), ["b"]);
    assert_eq!(messages(&explorer.aws_ok("FilterLogEvents", &json!({"logGroupName": GROUP})).await), ["b"]);
}

#[actix_web::test]
async fn a_stream_is_read_from_both_ends_until_the_token_stays_the_same() {
    let (explorer, _directory) = with_stream().await;
    let time = now();
    let texts: Vec<_> = (0..5).map(|number| format!("m{number}")).collect();
    let events: Vec<_> = (time - 4..).zip(texts.iter().map(String::as_str)).collect();
    explorer.aws_ok("PutLogEvents", &put(&events)).await;
    let get = async |more: Value| {
        let mut input = json!({"logGroupName": GROUP, "logStreamName": STREAM, "limit": 2});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        explorer.aws_ok("GetLogEvents", &input).await
    };

    let mut page = get(json!({"startFromHead": true})).await;
    for expected in [&["m0", "m1"][..], &["m2", "m3"], &["m4"], &[]] {
        assert_eq!(messages(&page), expected);
        let token = page["nextForwardToken"].clone();
        page = get(json!({"nextToken": token})).await;
        assert!(!expected.is_empty() || page["nextForwardToken"] == token, "{page}");
    }
    explorer.aws_ok("PutLogEvents", &put(&[(time + 1, "later")])).await;
    let page = get(json!({"nextToken": page["nextForwardToken"]})).await;
    assert_eq!(messages(&page), ["later"]);

    let mut page = get(json!({"endTime": time + 1})).await;
    for expected in [&["m3", "m4"][..], &["m1", "m2"], &["m0"], &[]] {
        assert_eq!(messages(&page), expected);
        page = get(json!({"nextToken": page["nextBackwardToken"]})).await;
    }
    let ends = get(json!({"startFromHead": true, "startTime": time - 3, "endTime": time - 2})).await;
    assert_eq!(messages(&ends), ["m1"], "the start is among them and the end is not");
}

#[actix_web::test]
async fn events_are_filtered_by_time_stream_and_pattern() {
    let (explorer, _directory) = with_stream().await;
    let time = now();
    let trace = "5b8efff798038103d269b633813fc60c";
    let line =
        |level: &str, text: &str| format!(r#"{{"level":"{level}","message":"{text}","trace_id":"{trace}"}}"#);
    let (one, two) = (line("INFO", "Asked users"), line("ERROR", "Lost users"));
    explorer.aws_ok("PutLogEvents", &put(&[(time - 3, "plain text"), (time - 1, &two)])).await;
    explorer.make_stream(GROUP, "activities/1").await;
    let mut other = put(&[(time - 2, &one)]);
    other["logStreamName"] = json!("activities/1");
    explorer.aws_ok("PutLogEvents", &other).await;
    let found = async |more: Value| {
        let mut input = json!({"logGroupIdentifier": "arn:aws:logs:us-east-1:1:log-group:cruddur:*"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = explorer.aws_ok("FilterLogEvents", &input).await;
        messages(&answer).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let (plain, one, two) = ("plain text".to_owned(), one, two);

    assert_eq!(found(json!({})).await, [&*plain, &*one, &*two], "streams are mixed by time");
    assert_eq!(
        found(json!({"startTime": time - 2, "endTime": time - 2})).await,
        [&*one],
        "both ends are among them"
    );
    assert_eq!(found(json!({"logStreamNames": [STREAM]})).await, [&*plain, &*two]);
    assert_eq!(found(json!({"logStreamNamePrefix": "activities/"})).await, [&*one]);
    assert_eq!(found(json!({"filterPattern": "users -ERROR"})).await, [&*one]);
    assert_eq!(found(json!({"filterPattern": "?Lost ?plain"})).await, [&*plain, &*two]);
    assert_eq!(
        found(json!({"filterPattern": format!("{{ $.trace_id = \"{trace}\" }}")})).await,
        [&*one, &*two]
    );
    assert_eq!(
        found(json!({"filterPattern": "{ $.level = ERR* || $.message = \"*users\" && $.level != INFO }"}))
            .await,
        [&*two]
    );
}

#[actix_web::test]
async fn a_filter_goes_on_where_the_page_before_ended_and_its_token_is_for_the_same_question() {
    let (explorer, _directory) = with_stream().await;
    let time = now();
    // All at one time: what orders them is their arrival.
    let texts: Vec<_> = (0..250)
        .map(|number| format!("m{number} {}", if number % 2 == 0 { "even" } else { "odd" }))
        .collect();
    let events: Vec<_> = texts.iter().map(|text| (time, text.as_str())).collect();
    explorer.aws_ok("PutLogEvents", &put(&events)).await;
    let mut input = json!({"logGroupName": GROUP, "filterPattern": "even", "limit": 30});
    let (mut found, mut ids, mut pages) = (Vec::new(), std::collections::HashSet::new(), 0);

    loop {
        let page = explorer.aws_ok("FilterLogEvents", &input).await;
        pages += 1;
        found.extend(messages(&page).into_iter().map(str::to_owned));
        ids.extend(page["events"].as_array().unwrap().iter().map(|event| event["eventId"].to_string()));
        let Some(token) = page.get("nextToken") else { break };
        input["nextToken"] = token.clone();
    }

    let even: Vec<_> = texts.iter().filter(|text| text.ends_with("even")).cloned().collect();
    assert_eq!((found, ids.len(), pages), (even, 125, 5));
    input["filterPattern"] = json!("odd");
    refused(&explorer, "FilterLogEvents", &input, "InvalidParameterException", "nextToken").await;
}

#[actix_web::test]
async fn every_answer_has_an_id_and_the_type_of_aws_json() {
    let (explorer, _directory) = Running::fresh().await;
    for (operation, body) in
        [("DescribeLogGroups", "{}"), ("CreateLogGroup", "{}"), ("PutLogEvents", "[1]"), ("None", "{")]
    {
        let response = explorer.aws_request(operation).body(body).send().await.unwrap();

        assert_eq!(response.headers()["content-type"], "application/x-amz-json-1.1");
        assert_eq!(response.headers()["x-amzn-requestid"].to_str().unwrap().len(), 36);
    }
    let broken = explorer.aws_request("PutLogEvents").body("{").send().await.unwrap();
    assert!(broken.text().await.unwrap().contains("\"SerializationException\""));
}

#[actix_web::test]
async fn other_requests_for_the_root_are_those_of_pages() {
    let (explorer, _directory) = Running::fresh().await;

    assert_eq!(explorer.client.post(&explorer.base).body("{}").send().await.unwrap().status(), 405);
    assert_eq!(explorer.get("/").send().await.unwrap().status(), 200);
    let evil = explorer.aws_request("DescribeLogGroups").header("origin", "http://evil.test").body("{}");
    assert_eq!(evil.send().await.unwrap().status(), 403);
    let strange = explorer.aws_request("DescribeLogGroups").header("host", "evil.test").body("{}");
    assert_eq!(strange.send().await.unwrap().status(), 403);
}

#[actix_web::test]
async fn events_are_dropped_from_the_oldest_on_to_keep_to_the_limit() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings {
        port: 0,
        data: directory.path().to_owned(),
        max_log_bytes: 1_048_576,
        ..Settings::default()
    };
    let explorer = Running::with(settings).await;
    explorer.make_stream(GROUP, STREAM).await;
    let (time, long) = (now(), "x".repeat(10_000));

    for _ in 0..3 {
        explorer.aws_ok("PutLogEvents", &put(&vec![(time, &*long); 100])).await;
    }

    let stats = explorer.json("/api/stats").await;
    let count = |name: &str| stats[name].as_u64().unwrap();
    assert!(count("log_bytes") <= 1_048_576 && count("log_bytes") > 1_000_000, "{stats}");
    assert_eq!(count("accepted_log_events"), 300);
    assert_eq!(count("log_events") + count("dropped_log_events"), 300);
}
