//! The least of an item, built anew from parts that are bounded each, so that it fits whatever the item was.

use serde_json::{Map, Value};

use super::steps::{IDS, cut_middle};
use super::strings::{self, WHOLE};

/// No text is longer, in bytes of JSON, but for those that the item's own limits bound.
const TEXT: usize = 256;

/// As many of a stack's innermost frames stay.
const FRAMES: usize = 5;

/// As many of a chain's outermost traces and of its innermost causes stay.
const TRACES: (usize, usize) = (2, 2);

/// The least of an item's `data`.
pub(super) fn of(data: &Value) -> Value {
    let mut least = pick(data, &WHOLE, false);
    least.extend(pick(data, &["timestamp", "title", "context", "language", "platform", "framework"], true));
    for (part, names) in [
        ("server", &["host", "root", "branch", "code_version"][..]),
        ("request", &["url", "method", "user_ip"]),
        ("person", &["username", "email"]),
        ("notifier", &["name", "version"]),
        ("custom", &IDS),
    ] {
        let members = pick(&data[part], names, true);
        if !members.is_empty() {
            least.insert(part.to_owned(), members.into());
        }
    }
    if let Some(id) = data["person"].get("id") {
        let person = least.entry("person").or_insert_with(|| Map::new().into());
        person["id"] = id.clone();
    }
    least.insert("attributes".to_owned(), attributes(&data["attributes"]));
    least.insert("body".to_owned(), body(&data["body"]));
    least.into()
}

fn body(body: &Value) -> Value {
    let mut least = Map::new();
    if let Some(message) = body.get("message") {
        least.insert("message".to_owned(), pick(message, &["body"], true).into());
    }
    if let Some(one) = body.get("trace") {
        least.insert("trace".to_owned(), trace(one));
    }
    if let Some(chain) = body.get("trace_chain").and_then(Value::as_array) {
        let mut chain: Vec<&Value> = chain.iter().collect();
        cut_middle(&mut chain, TRACES);
        least.insert("trace_chain".to_owned(), chain.into_iter().map(trace).collect());
    }
    least.into()
}

fn trace(trace: &Value) -> Value {
    let frames = trace["frames"].as_array().map_or(&[][..], Vec::as_slice);
    let innermost = &frames[frames.len().saturating_sub(FRAMES)..];
    let frame = |frame| Value::from(pick(frame, &["filename", "lineno", "colno", "method"], true));
    let mut least = Map::new();
    least.insert("frames".to_owned(), innermost.iter().map(frame).collect());
    least.insert("exception".to_owned(), pick(&trace["exception"], &["class", "message"], true).into());
    least.into()
}

/// The first attribute of each id.
fn attributes(attributes: &Value) -> Value {
    let attributes = attributes.as_array().map_or(&[][..], Vec::as_slice);
    IDS.iter()
        .filter_map(|id| attributes.iter().find(|attribute| attribute["key"] == *id))
        .map(|attribute| Value::from(pick(attribute, &["key", "value"], true)))
        .collect()
}

/// The members of these names that are single values; texts are cut if they may be.
fn pick(value: &Value, names: &[&str], cut: bool) -> Map<String, Value> {
    let single = |name: &&str| {
        let mut picked = value.get(*name).filter(|value| !value.is_array() && !value.is_object())?.clone();
        if let (true, Value::String(text)) = (cut, &mut picked) {
            strings::shorten(text, TEXT);
        }
        Some(((*name).to_owned(), picked))
    };
    names.iter().filter_map(single).collect()
}
