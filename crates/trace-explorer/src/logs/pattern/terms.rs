//! `ERROR "not found" -health`, `?ERROR ?WARN`: words and phrases in a text.

use super::PatternError;
use super::scan::Scanner;

/// Terms, by their sign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// All of them must be there.
    all: Vec<String>,
    /// None of them may be there.
    none: Vec<String>,
    /// One of them must be there; as in AWS they do not count beside others.
    any: Vec<String>,
}

impl Terms {
    pub(super) fn matches(&self, message: &str) -> bool {
        let has = |term: &String| message.contains(term.as_str());
        let alone = self.all.is_empty() && self.none.is_empty();
        self.all.iter().all(has)
            && !self.none.iter().any(has)
            && (!alone || self.any.is_empty() || self.any.iter().any(has))
    }
}

pub(super) fn parse(text: &str) -> Result<Terms, PatternError> {
    let mut terms = Terms::default();
    let mut scanner = Scanner { rest: text };
    loop {
        scanner.skip_spaces();
        if scanner.rest.is_empty() {
            return Ok(terms);
        }
        let list = if scanner.eat("-") {
            &mut terms.none
        } else if scanner.eat("?") {
            &mut terms.any
        } else {
            &mut terms.all
        };
        list.push(term(&mut scanner)?);
    }
}

fn term(scanner: &mut Scanner<'_>) -> Result<String, PatternError> {
    if scanner.rest.starts_with('%') {
        return Err(PatternError::new("regular expressions, `%…%`, are not supported here"));
    }
    let quoted = scanner.eat("\"");
    let term = if quoted {
        scanner.quoted('"')?
    } else {
        scanner.take_while(|c| !c.is_whitespace() && c != '"').to_owned()
    };
    if term.is_empty() { Err(PatternError::new("a term is empty")) } else { Ok(term) }
}
