//! Each format against its own document, and all of them against each other.

use http::HeaderValue;
use proptest::prelude::*;

use super::*;

const TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";
const SPAN: &str = "e457b5a2e4d86bd1";

type Lines<'t> = [(&'static str, &'t str)];

fn headers(lines: &Lines) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn read(propagators: &str, headers: &HeaderMap) -> Context {
    let propagators: Propagators = propagators.parse().unwrap();
    propagators.extract(&|name: &HeaderName| headers.get_all(name).iter().map(HeaderValue::as_bytes))
}

/// What `to` writes of what `from` reads, sorted by name.
fn translate(from: &str, to: &str, lines: &Lines) -> Vec<String> {
    let mut out = HeaderMap::new();
    to.parse::<Propagators>().unwrap().inject(&read(from, &headers(lines)), &mut out);
    let mut lines: Vec<String> =
        out.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort_unstable();
    lines
}

/// The `traceparent` that a header of another format means, empty when it is refused.
fn meaning(propagator: &str, lines: &Lines) -> String {
    translate(propagator, "tracecontext", lines).concat().trim_start_matches("traceparent: ").to_owned()
}

fn sampled() -> String {
    format!("00-{TRACE}-{SPAN}-01")
}

fn not_sampled() -> String {
    format!("00-{TRACE}-{SPAN}-00")
}

#[test]
fn a_set_is_read_as_the_variable_writes_it() {
    use Propagator::{B3, B3Multi, Baggage, Jaeger, TraceContext, XRay};

    let read = |text: &str| text.parse::<Propagators>().map(|set| set.as_slice().to_vec());
    assert_eq!(read("tracecontext,baggage").unwrap(), [TraceContext, Baggage]);
    assert_eq!(
        read(" xray , b3,b3multi,jaeger,b3 ").unwrap(),
        [XRay, B3, B3Multi, Jaeger],
        "in order, each once"
    );
    assert_eq!(read("none").unwrap(), []);
    assert_eq!(Propagators::default().as_slice(), [TraceContext, Baggage]);
    for text in ["tracecontext,baggage", "xray,b3,b3multi,jaeger", "none"] {
        assert_eq!(text.parse::<Propagators>().unwrap().to_string(), text);
    }
}

#[test]
fn an_unknown_name_is_refused_in_words() {
    for text in ["ottrace", "B3", "tracecontext,none", "", "b3,"] {
        let error = text.parse::<Propagators>().unwrap_err().to_string();
        assert!(error.contains("b3multi, xray, jaeger"), "{error}");
    }
}

#[test]
fn without_propagators_nothing_comes_in_and_nothing_goes_out() {
    let lines = [("traceparent", &*sampled()), ("baggage", "k=v")];

    assert!(translate("none", "tracecontext,baggage", &lines).is_empty());
    assert!(translate("tracecontext,baggage", "none", &lines).is_empty());
}

#[test]
fn the_first_format_with_a_valid_context_wins() {
    let b3 = format!("{TRACE}-{SPAN}-0");
    let both = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), ("b3", &*b3)];

    assert_eq!(meaning("b3,tracecontext", &both), not_sampled());
    assert_eq!(meaning("tracecontext,b3", &both), both[0].1);
    let broken = [("traceparent", "00-0-0-01"), ("b3", &*b3)];
    assert_eq!(meaning("tracecontext,b3", &broken), not_sampled(), "a broken one is passed over");
}

#[test]
fn baggage_is_read_and_written_only_where_it_is_wanted() {
    let lines = [("baggage", "k=v")];

    assert_eq!(translate("b3,baggage", "xray,baggage", &lines), ["baggage: k=v"]);
    assert!(translate("b3", "baggage", &lines).is_empty());
    assert!(translate("baggage", "b3", &lines).is_empty());
}

#[test]
fn all_formats_are_written_in_place_of_what_was_there() {
    let mut out = headers(&[
        ("b3", "0"),
        ("x-b3-parentspanid", SPAN),
        ("x-amzn-trace-id", "Root=1-0-0"),
        ("uberctx-user", "eve"),
        ("tracestate", "stale=1"),
        ("x-request-id", "stays"),
    ]);

    Propagators::from_iter([Propagator::TraceContext])
        .inject(&read("tracecontext", &headers(&[("traceparent", &sampled())])), &mut out);

    let names: Vec<&str> = out.keys().map(HeaderName::as_str).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(out["x-request-id"], "stays");
    assert_eq!(
        translate("tracecontext", "b3,b3multi,xray,jaeger,tracecontext", &[("traceparent", &not_sampled())]),
        [
            format!("b3: {TRACE}-{SPAN}-0"),
            format!("traceparent: {}", not_sampled()),
            format!("uber-trace-id: {TRACE}:{SPAN}:0:0"),
            format!("x-amzn-trace-id: Root=1-80f198ee-56343ba864fe8b2a57d3eff7;Parent={SPAN};Sampled=0"),
            "x-b3-sampled: 0".to_owned(),
            format!("x-b3-spanid: {SPAN}"),
            format!("x-b3-traceid: {TRACE}"),
        ]
    );
}

