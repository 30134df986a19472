//! What a real service sends on for what it was sent: the cases of the test suite of [W3C Trace Context][suite], at level 2
//! and strict, written anew from the specification, one test a case.
//!
//! [suite]: https://github.com/w3c/trace-context/tree/main/test

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

#[allow(dead_code, reason = "the tests start it without its main")]
#[path = "../examples/w3c_service.rs"]
mod w3c_service;
mod wire;

use std::collections::HashSet;
use std::net::{SocketAddr, TcpListener};
use std::sync::OnceLock;

use wire::{Callee, Head};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";
/// Keeps the trace going where a test is about the rest.
const NOT_SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

type Lines<'t> = [(&'t str, &'t str)];

/// The example's service, one for all tests.
fn service() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let telemetry = telemetry::init(telemetry::service_info!(), &telemetry::Settings::default()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let _running = telemetry;
            actix_web::rt::System::new().block_on(async { w3c_service::serve(listener).unwrap().await })
        });
        address
    })
}

/// What a callee was sent, taken apart; it is valid, or the test has failed.
#[derive(Debug)]
struct SentOn {
    trace_id: String,
    span_id: String,
    flags: u8,
    state: String,
}

impl SentOn {
    fn read(head: &Head) -> Self {
        let parents = head.all("traceparent");
        let states = head.all("tracestate");
        assert_eq!(parents.len(), 1, "{head:?}");
        assert!(states.len() <= 1 && !states.contains(&""), "{head:?}");
        let fields: Vec<&str> = parents[0].split('-').collect();
        let lengths: Vec<usize> = fields.iter().map(|field| field.len()).collect();
        assert_eq!(lengths, [2, 32, 16, 2], "{}", parents[0]);
        assert!(parents[0].bytes().all(|byte| b"0123456789abcdef-".contains(&byte)), "{}", parents[0]);
        assert_eq!(fields[0], "00");
        assert!(fields[1] != "0".repeat(32) && fields[2] != "0".repeat(16), "{}", parents[0]);
        Self {
            trace_id: fields[1].to_owned(),
            span_id: fields[2].to_owned(),
            flags: u8::from_str_radix(fields[3], 16).unwrap(),
            state: states.concat(),
        }
    }

    fn continues(&self) -> bool {
        assert_ne!(self.span_id, SPAN, "a call is a span of its own");
        self.trace_id == TRACE
    }
}

/// What a callee is sent in each of `times` calls of one request with `lines`.
fn calls(lines: &Lines, times: usize) -> Vec<SentOn> {
    let callee = Callee::answering("200 OK", "");
    let call = format!(r#"{{"url": "http://{}/", "arguments": []}}"#, callee.address);
    let body = format!("[{}]", vec![call; times].join(","));

    let answer = wire::ask(service(), "POST /test", lines, &body);

    assert_eq!(answer.status, 200, "{}", answer.body);
    let received: Vec<SentOn> = callee.received().iter().map(SentOn::read).collect();
    assert_eq!(received.len(), times);
    let told = answer.head.all("traceresponse").concat();
    assert!(received.iter().all(|call| told.starts_with(&format!("00-{}-", call.trace_id))), "{told}");
    received
}

fn sent_on(lines: &Lines) -> SentOn {
    calls(lines, 1).remove(0)
}

/// Whether the trace of a `traceparent` goes on.
fn continues(traceparent: &str) -> bool {
    sent_on(&[("traceparent", traceparent)]).continues()
}

/// The state that goes on for these lines of `tracestate`.
fn state(lines: &[&str]) -> String {
    let lines = lines.iter().map(|line| ("tracestate", *line));
    let sent_on = sent_on(&[("traceparent", NOT_SAMPLED)].into_iter().chain(lines).collect::<Vec<_>>());
    assert!(sent_on.continues(), "a bad state must not break the trace");
    sent_on.state
}

/// A member with a key of so many letters.
fn member(key: usize) -> String {
    format!("{}=1", "z".repeat(key))
}

fn members(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("bar{n:02}={n:02}")).collect()
}

// --- traceparent ---

