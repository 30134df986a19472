//! Secrets in free text.

use std::borrow::Cow;
use std::ops::Range;

use super::{REDACTED, pairs, tokens};

/// A part of a text that must not leave, and what stands in its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) range: Range<usize>,
    pub(super) with: &'static str,
}

impl Cut {
    pub(super) fn out(range: Range<usize>) -> Self {
        Self { range, with: REDACTED }
    }
}

/// Free text as it may leave: a message, an error with its causes, a body that somebody printed. It takes time in
/// proportion to the length of the text, and a text without any sign of a secret is answered as it is.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    if !looks_suspicious(text) {
        return Cow::Borrowed(text);
    }
    let mut cuts = Vec::new();
    credentials(text, &mut cuts);
    pairs::find(text, &mut cuts);
    tokens::find(text, &mut cuts);
    if cuts.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(without(text, cuts)) }
}

/// Every sign that one of the finders looks for.
fn looks_suspicious(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'=' | b':' | b'@'))
        || text.contains("eyJ")
        || text.contains("-----BEGIN")
        || tokens::credentials(text, 0).is_some()
}

/// Users and passwords of URLs, `scheme://user:password@host`.
fn credentials(text: &str, cuts: &mut Vec<Cut>) {
    for (at, _) in text.match_indices("://") {
        let begin = at + 3;
        let end = text[begin..].find(|c: char| c.is_whitespace() || "/?#\"'<>()\\".contains(c));
        let authority = &text[begin..end.map_or(text.len(), |end| begin + end)];
        if let Some(at) = authority.rfind('@') {
            cuts.push(Cut { range: begin..begin + at, with: "REDACTED:REDACTED" });
        }
    }
}

/// The text with each cut replaced; of two that overlap, the first one reaches as far as both.
fn without(text: &str, mut cuts: Vec<Cut>) -> String {
    cuts.sort_by_key(|cut| (cut.range.start, std::cmp::Reverse(cut.range.end)));
    let (mut clean, mut done) = (String::with_capacity(text.len()), 0);
    for Cut { range, with } in cuts {
        if range.start >= done {
            clean.push_str(&text[done..range.start]);
            clean.push_str(with);
        }
        done = done.max(range.end);
    }
    clean.push_str(&text[done..]);
    clean
}
