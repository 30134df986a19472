//! Secrets in free text.

use std::borrow::Cow;
use std::ops::Range;

use super::{REDACTED, clean, pairs, tokens};

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
    if !looks_suspicious(text) || clean::is_known(text) {
        return Cow::Borrowed(text);
    }
    let mut cuts = Vec::new();
    credentials(text, &mut cuts);
    pairs::find(text, &mut cuts);
    tokens::find(text, &mut cuts);
    if cuts.is_empty() {
        clean::remember(text);
        return Cow::Borrowed(text);
    }
    Cow::Owned(without(text, cuts))
}

/// Every sign that one of the finders looks for. One pass tells which of the slower searches are needed, which for most
/// texts is none.
fn looks_suspicious(text: &str) -> bool {
    let signs = text.bytes().fold(0, |signs, byte| signs | SIGNS[usize::from(byte)]);
    signs & PAIR != 0
        || (signs & LETTER_J != 0 && text.contains("eyJ"))
        || (signs & LETTER_B != 0 && text.contains("-----BEGIN"))
        || (signs & SPACE != 0 && tokens::credentials(text, 0).is_some())
}

const PAIR: u8 = 1;
const LETTER_J: u8 = 2;
const LETTER_B: u8 = 4;
const SPACE: u8 = 8;

/// What a byte may be a sign of.
const SIGNS: [u8; 256] = {
    let mut signs = [0; 256];
    signs[b'=' as usize] = PAIR;
    signs[b':' as usize] = PAIR;
    signs[b'@' as usize] = PAIR;
    signs[b'J' as usize] = LETTER_J;
    signs[b'B' as usize] = LETTER_B;
    signs[b' ' as usize] = SPACE;
    signs
};

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
