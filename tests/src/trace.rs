//! A trace as the explorer tells it, and what a test asks of it.

use std::collections::BTreeSet;
use std::fmt;

use reqwest::blocking::Response;
use serde_json::Value;

/// One trace.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// All spans that have arrived, by start time.
    pub spans: Vec<Span>,
}

/// One span of a trace.
#[derive(Debug, Clone)]
pub struct Span {
    /// 16 hexadecimal digits.
    pub id: String,
    /// Of the parent; `None` for a root.
    pub parent: Option<String>,
    /// `service.name`
    pub service: String,
    /// The span's name.
    pub name: String,
    /// `server`, `client`, `internal`, `producer` or `consumer`.
    pub kind: String,
    /// Whether the status is `error`.
    pub failed: bool,
    /// Everything else.
    pub json: Value,
}

/// The trace id that an answer carries in `traceresponse`.
#[must_use]
pub fn id_of(response: &Response) -> String {
    let header = response.headers().get("traceresponse").expect("every answer carries traceresponse");
    let parts: Vec<&str> = header.to_str().unwrap().split('-').collect();
    assert_eq!(parts.len(), 4, "{header:?}");
    assert_eq!((parts[0], parts[1].len(), parts[2].len()), ("00", 32, 16), "{header:?}");
    parts[1].to_owned()
}

impl Trace {
    /// From the body of `GET /api/traces/{id}`.
    #[must_use]
    pub fn from_json(body: &Value) -> Self {
        let mut spans: Vec<Span> = body["spans"].as_array().unwrap().iter().map(Span::from_json).collect();
        spans.sort_by_key(|span| span.json["start_unix_nano"].as_u64());
        Self { spans }
    }

    /// Whether it is one tree: one root, and every other span has its parent here.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        let known = |id: &String| self.spans.iter().any(|span| span.id == *id);
        let roots = self.spans.iter().filter(|span| span.parent.is_none()).count();
        roots == 1 && self.spans.iter().filter_map(|span| span.parent.as_ref()).all(known)
    }

    /// The calls between services, as `caller>callee`: a SERVER span of one below a CLIENT span of another.
    #[must_use]
    pub fn calls(&self) -> BTreeSet<String> {
        let calls = self.spans.iter().filter(|span| span.kind == "server").filter_map(|server| {
            let client = self.parent(server).filter(|parent| parent.kind == "client")?;
            (client.service != server.service).then(|| format!("{}>{}", client.service, server.service))
        });
        calls.collect()
    }

    /// Whether it is one tree with at least these calls, given as `caller>callee`.
    #[must_use]
    pub fn has(&self, calls: &[&str]) -> bool {
        let made = self.calls();
        self.is_connected() && calls.iter().all(|call| made.contains(*call))
    }

    /// The parent of a span.
    #[must_use]
    pub fn parent(&self, span: &Span) -> Option<&Span> {
        self.spans.iter().find(|candidate| Some(&candidate.id) == span.parent.as_ref())
    }

    /// The span without a parent.
    #[must_use]
    pub fn root(&self) -> &Span {
        self.spans.iter().find(|span| span.parent.is_none()).unwrap_or_else(|| panic!("no root:\n{self}"))
    }

    /// All spans of a service and name.
    #[must_use]
    pub fn named(&self, service: &str, name: &str) -> Vec<&Span> {
        self.spans.iter().filter(|span| span.service == service && span.name == name).collect()
    }

    /// Whether `span` is somewhere below `ancestor`.
    #[must_use]
    pub fn is_below(&self, span: &Span, ancestor: &Span) -> bool {
        let mut above = self.parent(span);
        while let Some(parent) = above {
            if parent.id == ancestor.id {
                return true;
            }
            above = self.parent(parent);
        }
        false
    }
}

impl Span {
    fn from_json(span: &Value) -> Self {
        let text = |key: &str| span[key].as_str().unwrap_or_else(|| panic!("no {key}: {span}")).to_owned();
        Self {
            id: text("span_id"),
            parent: span["parent_span_id"].as_str().map(str::to_owned),
            service: text("service"),
            name: text("name"),
            kind: text("kind"),
            failed: span["status"]["code"] == "error",
            json: span.clone(),
        }
    }

    /// An attribute's value, as text; empty when it has none of that name.
    #[must_use]
    pub fn attribute(&self, key: &str) -> String {
        match &self.json["attributes"][key] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// One line a span, for the report of a failed test.
impl fmt::Display for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for span in &self.spans {
            let parent = span.parent.as_deref().unwrap_or("-");
            let mark = if span.failed { " FAILED" } else { "" };
            writeln!(formatter, "{} < {parent} {} {} {}{mark}", span.id, span.service, span.kind, span.name)?;
        }
        Ok(())
    }
}