#[test]
fn one_line_of_b3_is_read_strictly() {
    let b3 = |value: &str| meaning("b3", &[("b3", value)]);

    assert_eq!(b3(&format!("{TRACE}-{SPAN}-1-05e3ac9a4f6e3b90")), sampled());
    assert_eq!(b3(&format!(" {TRACE}-{SPAN}-1 ")), sampled());
    assert_eq!(b3(&format!("{TRACE}-{SPAN}-0")), not_sampled());
    assert_eq!(b3(&format!("{TRACE}-{SPAN}-d")), sampled(), "debug implies sampled");
    assert_eq!(b3(&format!("{TRACE}-{SPAN}")), sampled(), "an open decision does not lose the trace");
    assert_eq!(
        b3(&format!("64fe8b2a57d3eff7-{SPAN}-1")),
        format!("00-{}64fe8b2a57d3eff7-{SPAN}-01", "0".repeat(16))
    );
    for value in [
        "0".to_owned(),
        TRACE.to_owned(),
        format!("{TRACE}-{SPAN}-"),
        format!("{TRACE}-{SPAN}-2"),
        format!("{TRACE}-{SPAN}-true"),
        format!("{TRACE}-{SPAN}-1-"),
        format!("{TRACE}-{SPAN}-1-{SPAN}-"),
        format!("{TRACE}-{SPAN}-1-5e3ac9a4f6e3b90"),
        format!("{}-{SPAN}-1", TRACE.to_uppercase()),
        format!("{}-{SPAN}-1", &TRACE[1..]),
        format!("{}-{SPAN}-1", &TRACE[15..]),
        format!("{TRACE}-{}-1", &SPAN[1..]),
        format!("{}-{SPAN}-1", "0".repeat(32)),
        format!("{TRACE}-{}-1", "0".repeat(16)),
    ] {
        assert_eq!(b3(&value), "", "{value}");
    }
    let value = format!("{TRACE}-{SPAN}-1");
    assert_eq!(meaning("b3", &[("b3", &value), ("b3", &value)]), "", "two lines contradict each other");
}

