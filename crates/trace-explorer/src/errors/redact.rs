//! The access token: it must be there, and it must not stay.

use serde_json::{Map, Value};

use super::Refusal;

/// What stands where the token stood.
const REDACTED: &str = "[token]";

/// Shorter tokens are words such as `test`, which may stand in a text for themselves.
const LEAST_SECRET: usize = 8;

/// The tokens of a request, and its payload without the envelope's.
pub(super) fn tokens(
    payload: Value,
    header: Option<&str>,
) -> Result<(Vec<String>, Map<String, Value>), Refusal> {
    let mut envelope = match payload {
        Value::Object(envelope) => Some(envelope),
        _ => None,
    };
    let in_body = envelope.as_mut().and_then(|envelope| envelope.remove("access_token"));
    let in_body = in_body.as_ref().and_then(Value::as_str);
    let tokens: Vec<String> = [header, in_body]
        .into_iter()
        .flatten()
        .filter(|token| !token.trim().is_empty())
        .map(str::to_owned)
        .collect();
    if tokens.is_empty() {
        return Err(Refusal::NoToken);
    }
    let envelope = envelope.ok_or_else(|| Refusal::Wrong("the payload must be an object".to_owned()))?;
    Ok((tokens, envelope))
}

/// Takes the tokens out of every text: a report of a failed request may hold the request's own headers.
pub(super) fn redact(data: &mut Map<String, Value>, tokens: &[String]) {
    let secrets: Vec<&str> =
        tokens.iter().map(|token| token.trim()).filter(|token| token.len() >= LEAST_SECRET).collect();
    redact_map(data, &secrets);
}

fn redact_map(map: &mut Map<String, Value>, secrets: &[&str]) {
    let named: Vec<String> = map.keys().filter(|key| holds(key, secrets)).cloned().collect();
    for key in named {
        if let Some(value) = map.remove(&key) {
            map.insert(without(&key, secrets), value);
        }
    }
    map.values_mut().for_each(|value| redact_value(value, secrets));
}

fn redact_value(value: &mut Value, secrets: &[&str]) {
    match value {
        Value::String(text) if holds(text, secrets) => *text = without(text, secrets),
        Value::Array(values) => values.iter_mut().for_each(|value| redact_value(value, secrets)),
        Value::Object(map) => redact_map(map, secrets),
        _ => {}
    }
}

fn holds(text: &str, secrets: &[&str]) -> bool {
    secrets.iter().any(|secret| text.contains(secret))
}

fn without(text: &str, secrets: &[&str]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, REDACTED))
}
