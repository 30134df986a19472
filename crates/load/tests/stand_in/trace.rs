//! The spans that a request leaves.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::Fault;

/// The id of the span that answers.
pub(super) const ROOT: &str = "00000000000000a1";

/// Caller and callee.
pub(super) type Call = (&'static str, &'static str);

/// The calls that a request makes.
pub(super) fn calls(method: &Method, path: &str, fault: Fault) -> Vec<Call> {
    let mut calls = vec![("activities", "users")];
    if method == Method::POST || path.ends_with("/home") || path.ends_with("/notifications") {
        calls.push(("activities", "notifications"));
    }
    if method == Method::POST {
        calls.push(("notifications", "users"));
    }
    calls.retain(|(_, callee)| fault != Fault::CallLeftOut(callee));
    calls
}

/// A root, and a CLIENT and a SERVER span for each call.
pub(super) fn spans(calls: &[Call], fault: Fault) -> Vec<Value> {
    let mut spans = vec![span(ROOT, None, "activities", "server")];
    let mut notified = ROOT.to_owned();
    for (number, (caller, callee)) in calls.iter().enumerate() {
        let (client, server) = (format!("{number:015x}c"), format!("{number:015x}5"));
        let above = if *caller == "activities" { ROOT } else { &notified };
        if fault != Fault::ParentLeftOut {
            spans.push(span(&client, Some(above), caller, "client"));
        }
        spans.push(span(&server, Some(&client), callee, "server"));
        if *callee == "notifications" {
            notified = server;
        }
    }
    spans
}

fn span(id: &str, parent: Option<&str>, service: &str, kind: &str) -> Value {
    json!({"span_id": id, "parent_span_id": parent, "service": service, "name": "a name", "kind": kind})
}
