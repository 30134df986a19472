//! The cuts in between, each of something that is worth less than the rest.

use serde_json::{Map, Value};

use super::strings;

/// Names under which trace ids are known to Rollbar, in `attributes` and in `custom`.
pub(super) const IDS: [&str; 3] = ["trace_id", "span_id", "session_id"];

/// A single value that is no longer stays in `custom`.
const SHORT: usize = 256;

/// More entries than these do not stay, in `custom` and among the attributes.
const ENTRIES: usize = 32;

/// Of a longer stack, as many of the outermost and of the innermost frames stay.
const FRAMES: (usize, usize) = (20, 40);

/// Of a longer chain, as many of the outermost traces and of the innermost causes stay.
const TRACES: (usize, usize) = (8, 8);

/// Arguments, local variables, lines of code around.
pub(super) fn locals(data: &mut Value) {
    for frame in traces(data).into_iter().flat_map(frames_of) {
        keep(frame, &["filename", "lineno", "colno", "method", "class_name", "code"]);
    }
}

/// The middle of stacks and of chains.
pub(super) fn frames(data: &mut Value) {
    if let Some(chain) = data["body"].get_mut("trace_chain").and_then(Value::as_array_mut) {
        cut_middle(chain, TRACES);
    }
    for trace in traces(data) {
        if let Some(frames) = trace.get_mut("frames").and_then(Value::as_array_mut) {
            cut_middle(frames, FRAMES);
        }
    }
}

/// All of `custom` but short single values, the ids first.
pub(super) fn custom(data: &mut Value) {
    let Some(custom) = data.get_mut("custom").and_then(Value::as_object_mut) else { return };
    let whole = std::mem::take(custom);
    let (ids, others): (Vec<_>, Vec<_>) = whole
        .into_iter()
        .filter(|(name, value)| strings::fits(name, SHORT) && is_short(value))
        .partition(|(name, _)| IDS.contains(&name.as_str()));
    custom.extend(ids.into_iter().chain(others).take(ENTRIES));
}

/// The request's body and parameters.
pub(super) fn request_body(data: &mut Value) {
    if let Some(request) = data.get_mut("request").and_then(Value::as_object_mut) {
        for name in ["body", "POST", "GET", "params"] {
            request.remove(name);
        }
    }
}

/// Everything that is free in its names, and most attributes.
pub(super) fn extras(data: &mut Value) {
    let mut keep_in = |part: &str, names: &[&str]| {
        if let Some(part) = data.get_mut(part) {
            keep(part, names);
        }
    };
    keep_in("request", &["url", "method", "query_string", "user_ip"]);
    keep_in("server", &["host", "root", "branch", "code_version"]);
    if let Some(message) = data["body"].get_mut("message") {
        keep(message, &["body"]);
    }
    if let Some(attributes) = data.get_mut("attributes").and_then(Value::as_array_mut) {
        *attributes = ids_first(std::mem::take(attributes));
        attributes.truncate(ENTRIES);
    }
}

/// The first attribute of each id, and then the others.
fn ids_first(attributes: Vec<Value>) -> Vec<Value> {
    let (mut ids, mut others) = (Vec::new(), Vec::new());
    for attribute in attributes {
        let is_id = IDS.iter().any(|id| attribute["key"] == *id);
        let is_first = ids.iter().all(|known: &Value| known["key"] != attribute["key"]);
        if is_id && is_first { ids.push(attribute) } else { others.push(attribute) }
    }
    ids.append(&mut others);
    ids
}

/// The trace or traces of an item, the outermost first.
fn traces(data: &mut Value) -> Vec<&mut Value> {
    match data.get_mut("body").and_then(Value::as_object_mut).and_then(|body| body.iter_mut().next()) {
        Some((kind, trace)) if kind == "trace" => vec![trace],
        Some((_, Value::Array(chain))) => chain.iter_mut().collect(),
        _ => Vec::new(),
    }
}

fn frames_of(trace: &mut Value) -> impl Iterator<Item = &mut Value> {
    trace.get_mut("frames").and_then(Value::as_array_mut).into_iter().flatten()
}

/// Leaves as many at the beginning and at the end.
pub(super) fn cut_middle<T>(list: &mut Vec<T>, (begin, end): (usize, usize)) {
    if list.len() > begin + end {
        list.drain(begin..list.len() - end);
    }
}

/// Leaves the members of these names.
fn keep(value: &mut Value, names: &[&str]) {
    if let Some(members) = value.as_object_mut() {
        let whole: Map<String, Value> = std::mem::take(members);
        members.extend(whole.into_iter().filter(|(name, _)| names.contains(&name.as_str())));
    }
}

fn is_short(value: &Value) -> bool {
    match value {
        Value::String(text) => strings::fits(text, SHORT),
        Value::Array(_) | Value::Object(_) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}
