//! Spans of HTTP servers and clients.

use serde_json::Value;

use super::Observed;
use super::general::is_id;

const METHODS: &[&str] =
    &["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE", "_OTHER"];

/// Required, and what is recommended and always known to a server.
const OF_SERVER: &[&str] = &["http.request.method", "url.path", "url.scheme", "network.protocol.version"];
/// Known where there is a connection.
const OF_PEER: &[&str] = &["client.address", "network.peer.address", "network.peer.port"];
const OF_CLIENT: &[&str] = &["http.request.method", "server.address", "server.port", "url.full"];
/// Known to a client that was answered.
const OF_ANSWER: &[&str] = &["network.protocol.version", "network.peer.address", "network.peer.port"];

pub(super) fn server(span: &Observed) -> Vec<String> {
    let mut found = missing(span, OF_SERVER);
    // All or none: a test without a network has no peer.
    if OF_PEER.iter().any(|key| span.has(key)) {
        found.extend(missing(span, OF_PEER));
    }
    found.extend(method(span));
    let route = span.text("http.route");
    found.extend(name(span, route));
    if let Some(route) = route.filter(|route| route.split('/').any(is_id)) {
        found.push(format!("`http.route` is `{route}`, which holds an id"));
    }
    if span.text("url.path").is_some_and(|path| path.contains('?')) {
        found.push("`url.path` holds the query".to_owned());
    }
    if span.has("server.port") && !span.has("server.address") {
        found.push("`server.port` without `server.address`".to_owned());
    }
    let code = code(span);
    found.extend(status(span, code, code.is_some_and(|status| status >= 500)));
    found
}

pub(super) fn client(span: &Observed) -> Vec<String> {
    let mut found = missing(span, OF_CLIENT);
    found.extend(method(span));
    found.extend(name(span, span.text("url.template")));
    let code = code(span);
    if code.is_some() {
        found.extend(missing(span, OF_ANSWER));
    }
    if span.get("http.request.resend_count").is_some_and(|count| count == 0) {
        found.push("`http.request.resend_count` is 0 instead of left out".to_owned());
    }
    found.extend(status(span, code, code.is_none_or(|status| status >= 400)));
    found
}

fn code(span: &Observed) -> Option<i64> {
    span.get("http.response.status_code").and_then(Value::as_i64)
}

fn missing(span: &Observed, wanted: &[&str]) -> Vec<String> {
    let missing = wanted.iter().filter(|key| !span.has(key));
    missing.map(|key| format!("`{key}` is missing")).collect()
}

fn method(span: &Observed) -> Option<String> {
    let method = span.text("http.request.method")?;
    if !METHODS.contains(&method) {
        return Some(format!("`http.request.method` is `{method}` instead of `_OTHER`"));
    }
    let has_original = span.has("http.request.method_original");
    ((method == "_OTHER") != has_original)
        .then(|| "`http.request.method_original` belongs to `_OTHER`, and to it alone".to_owned())
}

/// `{method} {target}`, or the method alone; `HTTP` for a method that is not known.
fn name(span: &Observed, target: Option<&str>) -> Option<String> {
    let method = span.text("http.request.method")?;
    let method = if method == "_OTHER" { "HTTP" } else { method };
    let expected = target.map_or_else(|| method.to_owned(), |target| format!("{method} {target}"));
    (span.name != expected).then(|| format!("its name should be `{expected}`"))
}

/// An error exactly where the conventions see one, with a type, and without a description that repeats the code.
fn status(span: &Observed, code: Option<i64>, is_failed: bool) -> Vec<String> {
    let mut found = Vec::new();
    let error_type = span.text("error.type");
    // A request that breaks off fails behind a good status, too.
    let broke_off = matches!(error_type, Some("cancelled" | "response_body"));
    if span.is_error() != (is_failed || broke_off) {
        found.push(format!("its status is {} for {code:?}", span.status));
    }
    if span.is_error() != error_type.is_some() {
        found.push("`error.type` belongs to the status ERROR, and to it alone".to_owned());
    }
    if code.is_none() && !span.is_error() {
        found.push("it has neither `http.response.status_code` nor an error".to_owned());
    }
    let Some(code) = code.map(|code| code.to_string()) else { return found };
    if is_failed && !broke_off && error_type != Some(code.as_str()) {
        found.push(format!("`error.type` is {error_type:?} instead of the status code"));
    }
    if span.message.contains(&code) {
        found.push("the description of its status repeats the status code".to_owned());
    }
    found
}
