//! What is cut, when, and what never is.

mod arbitrary;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::body::{Body, CodeContext, Exception, Frame, Message, Trace, TraceChain};
use crate::data::{Person, Request, Server};
use crate::item::Item;

const MIB: usize = 1024 * 1024;

/// The payload of an item, after a check of what holds for each.
fn payload(item: &Item, limit: usize) -> (Value, Vec<Cut>) {
    let (json, cuts) = fit(item, limit);
    assert!(json.len() <= limit, "{} bytes after {cuts:?}", json.len());
    let payload: Value = serde_json::from_slice(&json).unwrap();
    (payload["data"].clone(), cuts)
}

/// Asserts up to which cut an item goes.
fn check(item: &Item, last: Option<Cut>) -> Value {
    let (data, cuts) = payload(item, MAX_PAYLOAD_BYTES);
    assert_eq!(cuts.last().copied(), last);
    data
}

fn failed(frames: impl IntoIterator<Item = Frame>) -> Trace {
    Trace::new(Exception::new("StoreError").message("it failed"), frames)
}

fn many<T>(count: usize, make: impl FnMut(usize) -> T) -> Vec<T> {
    (0..count).map(make).collect()
}

#[test]
fn what_fits_is_left_alone() {
    let item = Item::builder("test", Message::new("x".repeat(MAX_PAYLOAD_BYTES - 1024))).build().unwrap();

    let data = check(&item, None);

    assert_eq!(json!({ "data": data }), serde_json::to_value(&item).unwrap());
}

#[test]
fn the_limit_itself_fits_and_one_byte_more_does_not() {
    let item = |length| Item::builder("test", Message::new("x".repeat(length))).build().unwrap();
    let rest = fit(&item(1), MAX_PAYLOAD_BYTES).0.len() - 1;

    assert_eq!(fit(&item(MAX_PAYLOAD_BYTES - rest), MAX_PAYLOAD_BYTES).1, []);
    assert_eq!(fit(&item(MAX_PAYLOAD_BYTES - rest + 1), MAX_PAYLOAD_BYTES).1, [Cut::LongTexts]);
}

#[test]
fn first_go_long_texts() {
    let text = "ä".repeat(MIB);
    let item =
        Item::builder("test", failed([])).custom("dump", text).custom("kept", json!([1, 2])).build().unwrap();

    let data = check(&item, Some(Cut::LongTexts));

    assert_eq!(data["custom"]["kept"], json!([1, 2]));
    let dump = data["custom"]["dump"].as_str().unwrap();
    assert!(dump.len() <= 16 * 1024 && dump.trim_start_matches('ä') == "…");
    assert_eq!(data["notifier"]["truncated"], json!(["long_texts"]));
}

#[test]
fn then_go_arguments_variables_and_code_around() {
    let frame = |number: usize| {
        let lines = CodeContext { pre: vec!["before".repeat(500)], post: vec!["after".repeat(500)] };
        Frame::new("src/lib.rs").method(number.to_string()).code("find()", lines).local("x", "y".repeat(9000))
    };
    let item = Item::builder("test", failed(many(50, frame))).custom("kept", "yes").build().unwrap();

    let data = check(&item, Some(Cut::Locals));

    assert_eq!(
        data["body"]["trace"]["frames"][49],
        json!({ "filename": "src/lib.rs", "method": "49", "code": "find()" })
    );
    assert_eq!(data["custom"]["kept"], "yes");
}

#[test]
fn then_go_frames_from_the_middle() {
    let frame = |number: usize| Frame::new(format!("{}{number}", "src/".repeat(100)));
    let item = Item::builder("test", failed(many(2000, frame))).custom("kept", "yes").build().unwrap();

    let data = check(&item, Some(Cut::Frames));

    let frames = data["body"]["trace"]["frames"].as_array().unwrap();
    let numbers: Vec<&str> =
        frames.iter().map(|frame| frame["filename"].as_str().unwrap().trim_start_matches("src/")).collect();
    assert_eq!(numbers.len(), 60);
    assert_eq!((numbers[0], numbers[19], numbers[20], numbers[59]), ("0", "19", "1960", "1999"));
    assert_eq!(data["custom"]["kept"], "yes");
}

