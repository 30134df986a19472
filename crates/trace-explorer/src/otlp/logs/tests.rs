use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::otlp::limits::{MAX_ATTRIBUTES, MAX_VALUE_BYTES};
use crate::otlp::logs_from_json;

const NOW: u64 = 9_000_000_000;

fn typed(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn text(text: &str) -> AnyValue {
    typed(Value::StringValue(text.to_owned()))
}

fn attribute(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

fn record(message: &str) -> LogRecord {
    LogRecord { time_unix_nano: 1_002_003_004, body: Some(text(message)), ..LogRecord::default() }
}

fn request(resource: &[(&str, &str)], scope: &str, log_records: Vec<LogRecord>) -> Vec<u8> {
    let attributes = resource.iter().map(|(key, value)| attribute(key, text(value))).collect();
    let scope = Some(InstrumentationScope { name: scope.to_owned(), ..InstrumentationScope::default() });
    let scope_logs = vec![ScopeLogs { scope, log_records, ..ScopeLogs::default() }];
    let resource = Some(Resource { attributes, ..Resource::default() });
    let resource_logs = vec![ResourceLogs { resource, scope_logs, ..ResourceLogs::default() }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec()
}

fn decode(body: &[u8]) -> (Vec<Lines>, Rejection) {
    let mut all = Vec::new();
    let rejected = decode_logs(body, NOW, |lines| {
        all.push(lines);
        Ok(())
    });
    (all, rejected.unwrap())
}

/// The only line of a request with one record.
fn line(record: LogRecord) -> (u64, serde_json::Value) {
    let (all, rejected) = decode(&request(&[], "", vec![record]));
    assert_eq!(rejected, Rejection::default());
    let (time, line) = &all[0].lines[0];
    (*time, serde_json::from_str(line).unwrap())
}

#[test]
fn a_record_is_a_line_as_services_write_it() {
    let record = LogRecord {
        severity_number: 13,
        severity_text: "WARNING".to_owned(),
        trace_id: vec![0xab; 16],
        span_id: vec![0xcd; 8],
        attributes: vec![
            attribute("tries", typed(Value::IntValue(3))),
            attribute("user.handle", text("londo")),
        ],
        ..record("Slow")
    };
    let resource = [
        ("service.name", "users"),
        ("service.version", "1.0"),
        ("service.instance.id", "a:b*c"),
        ("host", "h"),
    ];

    let (all, rejected) = decode(&request(&resource, "users.store", vec![record]));

    let expected = concat!(
        r#"{"timestamp":"1970-01-01T00:00:01.002003004Z","level":"WARN","message":"Slow","service.name":"users","#,
        r#""service.version":"1.0","trace_id":"abababababababababababababababab","span_id":"cdcdcdcdcdcdcdcd","#,
        r#""target":"users.store","tries":3,"user.handle":"londo"}"#
    );
    let lines = vec![(1_002, expected.to_owned())];
    assert_eq!(all, [Lines { source: "users/a_b_c".to_owned(), lines }]);
    assert_eq!(rejected, Rejection::default());
}

#[test]
fn the_level_is_that_of_the_number_and_else_that_of_the_text() {
    let level = |severity_number, severity_text: &str| {
        let severity_text = severity_text.to_owned();
        line(LogRecord { severity_number, severity_text, ..record("m") }).1["level"].clone()
    };
    for (number, expected) in
        [(1, "TRACE"), (4, "TRACE"), (5, "DEBUG"), (9, "INFO"), (16, "WARN"), (17, "ERROR"), (24, "ERROR")]
    {
        assert_eq!(level(number, "other"), expected, "{number}");
    }
    for (name, expected) in [("warning", "WARN"), ("Critical", "ERROR"), ("FATAL", "ERROR"), ("loud", "loud")]
    {
        assert_eq!(level(0, name), expected);
    }
    assert_eq!(level(0, ""), serde_json::Value::Null);
    assert_eq!(level(99, ""), serde_json::Value::Null);
}

#[test]
fn a_record_without_a_time_of_its_own_has_that_of_who_saw_it() {
    let times = |time_unix_nano, observed_time_unix_nano| {
        let (time, line) = line(LogRecord { time_unix_nano, observed_time_unix_nano, ..record("m") });
        (time, line["timestamp"].as_str().unwrap().to_owned())
    };

    assert_eq!(times(1_000_000, 2_000_000), (1, "1970-01-01T00:00:00.001Z".to_owned()));
    assert_eq!(times(0, 2_000_000), (2, "1970-01-01T00:00:00.002Z".to_owned()));
    assert_eq!(times(0, 0), (9_000, "1970-01-01T00:00:09Z".to_owned()));
    assert_eq!(times(u64::MAX, 0), (u64::MAX / 1_000_000, "2554-07-21T23:34:33.709551615Z".to_owned()));
}

#[test]
fn a_record_of_ids_that_are_not_valid_is_one_of_no_trace() {
    let good = LogRecord { trace_id: vec![1; 16], span_id: vec![2; 8], ..record("m") };
    for (trace_id, span_id, expected) in [
        (vec![], vec![], [false, false]),
        (vec![0; 16], vec![2; 8], [false, false]),
        (vec![1; 15], vec![2; 8], [false, false]),
        (vec![1; 16], vec![0; 8], [true, false]),
        (vec![1; 16], vec![2; 9], [true, false]),
        (vec![1; 16], vec![2; 8], [true, true]),
    ] {
        let (_, line) = line(LogRecord { trace_id, span_id, ..good.clone() });

        assert_eq!(["trace_id", "span_id"].map(|name| line.get(name).is_some()), expected, "{line}");
    }
}

#[test]
fn a_body_that_is_no_text_is_json_and_an_event_without_one_has_its_name() {
    let values = vec![typed(Value::IntValue(1)), AnyValue::default()];
    let array = LogRecord { body: Some(typed(Value::ArrayValue(ArrayValue { values }))), ..record("") };
    let event = LogRecord { body: None, event_name: "user.login".to_owned(), ..record("") };

    assert_eq!(line(array).1["message"], "[1,null]");
    assert_eq!(line(event).1["message"], "user.login");
    assert_eq!(line(LogRecord::default()).1["message"], "");
}

#[test]
fn an_attribute_cannot_pass_for_what_the_line_says_itself() {
    let names = ["level", "trace_id", "service.name", "message"];
    let mut attributes: Vec<_> = names.iter().map(|name| attribute(name, text("forged"))).collect();
    attributes.extend([attribute("twice", text("first")), attribute("twice", text("last"))]);

    let (_, line) = line(LogRecord { attributes, ..record("m") });

    let expected = json!({
        "timestamp": "1970-01-01T00:00:01.002003004Z", "message": "m", "service.name": "unknown_service", "twice": "last",
    });
    assert_eq!(line, expected);
}

#[test]
fn one_record_is_one_line_whatever_it_holds() {
    let odd = "a\r\n{\"level\":\"INFO\"}\u{1b}[2J\u{7f}\u{9b}31m\u{2028}\u{2029}é";
    let attributes = vec![attribute(odd, text(odd))];

    let (all, _) =
        decode(&request(&[("service.name", odd)], odd, vec![LogRecord { attributes, ..record(odd) }]));

    let Lines { source, lines } = &all[0];
    let obeyed = |c: char| c.is_control() || "\u{2028}\u{2029}".contains(c);
    assert!(!source.contains(char::is_control), "{source:?}");
    assert!(!lines[0].1.contains(obeyed), "{:?}", lines[0]);
    let read: serde_json::Value = serde_json::from_str(&lines[0].1).unwrap();
    assert_eq!((&read["message"], &read[odd]), (&odd.into(), &odd.into()), "nothing is lost");
}

#[test]
fn what_is_beyond_a_limit_is_left_out_and_what_is_too_large_even_so_is_rejected() {
    let attributes = |text: &str| -> Vec<_> {
        (0..=MAX_ATTRIBUTES).map(|n| attribute(&format!("k{n}"), self::text(text))).collect()
    };
    let many = LogRecord { attributes: attributes(""), ..record(&"é".repeat(MAX_VALUE_BYTES)) };
    let huge = LogRecord { attributes: attributes(&"x".repeat(MAX_VALUE_BYTES)), ..record("huge") };

    let (all, rejected) = decode(&request(&[], "", vec![huge, many, record("last")]));

    let lines = &all[0].lines;
    assert_eq!((all.len(), lines.len(), rejected.count), (1, 2, 1));
    assert_eq!(rejected.reason, format!("a log record is larger than {MAX_LOG_RECORD_BYTES} bytes"));
    let read: serde_json::Value = serde_json::from_str(&lines[0].1).unwrap();
    assert!(read["message"].as_str().unwrap().ends_with("é… [cut, 32768 bytes]"));
    assert_eq!(read.as_object().unwrap().keys().filter(|key| key.starts_with('k')).count(), MAX_ATTRIBUTES);
}

#[test]
fn many_records_are_handed_on_some_at_a_time_and_those_that_are_refused_are_counted() {
    let records = (0..200).map(|n| record(&format!("{n:016}").repeat(1_000))).collect();
    let mut handed_on = Vec::new();

    let rejected = decode_logs(&request(&[], "", records), NOW, |lines| {
        handed_on.push(lines.lines.len());
        if handed_on.len() == 2 { Err("no room".to_owned()) } else { Ok(()) }
    });

    assert!(handed_on.len() > 2, "{handed_on:?}");
    assert_eq!(handed_on.iter().sum::<usize>(), 200);
    assert_eq!(rejected.unwrap(), Rejection { count: handed_on[1] as u64, reason: "no room".to_owned() });
}

#[test]
fn a_long_name_does_not_make_every_line_long() {
    let name = "é".repeat(8_000);
    let resource = [("service.name", &name[..]), ("service.version", &name), ("service.instance.id", &name)];

    let (all, _) = decode(&request(&resource, &name, vec![record("m")]));

    assert!(all[0].source.len() <= 401, "{}", all[0].source);
    assert!(all[0].lines[0].1.len() < 1_000, "{}", all[0].lines[0].1);
}

#[test]
fn of_a_request_that_is_broken_at_its_end_nothing_is_handed_on() {
    let mut body = request(&[], "", vec![record("good"), record("evil")]);
    let at = body.windows(4).position(|window| window == b"evil").unwrap();
    body[at] = 0xff;

    let outcome = decode_logs(&body, NOW, |lines| panic!("{lines:?}"));

    assert!(matches!(outcome, Err(DecodeError::Utf8)));
}

fn any_record() -> impl Strategy<Value = LogRecord> {
    let pair = ("[a-z.]{0,8}", ".{0,12}").prop_map(|(key, value)| attribute(&key, text(&value)));
    let ids = (prop::collection::vec(0..9_u8, 0..17), prop::collection::vec(0..9_u8, 0..9));
    (ids, ".{0,10}", prop::collection::vec(pair, 0..4), any::<u64>(), -1..30_i32).prop_map(
        |((trace_id, span_id), body, attributes, time_unix_nano, severity_number)| LogRecord {
            time_unix_nano,
            severity_number,
            body: Some(text(&body)),
            attributes,
            trace_id,
            span_id,
            ..LogRecord::default()
        },
    )
}

proptest! {
    #[test]
    fn whatever_prost_cannot_read_is_refused_and_every_line_is_an_object(
        records in prop::collection::vec(any_record(), 0..4),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut body = request(&[("service.name", "a")], "scope", records);
        for (at, value) in flips {
            let at = at.index(body.len());
            body[at] = value;
        }
        let mut lines = Vec::new();

        let ours = decode_logs(&body, NOW, |some| { lines.extend(some.lines); Ok(()) });

        prop_assert!(ours.is_err() || ExportLogsServiceRequest::decode(&body[..]).is_ok());
        for (time, line) in lines {
            let facts = crate::logs::Facts::of(&line, time);
            prop_assert_eq!(facts.time_unix_nano / 1_000_000, time);
            prop_assert!(serde_json::from_str::<serde_json::Map<_, _>>(&line).is_ok());
        }
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_logs(&bytes, NOW, |_| Ok(()));
        let _ = logs_from_json(&bytes);
    }
}

#[test]
fn json_brings_the_same_record_as_protobuf() {
    let record = LogRecord {
        observed_time_unix_nano: 7,
        severity_number: 9,
        severity_text: "Information".to_owned(),
        attributes: vec![attribute("k", text("v"))],
        flags: 1,
        trace_id: vec![0x5b; 16],
        span_id: vec![0xee; 8],
        event_name: "event".to_owned(),
        ..record("Example log record")
    };
    let json = json!({"resourceLogs": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "my.service"}}]},
        "scopeLogs": [{"scope": {"name": "my.library"}, "logRecords": [{
            "timeUnixNano": "1002003004", "observedTimeUnixNano": 7, "severityNumber": 9,
            "severityText": "Information", "traceId": "5B".repeat(16), "spanId": "ee".repeat(8), "flags": 1,
            "body": {"stringValue": "Example log record"}, "eventName": "event",
            "attributes": [{"key": "k", "value": {"stringValue": "v"}}], "aFieldOfTheFuture": {},
        }]}],
    }]});

    let read = logs_from_json(json.to_string().as_bytes()).unwrap();

    let body = request(&[("service.name", "my.service")], "my.library", vec![record]);
    let decode = |bytes: &[u8]| ExportLogsServiceRequest::decode(bytes).unwrap();
    assert_eq!(decode(&read), decode(&body));
}