#[test]
fn without_headers_a_trace_begins() {
    let sent_on = sent_on(&[]);

    assert!(!sent_on.continues());
    assert_eq!(sent_on.state, "");
}

#[test]
fn a_trace_goes_on_without_a_state() {
    let sent_on = sent_on(&[("traceparent", SAMPLED)]);

    assert!(sent_on.continues());
    assert_eq!((sent_on.flags, &*sent_on.state), (1, ""));
}

#[test]
fn two_parents_are_none() {
    let other = SAMPLED.replace("4bf9", "5bf9");
    let sent_on = sent_on(&[("traceparent", &other), ("traceparent", SAMPLED)]);

    assert!(![TRACE, &other[3..35]].contains(&&*sent_on.trace_id));
    assert!(!continues(&format!("{SAMPLED},{SAMPLED}")), "nor in one line");
}

#[test]
fn a_parent_of_another_name_is_none() {
    for name in ["trace-parent", "trace.parent", "trace_parent"] {
        assert!(!sent_on(&[(name, SAMPLED)]).continues(), "{name}");
    }
}

#[test]
fn the_name_of_a_parent_may_have_capitals() {
    for name in ["TraceParent", "TrAcEpArEnT", "TRACEPARENT"] {
        assert!(sent_on(&[(name, SAMPLED)]).continues(), "{name}");
    }
}

#[test]
fn version_00_has_nothing_behind_its_flags() {
    for rest in [".", "-", "-01", "-what-the-future-will-be-like"] {
        assert!(!continues(&format!("{SAMPLED}{rest}")), "{rest}");
    }
}

#[test]
fn a_later_version_is_read_as_far_as_it_is_known() {
    for version in ["01", "cc", "fe"] {
        let parent = format!("{version}-{TRACE}-{SPAN}-01");
        assert!(continues(&parent));
        assert!(continues(&format!("{parent}-what-the-future-will-be-like")));
        assert!(!continues(&format!("{parent}.what-the-future-will-be-like")));
        assert!(!continues(&format!("{parent}0")));
    }
}

#[test]
fn version_ff_is_none() {
    assert!(!continues(&format!("ff-{TRACE}-{SPAN}-01")));
    assert!(!continues(&format!("ff-{TRACE}-{SPAN}-01-more")));
}

#[test]
fn a_version_is_lower_case_digits() {
    for version in [".0", "0.", "CC", "+0"] {
        assert!(!continues(&format!("{version}-{TRACE}-{SPAN}-01")), "{version}");
    }
}

#[test]
fn a_version_is_not_longer() {
    for version in ["000", "0000"] {
        assert!(!continues(&format!("{version}-{TRACE}-{SPAN}-01")), "{version}");
    }
}

#[test]
fn a_version_is_not_shorter() {
    assert!(!continues(&format!("0-{TRACE}-{SPAN}-01")));
    assert!(!continues(&format!("-{TRACE}-{SPAN}-01")));
}

#[test]
fn a_trace_id_is_not_all_zeros() {
    // A valid id goes out: `SentOn::read` holds that.
    sent_on(&[("traceparent", &format!("00-{}-{SPAN}-01", "0".repeat(32)))]);
}

#[test]
fn a_trace_id_is_lower_case_digits() {
    for id in [format!(".{}", &TRACE[1..]), format!("{}.", &TRACE[..31]), TRACE.to_uppercase()] {
        assert!(!continues(&format!("00-{id}-{SPAN}-01")), "{id}");
    }
}

#[test]
fn a_trace_id_is_not_longer() {
    let sent_on = sent_on(&[("traceparent", &format!("00-{TRACE}0-{SPAN}-01"))]);

    assert!(!sent_on.continues());
    assert_ne!(sent_on.trace_id, format!("{}0", &TRACE[1..]));
}

#[test]
fn a_trace_id_is_not_shorter() {
    let sent_on = sent_on(&[("traceparent", &format!("00-{}-{SPAN}-01", &TRACE[1..]))]);

    assert!(!sent_on.trace_id.contains(&TRACE[1..]), "nor is it filled up");
}

#[test]
fn a_parent_id_is_not_all_zeros() {
    assert!(!continues(&format!("00-{TRACE}-{}-01", "0".repeat(16))));
}