#[test]
fn then_goes_custom_data_but_for_short_values() {
    let item = Item::builder("test", failed([]))
        .custom("rows", many(2000, |number| json!({ "number": number, "text": "x".repeat(1000) })))
        .custom("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")
        .custom("attempt", 3)
        .request(Request::new("POST", "/").body("kept"))
        .build()
        .unwrap();

    let data = check(&item, Some(Cut::Custom));

    assert_eq!(data["custom"], json!({ "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "attempt": 3 }));
    assert_eq!(data["request"]["body"], "kept");
}

#[test]
fn then_go_the_body_and_the_parameters_of_the_request() {
    let mut request = Request::new("POST", "/").body("x").header("Accept", "kept");
    request.post = many(1000, |number| (number.to_string(), json!("x".repeat(1000)))).into_iter().collect();
    let item = Item::builder("test", failed([])).request(request).build().unwrap();

    let data = check(&item, Some(Cut::RequestBody));

    assert_eq!(data["request"], json!({ "method": "POST", "url": "/", "headers": { "Accept": "kept" } }));
}

#[test]
fn then_go_texts_and_then_whatever_has_free_names() {
    let header = |number: usize| (format!("X-{number}"), "x".repeat(5000));
    let few = Request { headers: many(200, header).into_iter().collect(), ..Request::new("GET", "/") };
    let most = Request { headers: many(2000, header).into_iter().collect(), ..Request::new("GET", "/") };
    let item =
        |request| Item::builder("test", Message::new("Hi").with("kept", 1)).request(request).build().unwrap();

    let texts = check(&item(few), Some(Cut::Texts));
    let extras = check(&item(most), Some(Cut::Extras));

    assert_eq!(texts["request"]["headers"]["X-0"].as_str().unwrap().len(), 1024);
    assert_eq!(texts["body"]["message"], json!({ "body": "Hi", "kept": 1 }));
    assert_eq!(extras["request"], json!({ "method": "GET", "url": "/" }));
    assert_eq!(extras["body"]["message"], json!({ "body": "Hi" }));
}

#[test]
fn the_least_stays_of_the_worst() {
    // Each character takes six bytes of JSON.
    let text = |characters| "\0".repeat(characters);
    let frame = |_| Frame::new(text(MIB / 64)).method(text(3000)).line(u32::MAX).column(u32::MAX);
    let trace = |_| Trace::new(Exception::new(text(3000)).message(text(3000)), many(40, frame));
    let chain = many(8, trace).into_iter().fold(TraceChain::new(trace(0)), TraceChain::caused_by);
    let mut server = Server::new(text(3000)).root(text(3000)).branch(text(3000));
    server.code_version = Some(text(40));
    let item = Item::builder(text(255), chain)
        .code_version(text(40))
        .platform(text(3000))
        .language(text(3000))
        .framework(text(3000))
        .context(text(3000))
        .title(text(255))
        .fingerprint(text(40))
        .notifier(text(3000), text(3000))
        .person(Person::new(text(40)).username(text(255)).email(text(255)))
        .request(Request::new(text(3000), text(3000)).user_ip(text(3000)))
        .server(server)
        .attribute("trace_id", text(3000))
        .attribute("span_id", text(3000))
        .attribute("session_id", text(3000))
        .custom("trace_id", text(40))
        .custom("span_id", text(40))
        .custom("session_id", text(40))
        .build()
        .unwrap();

    let (data, cuts) = payload(&item, MIN_PAYLOAD_BYTES);

    assert_eq!(cuts, Cut::ALL);
    assert_eq!(data["body"]["trace_chain"].as_array().unwrap().len(), 4);
    assert_eq!(data["person"]["id"], text(40));
    assert_eq!(data["environment"], text(255));
}

#[test]
fn of_many_attributes_those_with_ids_stay() {
    let attribute = |number: usize| (format!("key {number}"), "x".repeat(400));
    let builder = Item::builder("test", failed([]));
    let builder =
        many(2000, attribute).into_iter().fold(builder, |item, (key, value)| item.attribute(key, value));
    let item = builder.attribute("trace_id", "first").attribute("trace_id", "second").build().unwrap();

    let data = check(&item, Some(Cut::Extras));

    let attributes = data["attributes"].as_array().unwrap();
    assert_eq!(attributes.len(), 32);
    assert_eq!(attributes[0], json!({ "key": "trace_id", "value": "first" }));
    assert_eq!(attributes[1]["key"], "key 0");
}

#[test]
fn names_that_are_taken_are_not_given_away() {
    let message = Message::new("Hello").with("body", "World");
    let item = Item::builder("test", message)
        .request(Request::new("GET", "/").with("url", "elsewhere"))
        .build()
        .unwrap();

    let data = check(&item, None);

    assert_eq!(data["body"]["message"], json!({ "body": "Hello" }));
    assert_eq!(data["request"], json!({ "method": "GET", "url": "/" }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_item_fits_and_keeps_its_least(
        item in arbitrary::item(),
        limit in prop_oneof![3 => Just(MIN_PAYLOAD_BYTES), 1 => Just(128 * 1024), 1 => Just(MAX_PAYLOAD_BYTES)],
    ) {
        let whole = serde_json::to_value(&item).unwrap()["data"].clone();
        let length = json!({ "data": whole }).to_string().len();

        let (data, cuts) = payload(&item, limit);

        prop_assert_eq!(&cuts[..], &Cut::ALL[..cuts.len()]);
        prop_assert_eq!(cuts.is_empty(), length <= limit);
        if cuts.is_empty() {
            prop_assert_eq!(&data, &whole);
        } else {
            let told: Vec<&str> = cuts.iter().map(|cut| cut.as_str()).collect();
            prop_assert_eq!(&data["notifier"]["truncated"], &json!(told));
        }
        for name in ["environment", "uuid", "level", "timestamp", "code_version", "fingerprint"] {
            prop_assert_eq!(&data[name], &whole[name]);
        }
        prop_assert_eq!(&data["person"]["id"], &whole["person"]["id"]);
        for id in ["trace_id", "span_id"] {
            prop_assert_eq!(attribute(&data, id), attribute(&whole, id));
            prop_assert_eq!(&data["custom"][id], &whole["custom"][id]);
        }
        keeps_body(&data["body"], &whole["body"]);
    }
}

fn attribute<'a>(data: &'a Value, key: &str) -> Option<&'a Value> {
    data["attributes"].as_array()?.iter().find(|attribute| attribute["key"] == *key)
}

/// Asserts that the text of a message is begun, or the traces at both ends with their innermost frames are there.
fn keeps_body(cut: &Value, whole: &Value) {
    keeps_text(&cut["message"]["body"], &whole["message"]["body"]);
    assert_eq!(cut["trace"].is_object(), whole["trace"].is_object());
    if whole["trace"].is_object() {
        keeps_trace(&cut["trace"], &whole["trace"]);
    }
    if let Some(whole) = whole["trace_chain"].as_array() {
        let cut = cut["trace_chain"].as_array().unwrap();
        keeps_trace(cut.first().unwrap(), whole.first().unwrap());
        keeps_trace(cut.last().unwrap(), whole.last().unwrap());
    }
}

fn keeps_trace(cut: &Value, whole: &Value) {
    keeps_text(&cut["exception"]["class"], &whole["exception"]["class"]);
    keeps_text(&cut["exception"]["message"], &whole["exception"]["message"]);
    let (cut, whole) = (cut["frames"].as_array().unwrap(), whole["frames"].as_array().unwrap());
    let innermost = whole.len().min(5);
    assert!(cut.len() >= innermost);
    for (cut, whole) in cut.iter().rev().zip(whole.iter().rev()).take(innermost) {
        assert_eq!(cut["lineno"], whole["lineno"]);
        keeps_text(&cut["filename"], &whole["filename"]);
        keeps_text(&cut["method"], &whole["method"]);
    }
}

/// Asserts that a text is whole, or that at least 40 of its characters are there.
fn keeps_text(cut: &Value, whole: &Value) {
    if cut == whole {
        return;
    }
    let (cut, whole) = (cut.as_str().unwrap(), whole.as_str().unwrap());
    let beginning = cut.strip_suffix(strings::MARK).unwrap();
    assert!(whole.starts_with(beginning) && beginning.chars().count() >= 40, "{beginning}");
}

/// Only for the sake of the strategies.
fn object(entries: Vec<(String, Value)>) -> Map<String, Value> {
    entries.into_iter().collect()
}

/// Only for the sake of the strategies.
fn body_of(traces: Vec<Trace>) -> Body {
    let mut traces = traces.into_iter();
    let first = TraceChain::new(traces.next().unwrap());
    traces.fold(first, TraceChain::caused_by).into()
}
