//! Which items are one error. By the sender's fingerprint; without one, by what does not change from one occurrence to
//! the next: the class and the place of an exception, the text of a message without its numbers and names.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::facts::Body;

/// Characters of a computed fingerprint.
const MAX_CHARS: usize = 512;

pub(super) fn fingerprint<'a>(data: &'a Map<String, Value>, body: &Body<'a>) -> Cow<'a, str> {
    if let Some(given) = data.get("fingerprint").and_then(Value::as_str).filter(|text| !text.is_empty()) {
        return Cow::Borrowed(given);
    }
    let computed = match body {
        Body::Traces(traces) => traces.iter().map(place).collect::<Vec<_>>().join(" < "),
        Body::Message(message) => template(message.get("body").and_then(Value::as_str).unwrap_or_default()),
        Body::Raw(raw) => template(raw.lines().next().unwrap_or_default()),
    };
    Cow::Owned(computed.chars().take(MAX_CHARS).collect())
}

/// Class, file and function of an exception: no line numbers, which change with every edit.
fn place(trace: &Value) -> String {
    let class = trace["exception"]["class"].as_str().unwrap_or_default();
    let innermost = trace["frames"].as_array().and_then(|frames| frames.last());
    let part = |name: &str| innermost.and_then(|frame| frame[name].as_str()).unwrap_or_default();
    match (part("filename"), part("method")) {
        ("", "") => class.to_owned(),
        (file, "") => format!("{class} in {file}"),
        (file, method) => format!("{class} in {method} of {file}"),
    }
}

/// A text with a mark in place of each word that has a digit, and of each text in quotes.
fn template(text: &str) -> String {
    text.split_whitespace().map(constant).collect::<Vec<_>>().join(" ")
}

fn constant(word: &str) -> &str {
    let varies =
        word.contains(|character: char| character.is_ascii_digit() || matches!(character, '"' | '`' | '\''));
    // An apostrophe within a word is no quote.
    let apostrophe = word.split('\'').count() == 2
        && !word.starts_with('\'')
        && !word.ends_with('\'')
        && !word.contains(|character: char| character.is_ascii_digit());
    if varies && !apostrophe { "…" } else { word }
}