#[test]
fn a_parent_id_is_lower_case_digits() {
    for id in [format!(".{}", &SPAN[1..]), format!("{}.", &SPAN[..15]), SPAN.to_uppercase()] {
        assert!(!continues(&format!("00-{TRACE}-{id}-01")), "{id}");
    }
}

#[test]
fn a_parent_id_is_not_longer() {
    assert!(!continues(&format!("00-{TRACE}-{SPAN}0-01")));
}

#[test]
fn a_parent_id_is_not_shorter() {
    assert!(!continues(&format!("00-{TRACE}-{}-01", &SPAN[1..])));
}

#[test]
fn flags_are_lower_case_digits() {
    for flags in [".0", "0.", "0A", "+1"] {
        assert!(!continues(&format!("00-{TRACE}-{SPAN}-{flags}")), "{flags}");
    }
}

#[test]
fn flags_are_not_longer() {
    assert!(!continues(&format!("00-{TRACE}-{SPAN}-001")));
}

#[test]
fn flags_are_not_shorter() {
    assert!(!continues(&format!("00-{TRACE}-{SPAN}-1")));
    assert!(!continues(&format!("00-{TRACE}-{SPAN}-")));
    assert!(!continues(&format!("00-{TRACE}-{SPAN}")));
}

#[test]
fn white_space_around_a_parent_is_nothing() {
    for (before, after) in [(" ", ""), ("\t", ""), ("", " "), ("", "\t"), ("\t ", " \t")] {
        assert!(continues(&format!("{before}{SAMPLED}{after}")), "{before:?} {after:?}");
    }
}

// --- tracestate ---

#[test]
fn a_state_without_a_parent_is_not_looked_at() {
    assert_eq!(sent_on(&[("tracestate", "foo=1")]).state, "");
    assert_eq!(sent_on(&[("tracestate", "foo=1,bar=2")]).state, "");
    assert_eq!(sent_on(&[("traceparent", "00-0-0-00"), ("tracestate", "foo=1")]).state, "");
}

#[test]
fn a_state_goes_on_with_its_trace() {
    assert_eq!(state(&["foo=1,bar=2"]), "foo=1,bar=2");
}

#[test]
fn a_state_of_another_name_is_none() {
    for name in ["trace-state", "trace.state"] {
        assert_eq!(sent_on(&[("traceparent", NOT_SAMPLED), (name, "foo=1")]).state, "", "{name}");
    }
}

#[test]
fn the_name_of_a_state_may_have_capitals() {
    for name in ["TraceState", "TrAcEsTaTe", "TRACESTATE"] {
        assert_eq!(sent_on(&[("traceparent", NOT_SAMPLED), (name, "foo=1")]).state, "foo=1", "{name}");
    }
}

#[test]
fn an_empty_line_of_a_state_is_nothing() {
    assert_eq!(state(&[""]), "");
    assert_eq!(state(&["foo=1", ""]), "foo=1");
    assert_eq!(state(&["", "foo=1"]), "foo=1");
}

#[test]
fn the_lines_of_a_state_are_one_in_their_order() {
    assert_eq!(state(&["foo=1,bar=2", "rojo=1,congo=2", "baz=3"]), "foo=1,bar=2,rojo=1,congo=2,baz=3");
}

#[test]
fn of_a_key_that_is_there_twice_the_first_goes_on() {
    assert_eq!(state(&["foo=1,foo=1"]), "foo=1");
    assert_eq!(state(&["foo=1,foo=2"]), "foo=1");
    assert_eq!(state(&["foo=1", "foo=1"]), "foo=1");
    assert_eq!(state(&["foo=1", "bar=0,foo=2"]), "foo=1,bar=0");
}

#[test]
fn every_letter_that_is_allowed_goes_on() {
    let key: String = ('a'..='z').chain('0'..='9').chain("_-*/".chars()).collect();
    let value: String = (' '..='~').filter(|letter| ![',', '='].contains(letter)).collect();
    for key in [&key, &format!("{key}@a-z0-9_-*/"), &format!("0{key}")] {
        let member = format!("{key}={value}");
        assert_eq!(state(&[&member]), member);
    }
}

