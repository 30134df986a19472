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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(data: &Value, expected: &str) {
        let data = data.as_object().unwrap();
        assert_eq!(fingerprint(data, &Body::of(data)), expected);
    }

    #[test]
    fn a_message_is_grouped_by_what_does_not_vary() {
        let message = |text: &str| json!({"body": {"message": {"body": text}}});
        check(&message("user 7 not found"), "user … not found");
        check(&message("can't find `ada` of\n 0xdeadbeef"), "can't find … of …");
        check(&message("no 'user' \"here\""), "no … …");
        check(&message(""), "");
    }

    #[test]
    fn an_exception_is_grouped_by_class_and_innermost_frame() {
        let exception =
            |class: &str, frames: &Value| json!({"frames": frames, "exception": {"class": class}});
        let frames =
            json!([{"filename": "a.py", "method": "main", "lineno": 1}, {"filename": "b.py", "method": "f"}]);
        let outer = exception("Outer", &frames);
        check(&json!({"body": {"trace": outer}}), "Outer in f of b.py");
        check(&json!({"body": {"trace": exception("E", &json!([{"filename": "b.py"}]))}}), "E in b.py");
        let chain = json!([outer, exception("Inner", &json!([]))]);
        check(&json!({"body": {"trace_chain": chain}}), "Outer in f of b.py < Inner");
    }

    #[test]
    fn the_senders_fingerprint_comes_first() {
        check(&json!({"fingerprint": "mine", "body": {"message": {"body": "text"}}}), "mine");
        check(&json!({"fingerprint": "", "body": {"message": {"body": "text"}}}), "text");
        check(&json!({"body": {"crash_report": {"raw": "SIGSEGV at 0x10\nmore"}}}), "SIGSEGV at …");
    }
}