#[test]
fn several_lines_of_b3_are_read_strictly() {
    let ids = [("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN), ("x-b3-parentspanid", "05e3ac9a4f6e3b90")];
    let with = |name: &'static str, value: &str| meaning("b3multi", &[&ids[..], &[(name, value)]].concat());

    for (name, value) in
        [("x-b3-sampled", "1"), ("x-b3-sampled", "true"), ("x-b3-flags", "1"), ("x-other", "")]
    {
        assert_eq!(with(name, value), sampled(), "{name}: {value}");
    }
    assert_eq!(with("x-b3-sampled", "0"), not_sampled());
    assert_eq!(with("x-b3-sampled", "false"), not_sampled());
    assert_eq!(with("x-b3-sampled", "yes"), "");
    let contradiction = [&ids[..], &[("x-b3-sampled", "1"), ("x-b3-sampled", "0")]].concat();
    assert_eq!(meaning("b3multi", &contradiction), "", "two decisions are none, and not an open one");
    assert_eq!(meaning("b3multi", &ids[..1]), "");
    assert_eq!(meaning("b3multi", &ids[1..]), "");
    let single = format!("{TRACE}-{SPAN}-0");
    assert_eq!(with("b3", &single), not_sampled(), "the single line wins");
    assert_eq!(with("b3", "broken"), sampled(), "when it is valid");
    assert_eq!(meaning("b3", &ids), sampled(), "each of the two is read, whichever is written");
}

#[test]
fn debug_goes_on_as_debug_where_a_format_has_it() {
    let debug = format!("{TRACE}-{SPAN}-d");

    assert_eq!(
        translate("b3", "b3,b3multi,jaeger,xray", &[("b3", &debug)]),
        [
            format!("b3: {debug}"),
            format!("uber-trace-id: {TRACE}:{SPAN}:0:3"),
            format!("x-amzn-trace-id: Root=1-80f198ee-56343ba864fe8b2a57d3eff7;Parent={SPAN};Sampled=1"),
            "x-b3-flags: 1".to_owned(),
            format!("x-b3-spanid: {SPAN}"),
            format!("x-b3-traceid: {TRACE}"),
        ]
    );
}

#[test]
fn the_random_flag_of_w3c_does_not_disturb_the_decision_of_b3() {
    let random = format!("00-{TRACE}-{SPAN}-02");

    assert_eq!(
        translate("tracecontext", "b3", &[("traceparent", &random)]),
        [format!("b3: {TRACE}-{SPAN}-0")]
    );
}

#[test]
fn x_ray_is_read_strictly() {
    let xray = |value: &str| meaning("xray", &[("x-amzn-trace-id", value)]);
    let root = "Root=1-80f198ee-56343ba864fe8b2a57d3eff7";
    let parent = format!("Parent={SPAN}");

    assert_eq!(xray(&format!("{root};{parent};Sampled=1")), sampled());
    assert_eq!(xray(&format!("Sampled=0; {parent} ;Lineage=a:1|b:2;Self=1-2-3; {root};")), not_sampled());
    assert_eq!(xray(&format!("{root};{parent}")), sampled());
    assert_eq!(xray(&format!("{root};{parent};Sampled=?")), sampled());
    for value in [
        root.to_owned(),
        parent.clone(),
        format!("{root};{parent};Sampled=2"),
        format!("{root};{parent};Sampled"),
        format!("{root};{root};{parent}"),
        format!("root=1-80f198ee-56343ba864fe8b2a57d3eff7;{parent}"),
        format!("Root=2-80f198ee-56343ba864fe8b2a57d3eff7;{parent}"),
        format!("Root=1-80f198ee56343ba864fe8b2a57d3eff7;{parent}"),
        format!("Root=1-80f198e-e56343ba864fe8b2a57d3eff7;{parent}"),
        format!("Root=1-80F198EE-56343ba864fe8b2a57d3eff7;{parent}"),
        format!("{root}0;{parent}"),
        format!("{root};{parent}0"),
        format!("Root=1-{}-{};{parent}", "0".repeat(8), "0".repeat(24)),
        format!("{root};Parent={}", "0".repeat(16)),
    ] {
        assert_eq!(xray(&value), "", "{value}");
    }
}

#[test]
fn jaeger_is_read_strictly_and_with_its_leading_zeros_left_out() {
    let jaeger = |value: &str| meaning("jaeger", &[("uber-trace-id", value)]);

    assert_eq!(jaeger(&format!("{TRACE}:{SPAN}:0:1")), sampled());
    assert_eq!(jaeger(&format!("{TRACE}:{SPAN}:05e3ac9a4f6e3b90:00")), not_sampled());
    assert_eq!(jaeger(&format!("{TRACE}%3A{SPAN}%3a0%3A1")), sampled());
    assert_eq!(jaeger(&format!("{TRACE}:{SPAN}:0:2")), sampled(), "debug implies sampled");
    assert_eq!(jaeger(&format!("{TRACE}:{SPAN}:0:8")), not_sampled(), "firehose is nothing to us");
    assert_eq!(jaeger("1f:2:0:1"), "00-0000000000000000000000000000001f-0000000000000002-01");
    for value in [
        format!("{TRACE}:{SPAN}:0"),
        format!("{TRACE}:{SPAN}:0:1:1"),
        format!("{TRACE}:{SPAN}::1"),
        format!("{TRACE}:{SPAN}:0:"),
        format!("{TRACE}:{SPAN}:0:100"),
        format!("{TRACE}0:{SPAN}:0:1"),
        format!("{TRACE}:{SPAN}0:0:1"),
        format!("{}:{SPAN}:0:1", TRACE.to_uppercase()),
        format!("0:{SPAN}:0:1"),
        format!("{TRACE}:0:0:1"),
        format!("+1:{SPAN}:0:1"),
    ] {
        assert_eq!(jaeger(&value), "", "{value}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_format_panic(value in proptest::collection::vec(32u8..=255, 0..90)) {
        let Ok(value) = HeaderValue::from_bytes(&value) else { return Ok(()) };
        let mut headers = HeaderMap::new();
        for name in ["traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-amzn-trace-id", "uber-trace-id"] {
            headers.insert(name, value.clone());
        }

        let _ = read("tracecontext,baggage,b3,b3multi,xray,jaeger", &headers);
    }

    #[test]
    fn each_format_reads_what_it_writes(trace in 1u128.., span in 1u64.., sampled in 0u8..2, at in 0usize..5) {
        let format = ["tracecontext", "b3", "b3multi", "xray", "jaeger"][at];
        let parent = format!("00-{trace:032x}-{span:016x}-{sampled:02x}");

        let lines = translate("tracecontext", format, &[("traceparent", &parent)]);

        let mut written = HeaderMap::new();
        for line in &lines {
            let (name, value) = line.split_once(": ").unwrap();
            written.insert(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        let mut back = HeaderMap::new();
        Propagators::default().inject(&read(format, &written), &mut back);
        prop_assert_eq!(back["traceparent"].to_str().unwrap(), parent);
    }
}
