//! Spans of database calls.

use super::Observed;

const WANTED: &[&str] =
    &["db.system.name", "db.namespace", "db.operation.name", "db.query.summary", "db.query.text"];
/// The databases that this crate knows spans of, by the names of the conventions.
const SYSTEMS: &[&str] = &["sqlite", "postgresql"];

pub(super) fn client(span: &Observed) -> Vec<String> {
    let missing = WANTED.iter().filter(|key| !span.has(key));
    let mut found: Vec<String> = missing.map(|key| format!("`{key}` is missing")).collect();
    if let Some(system) = span.text("db.system.name").filter(|system| !SYSTEMS.contains(system)) {
        found.push(format!("`db.system.name` is `{system}`"));
    }
    if span.text("db.query.summary").is_some_and(|summary| summary != span.name) {
        found.push("its name should be `db.query.summary`".to_owned());
    }
    if span.text("db.query.text").is_some_and(has_literal) {
        found.push("`db.query.text` holds a value instead of a placeholder".to_owned());
    }
    if span.is_error() != span.has("error.type") {
        found.push("`error.type` belongs to the status ERROR, and to it alone".to_owned());
    }
    if span.text("db.system.name") == Some("postgresql") && !span.has("server.address") {
        found.push("`server.address` is missing".to_owned());
    }
    found
}

/// A quoted text with anything in it. Numbers are part of many statements (`LIMIT 50`) and tell nothing of a person.
fn has_literal(statement: &str) -> bool {
    let mut literals = statement.split('\'').skip(1).step_by(2);
    literals.any(|literal| literal.chars().any(char::is_alphanumeric))
}