#[test]
fn white_space_around_members_is_nothing() {
    for line in ["foo=1 \t , \t bar=2, \t baz=3", "foo=1\t \t,\t \tbar=2,\t \tbaz=3"] {
        assert_eq!(state(&[line]), "foo=1,bar=2,baz=3");
    }
    for line in [" foo=1", "\tfoo=1", "foo=1 ", "foo=1\t", "\t foo=1 \t"] {
        assert_eq!(state(&[line]), "foo=1", "{line:?}");
    }
}

#[test]
fn a_key_has_no_other_letters() {
    for key in ["foo ", "FOO", "foo.bar", "foo\tbar", "f\u{f6}", ""] {
        assert_eq!(state(&[&format!("{key}=1")]), "", "{key}");
    }
}

#[test]
fn a_key_begins_with_a_letter_or_a_digit() {
    for member in ["@foo=1", "_foo=1", "-foo=1", "*foo=1", "/foo=1"] {
        assert_eq!(state(&[&format!("{member},bar=2")]), "", "{member}");
    }
    for member in ["foo@=1", "foo@@bar=1", "foo@bar@baz=1", "0foo=1"] {
        let line = format!("{member},bar=2");
        assert_eq!(state(&[&line]), line, "level 2 has no tenants");
    }
}

#[test]
fn a_state_has_32_members_at_most() {
    let lines = |count: usize| members(count).chunks(10).map(|line| line.join(",")).collect::<Vec<_>>();
    let sent = |count: usize| state(&lines(count).iter().map(String::as_str).collect::<Vec<_>>());

    assert_eq!(sent(32), members(32).join(","));
    assert_eq!(sent(33), "");
}

#[test]
fn a_key_has_256_letters_at_most() {
    assert_eq!(state(&["foo=1", &member(256)]), format!("foo=1,{}", member(256)));
    assert_eq!(state(&["foo=1", &member(257)]), "");
    // What were the limits of tenant and system at level 1 is within that of level 2.
    for (tenant, system) in [(241, 14), (242, 1), (1, 15)] {
        let line = format!("foo=1,{}@{}=1", "t".repeat(tenant), "v".repeat(system));
        assert_eq!(state(&[&line]), line);
    }
}

#[test]
fn a_value_has_no_other_letters() {
    for line in
        ["foo=bar=baz", "foo=,bar=3", "foo= ,bar=3", "foo=a\tb,bar=3", "foo=\u{f6},bar=3", "foo,bar=3"]
    {
        assert_eq!(state(&[line]), "", "{line}");
    }
}

// --- several calls ---

fn spans(calls: &[SentOn]) -> usize {
    calls.iter().map(|call| &call.span_id).collect::<HashSet<_>>().len()
}

#[test]
fn all_calls_of_a_request_are_in_its_trace() {
    let calls = calls(&[("traceparent", SAMPLED)], 3);

    assert!(calls.iter().all(SentOn::continues));
    assert_eq!(spans(&calls), 3);
}

#[test]
fn all_calls_of_a_request_without_a_trace_are_in_a_new_one() {
    let calls = calls(&[], 3);

    assert!(calls.iter().all(|call| call.trace_id == calls[0].trace_id));
    assert_eq!(spans(&calls), 3);
}

#[test]
fn all_calls_of_a_request_with_a_bad_parent_are_in_a_new_trace() {
    let bad = format!("00-{}-{SPAN}-01", "0".repeat(32));
    let calls = calls(&[("traceparent", &bad)], 3);

    assert!(calls.iter().all(|call| call.trace_id == calls[0].trace_id));
    assert_eq!(spans(&calls), 3);
}

// --- level 2 ---

#[test]
fn the_random_flag_goes_on_and_unknown_ones_do_not() {
    for (received, sent) in [("00", 0), ("01", 1), ("02", 2), ("03", 3), ("fc", 0), ("ff", 3)] {
        let sent_on = sent_on(&[("traceparent", &format!("00-{TRACE}-{SPAN}-{received}"))]);

        assert!(sent_on.continues());
        assert_eq!(sent_on.flags, sent, "{received}");
    }
}
