//! What both kinds of pattern are read with.

use super::PatternError;

/// The rest of a pattern.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanner<'a> {
    pub(super) rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(super) fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Goes on behind `token`, if that comes next.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        self.rest.strip_prefix(token).map(|rest| self.rest = rest).is_some()
    }

    /// Like [`eat`](Self::eat), for a word in any case that no other word goes on with.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let mut ahead = *self;
        let found = ahead.take_while(|c| c.is_ascii_alphanumeric()).eq_ignore_ascii_case(word);
        if found {
            *self = ahead;
        }
        found
    }

    pub(super) fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// A text up to the next `quote`, which the scanner stands behind already; `\` takes the next character as it is.
    pub(super) fn quoted(&mut self, quote: char) -> Result<String, PatternError> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((index, character)) = characters.next() {
            if character == quote {
                self.rest = &self.rest[index + quote.len_utf8()..];
                return Ok(text);
            }
            let escaped = if character == '\\' { characters.next().map(|(_, next)| next) } else { None };
            text.push(escaped.unwrap_or(character));
        }
        Err(PatternError::new("a quoted text does not end"))
    }
}
