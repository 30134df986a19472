//! What Rollbar asks of an item. The errors are sentences that name the field and never tell its value.

use serde_json::{Map, Value};

use super::Level;

type Object = Map<String, Value>;

/// The four forms of a body; exactly one must be there.
const BODIES: [&str; 4] = ["trace", "trace_chain", "message", "crash_report"];

/// Texts that may be left out, and how many characters they may have.
const OPTIONAL: [(&str, usize); 6] = [
    ("uuid", 36),
    ("title", 255),
    ("code_version", 40),
    ("platform", 255),
    ("language", 255),
    ("context", 255),
];

/// Checks `data`.
pub(super) fn item(data: &Object) -> Result<(), String> {
    required(data, "environment", "data.environment", 255)?;
    for (name, limit) in OPTIONAL {
        optional(data, name, &format!("data.{name}"), limit)?;
    }
    if data.get("uuid").is_some_and(|uuid| uuid.as_str().is_none_or(str::is_empty)) {
        return Err("`data.uuid` must be a text that is not empty".to_owned());
    }
    level(data)?;
    if data.get("fingerprint").is_some_and(|text| !text.is_string() && !text.is_null()) {
        return Err("`data.fingerprint` must be a text".to_owned());
    }
    if data.get("timestamp").is_some_and(|time| !time.is_number() && !time.is_null()) {
        return Err("`data.timestamp` must be a number of seconds".to_owned());
    }
    person(data)?;
    body(object(data, "body", "data.body")?)
}

fn level(data: &Object) -> Result<(), String> {
    match data.get("level") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(text)) if Level::of(text).is_some() => Ok(()),
        Some(_) => Err("`data.level` must be critical, error, warning, info or debug".to_owned()),
    }
}

fn person(data: &Object) -> Result<(), String> {
    let Some(person) = data.get("person").filter(|person| !person.is_null()) else { return Ok(()) };
    let person = person.as_object().ok_or("`data.person` must be an object")?;
    // An object without any field is what SDKs send for nobody.
    if person.is_empty() {
        return Ok(());
    }
    match person.get("id") {
        Some(Value::Number(_)) => {}
        _ => required(person, "id", "data.person.id", 40)?,
    }
    optional(person, "username", "data.person.username", 255)?;
    optional(person, "email", "data.person.email", 255)
}

fn body(body: &Object) -> Result<(), String> {
    let mut forms = BODIES.into_iter().filter(|name| body.get(*name).is_some_and(|form| !form.is_null()));
    let (Some(form), None) = (forms.next(), forms.next()) else {
        return Err(format!("`data.body` must have exactly one of {}", BODIES.join(", ")));
    };
    match form {
        "trace" => trace(object(body, form, "data.body.trace")?, "data.body.trace"),
        "trace_chain" => chain(&body[form]),
        "message" => {
            required(object(body, form, "data.body.message")?, "body", "data.body.message.body", usize::MAX)
        }
        _ => required(
            object(body, form, "data.body.crash_report")?,
            "raw",
            "data.body.crash_report.raw",
            usize::MAX,
        ),
    }
}

fn chain(chain: &Value) -> Result<(), String> {
    let traces = chain.as_array().filter(|traces| !traces.is_empty());
    let traces = traces.ok_or("`data.body.trace_chain` must be a list with at least one trace")?;
    for (index, one) in traces.iter().enumerate() {
        let path = format!("data.body.trace_chain[{index}]");
        trace(one.as_object().ok_or_else(|| format!("`{path}` must be an object"))?, &path)?;
    }
    Ok(())
}

fn trace(trace: &Object, path: &str) -> Result<(), String> {
    let frames = trace.get("frames").and_then(Value::as_array);
    let frames = frames.ok_or_else(|| format!("`{path}.frames` must be a list"))?;
    for (index, frame) in frames.iter().enumerate() {
        let path = format!("{path}.frames[{index}]");
        let frame = frame.as_object().ok_or_else(|| format!("`{path}` must be an object"))?;
        required(frame, "filename", &format!("{path}.filename"), usize::MAX)?;
    }
    let exception = object(trace, "exception", &format!("{path}.exception"))?;
    required(exception, "class", &format!("{path}.exception.class"), usize::MAX)
}

fn object<'a>(parent: &'a Object, name: &str, path: &str) -> Result<&'a Object, String> {
    parent.get(name).and_then(Value::as_object).ok_or_else(|| format!("`{path}` must be an object"))
}

fn required(parent: &Object, name: &str, path: &str, limit: usize) -> Result<(), String> {
    match parent.get(name).and_then(Value::as_str) {
        Some("") | None => Err(format!("`{path}` must be a text that is not empty")),
        Some(text) => short_enough(text, path, limit),
    }
}

fn optional(parent: &Object, name: &str, path: &str, limit: usize) -> Result<(), String> {
    match parent.get(name) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(text)) => short_enough(text, path, limit),
        Some(_) => Err(format!("`{path}` must be a text")),
    }
}

fn short_enough(text: &str, path: &str, limit: usize) -> Result<(), String> {
    if text.len() > limit && text.chars().count() > limit {
        return Err(format!("`{path}` must have at most {limit} characters"));
    }
    Ok(())
}
