//! A trace as the explorer tells it, and what it lacks.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use crate::expectation::{Call, EDGE};

/// `GET /api/traces/{trace_id}`, as far as it is needed here.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Trace {
    pub(crate) spans: Vec<Span>,
}

/// One span.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Span {
    #[serde(rename = "span_id")]
    pub(crate) id: String,
    #[serde(rename = "parent_span_id")]
    pub(crate) parent: Option<String>,
    pub(crate) service: String,
    /// `server`, `client`, `internal`, `producer` or `consumer`.
    pub(crate) kind: String,
}

impl Trace {
    /// What is missing, one phrase each; nothing when the trace is one tree below `root`, the span that answered, and
    /// shows all the `calls`.
    pub(crate) fn lacks(&self, root: &str, calls: &[Call]) -> Vec<String> {
        if self.spans.is_empty() {
            return vec!["no span has arrived".to_owned()];
        }
        let mut lacking = self.lacks_as_tree(root);
        let missing = calls.iter().filter(|call| !self.shows(call));
        lacking.extend(missing.map(|call| format!("no call {call}")));
        lacking
    }

    fn lacks_as_tree(&self, root: &str) -> Vec<String> {
        let mut lacking = Vec::new();
        let by_id = self.by_id();
        if by_id.len() < self.spans.len() {
            lacking.push(format!("{} spans share an id", self.spans.len() - by_id.len() + 1));
        }
        let roots: Vec<_> = self.spans.iter().filter(|span| span.parent.is_none()).collect();
        match roots.as_slice() {
            [] => lacking.push("no root".to_owned()),
            [only] if only.id != root => {
                lacking.push(format!("the root is {}, the span that answered is {root}", only.id));
            }
            [only] if only.service != EDGE => lacking.push(format!("the root is a span of {}", only.service)),
            [_] => {}
            several => lacking.push(format!("{} roots", several.len())),
        }
        let orphans = self
            .spans
            .iter()
            .filter(|span| span.parent.as_deref().is_some_and(|parent| !by_id.contains_key(parent)));
        lacking.extend(orphans.map(|span| format!("the parent of a {} span of {}", span.kind, span.service)));
        // With one root and all parents there, only a ring of spans can still be apart from the tree.
        if lacking.is_empty() {
            let apart = self.spans.len() - self.below(root).len();
            if apart > 0 {
                lacking.push(format!("{apart} spans are not below the root"));
            }
        }
        lacking
    }

    fn by_id(&self) -> HashMap<&str, &Span> {
        self.spans.iter().map(|span| (span.id.as_str(), span)).collect()
    }

    /// The ids of a span and all spans below it.
    fn below<'a>(&'a self, root: &'a str) -> HashSet<&'a str> {
        let mut children: HashMap<&str, Vec<&str>> = HashMap::new();
        for span in &self.spans {
            children.entry(span.parent.as_deref().unwrap_or_default()).or_default().push(&span.id);
        }
        let mut found = HashSet::from([root]);
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            for child in children.get(id).into_iter().flatten() {
                if found.insert(child) {
                    open.push(child);
                }
            }
        }
        found
    }

    fn shows(&self, call: &Call) -> bool {
        let by_id = self.by_id();
        self.spans.iter().filter(|span| span.kind == "server" && span.service == call.callee).any(|server| {
            let parent = server.parent.as_deref().and_then(|parent| by_id.get(parent));
            parent.is_some_and(|client| client.kind == "client" && client.service == call.caller)
        })
    }
}

#[cfg(test)]
mod tests;
