//! Names with values in text: `password=x`, `"password": "x"`, `Authorization: Bearer x`, `password: Some("x")`.

use super::text::Cut;
use super::{decoded, is_secret, names, tokens};

/// A longer run of name characters is no name.
const NAME_BYTES: usize = 64;

/// Finds the value of each secret name. A name and its value are looked at once: the search goes on behind the value.
pub(super) fn find(text: &str, cuts: &mut Vec<Cut>) {
    let mut from = 0;
    while let Some(at) = text[from..].find(['=', ':']).map(|at| from + at) {
        from = at + 1;
        let Some(name) = name_before(&text[..at]) else { continue };
        // `core::pin::Pin` is a path; short words are names of modules, too.
        if text[at..].starts_with("::") && names::is_whole(name) {
            from = at + 2;
            continue;
        }
        if !is_secret(&decoded(name)) {
            continue;
        }
        let (begin, end) = value_behind(text, at + 1, name);
        if begin < end {
            cuts.push(Cut::out(begin..end));
            from = end;
        }
    }
}

/// The name that ends before a separator, behind quotes, brackets and spaces.
fn name_before(text: &str) -> Option<&str> {
    let text = text.trim_end_matches([' ', '"', '\'', '\\', ']']);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.%".contains(byte);
    let length = text.bytes().rev().take(NAME_BYTES + 1).take_while(is_name).count();
    (1..=NAME_BYTES).contains(&length).then(|| &text[text.len() - length..])
}

/// Where the value begins and ends that follows a separator at `from`.
fn value_behind(text: &str, from: usize, name: &str) -> (usize, usize) {
    let rest = text[from..].trim_start_matches(['=', '>', ' ', '\t', '&']);
    let rest = rest.strip_prefix("Some(").or_else(|| rest.strip_prefix("Ok(")).unwrap_or(rest);
    let begin = text.len() - rest.len();
    let quote = rest.trim_start_matches('\\');
    let escapes = &rest[..rest.len() - quote.len()];
    let length = match quote.chars().next() {
        Some(mark @ ('"' | '\'')) => {
            let opening = escapes.len() + 1;
            return (begin + opening, begin + opening + quoted(&rest[opening..], escapes, mark));
        }
        _ if opens(rest).is_some() => bracketed(rest),
        _ if is_line(name) => rest.find(['\r', '\n', '"']).unwrap_or(rest.len()),
        _ => {
            // `Authorization: Bearer x`: the word behind the scheme is the secret.
            let scheme = tokens::scheme_length(rest.as_bytes()).unwrap_or(0);
            scheme + word(&rest[scheme..])
        }
    };
    (begin, begin + length)
}

/// Headers whose value is a list with separators of its own.
fn is_line(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("cookie") || name.ends_with("cookies") || name.ends_with("forwarded-for")
}

/// The length of a quoted value, up to the mark that is escaped like the opening one.
fn quoted(text: &str, escapes: &str, mark: char) -> usize {
    let mut from = 0;
    while let Some(at) = text[from..].find(mark).map(|at| from + at) {
        let before = &text[..at];
        let here = before.len() - before.trim_end_matches('\\').len();
        if here == escapes.len() {
            return at - here;
        }
        from = at + 1;
    }
    text.len()
}

/// Where a value in brackets opens, behind the name of its type: `[`, `Value { `.
fn opens(text: &str) -> Option<usize> {
    let name = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let behind = text[name..].trim_start_matches(' ');
    behind.starts_with(['[', '{', '(']).then(|| text.len() - behind.len())
}

/// The length of a value in brackets, with its type's name, up to the bracket that closes it.
fn bracketed(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' if depth == 1 => return at + 1,
            ']' | '}' | ')' if depth > 1 => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a value without quotes.
fn word(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || ",;&)]}\"'<>|\\".contains(c)).unwrap_or(text.len())
}
