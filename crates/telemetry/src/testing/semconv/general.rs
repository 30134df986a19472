//! What holds for spans of every kind.

use std::collections::HashSet;

use super::Observed;

/// Names that the stable conventions replaced.
const OLD: &[&str] = &[
    "http.method",
    "http.status_code",
    "http.url",
    "http.target",
    "http.host",
    "http.scheme",
    "http.flavor",
    "http.client_ip",
    "http.user_agent",
    "http.server_name",
    "net.peer.name",
    "net.peer.port",
    "net.peer.ip",
    "net.host.name",
    "net.host.port",
    "net.sock.peer.addr",
    "net.sock.peer.port",
    "net.protocol.version",
    "db.system",
    "db.statement",
    "db.operation",
    "db.name",
    "db.user",
    "db.sql.table",
    "db.connection_string",
];

/// Attributes that are whole numbers.
const NUMBERS: &[&str] = &[
    "http.response.status_code",
    "http.request.resend_count",
    "server.port",
    "client.port",
    "network.peer.port",
    "db.response.returned_rows",
];

/// What stands in place of a secret.
const REDACTED: &str = "REDACTED";
/// Query parameters whose values the conventions redact by default, case-sensitive.
const SIGNATURES: &[&str] = &[
    "X-Amz-Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Goog-Signature",
];

pub(super) fn findings(span: &Observed) -> Vec<String> {
    let mut found = Vec::new();
    let mut keys = HashSet::new();
    for (key, value) in &span.attributes {
        if !keys.insert(key) {
            found.push(format!("`{key}` is there twice"));
        }
        if OLD.contains(&key.as_str()) {
            found.push(format!("`{key}` is an old name"));
        }
        if NUMBERS.contains(&key.as_str()) && !value.is_i64() {
            found.push(format!("`{key}` is {value}, and no whole number"));
        }
        if value.as_str() == Some("") {
            found.push(format!("`{key}` is empty instead of left out"));
        }
        if matches!(key.as_str(), "url.full" | "url.query") {
            found.extend(secrets(key, value.as_str().unwrap_or_default()));
        }
    }
    if span.name.is_empty() {
        found.push("it has no name".to_owned());
    }
    if span.name.split([' ', '/']).any(is_id) {
        found.push("its name holds an id".to_owned());
    }
    if span.status == "OK" {
        found.push("its status is OK, which instrumentation leaves to applications".to_owned());
    }
    found.extend(exceptions(span));
    found
}

/// A number, or something like a UUID: a value, where names must be few.
pub(super) fn is_id(segment: &str) -> bool {
    let is_number = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    let is_uuid = segment.len() == 36 && segment.bytes().filter(|byte| *byte == b'-').count() == 4;
    is_number || is_uuid
}

/// Secrets in a URL or its query.
fn secrets(key: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let whole = if key == "url.query" { text } else { "" };
    let query = text.split_once('?').map_or(whole, |(_, query)| query);
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        if SIGNATURES.contains(&name) && value != REDACTED {
            found.push(format!("`{key}` holds the value of `{name}`"));
        }
    }
    let behind_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    let authority = behind_scheme.split(['/', '?']).next().unwrap_or_default();
    if let Some((credentials, _)) = authority.rsplit_once('@')
        && credentials != "REDACTED:REDACTED"
    {
        found.push(format!("`{key}` holds credentials"));
    }
    found
}

/// An exception says at least one of what it is and what it says.
fn exceptions(span: &Observed) -> Vec<String> {
    let says_something = |attributes: &[(String, serde_json::Value)]| {
        attributes.iter().any(|(key, _)| key == "exception.type" || key == "exception.message")
    };
    let silent =
        span.events.iter().filter(|(name, attributes)| name == "exception" && !says_something(attributes));
    silent.map(|_| "an exception event has neither type nor message".to_owned()).collect()
}
