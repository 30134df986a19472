//! Any item: with texts of any characters, some of them very long, and of any shape.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{body_of, object};
use crate::body::{Body, CodeContext, Exception, Frame, Message, Trace};
use crate::builder::ItemBuilder;
use crate::data::{Person, Request, Server};
use crate::item::Item;
use crate::level::Level;

/// An item that was made to be within the limits of the API.
pub(super) fn item() -> impl Strategy<Value = Item> {
    let head =
        (text(), body(), proptest::sample::select(&Level::ALL[..]), ids(), vec((text(), text()), 0..60));
    let parts = (option::of(request()), option::of(person()), option::of(server()), entries());
    let texts = vec(option::of(text()), 6);
    (head, parts, texts).prop_map(|((environment, body, level, ids, attributes), parts, texts)| {
        let (request, person, server, custom) = parts;
        let mut item = Item::builder(environment, body).level(level);
        for (key, value) in attributes {
            item = item.attribute(key, value);
        }
        for (id, value) in ids {
            item = item.attribute(id, &value).custom(id, value);
        }
        item = custom.into_iter().fold(item, |item, (name, value)| item.custom(name, value));
        item = request.into_iter().fold(item, ItemBuilder::request);
        item = person.into_iter().fold(item, ItemBuilder::person);
        item = server.into_iter().fold(item, ItemBuilder::server);
        let mut texts = texts.into_iter();
        let mut next = || texts.next().flatten();
        item = next().into_iter().fold(item, ItemBuilder::title);
        item = next().into_iter().fold(item, ItemBuilder::context);
        item = next().into_iter().fold(item, ItemBuilder::framework);
        item = next().into_iter().fold(item, ItemBuilder::code_version);
        item = next().into_iter().fold(item, ItemBuilder::fingerprint);
        item = next().into_iter().fold(item, |item, text| item.notifier(text, "1"));
        item.build_lossy()
    })
}

/// Any text; a few are long, of one character repeated.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        15 => ".{0,30}",
        1 => (any::<char>(), 0_usize..20_000).prop_map(|(character, count)| character.to_string().repeat(count)),
    ]
}

fn ids() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let id = |name| option::of("[0-9a-f]{32}").prop_map(move |value| value.map(|value| (name, value)));
    (id("trace_id"), id("span_id")).prop_map(|(trace, span)| trace.into_iter().chain(span).collect())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        any::<i64>().prop_map(|number| json!(number)),
        Just(Value::Null)
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((text(), inner), 0..4).prop_map(|members| object(members).into()),
        ]
    })
}

/// Named values; none of them has the name of an id, which would compete with those that are looked for.
fn entries() -> impl Strategy<Value = Vec<(String, Value)>> {
    vec((text().prop_filter("an id", |name| !name.ends_with("_id")), value()), 0..5)
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        (text(), entries()).prop_map(|(text, extra)| {
            extra
                .into_iter()
                .fold(Message::new(text), |message, (name, value)| message.with(name, value))
                .into()
        }),
        trace().prop_map(Body::from),
        (trace(), trace(), 0_usize..8).prop_map(|(first, other, count)| {
            let mut traces = vec![first];
            traces.extend(std::iter::repeat_n(other, count));
            body_of(traces)
        }),
    ]
}

/// A stack of a few frames, repeated as often as in a recursion that went too deep.
fn trace() -> impl Strategy<Value = Trace> {
    (text(), option::of(text()), vec(frame(), 0..5), 1_usize..20).prop_map(
        |(class, message, frames, repeat)| {
            let exception = message.into_iter().fold(Exception::new(class), Exception::message);
            let count = frames.len() * repeat;
            let frames = frames.into_iter().cycle().take(count);
            Trace::new(exception, frames.zip(1..).map(|(frame, line)| frame.line(line)))
        },
    )
}

fn frame() -> impl Strategy<Value = Frame> {
    (text(), option::of(text()), option::of((text(), vec(text(), 0..4))), entries()).prop_map(
        |(file, method, code, locals)| {
            let mut frame = method.into_iter().fold(Frame::new(file), Frame::method);
            if let Some((line, pre)) = code {
                frame = frame.code(line, CodeContext { pre, post: Vec::new() });
            }
            locals.into_iter().fold(frame, |frame, (name, value)| frame.local(name, value))
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    (text(), text(), vec((text(), text()), 0..20), entries(), option::of(text())).prop_map(
        |(method, url, headers, extra, body)| {
            let request = body.into_iter().fold(Request::new(method, url), Request::body);
            let request =
                headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
            extra.into_iter().fold(request, |request, (name, value)| request.with(name, value))
        },
    )
}

fn person() -> impl Strategy<Value = Person> {
    (text(), text()).prop_map(|(id, name)| Person::new(id).username(name))
}

fn server() -> impl Strategy<Value = Server> {
    (text(), entries()).prop_map(|(host, extra)| {
        extra.into_iter().fold(Server::new(host), |server, (name, value)| server.with(name, value))
    })
}
