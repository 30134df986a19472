//! Secrets that are known by their own form.

use super::text::Cut;

/// Before it, a header says how the rest of its value is to be read.
const SCHEMES: &[&str] = &["bearer ", "basic ", "token ", "negotiate ", "digest ", "aws4-hmac-sha256 "];

/// The length of a scheme's name with the space behind it, if `text` begins with one, in any case.
pub(super) fn scheme_length(text: &[u8]) -> Option<usize> {
    let begins = |scheme: &&&str| {
        text.get(..scheme.len()).is_some_and(|word| word.eq_ignore_ascii_case(scheme.as_bytes()))
    };
    SCHEMES.iter().find(begins).map(|scheme| scheme.len())
}

/// Where credentials begin behind the first scheme at or behind `from`.
pub(super) fn credentials(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let begins_word = |at: &usize| *at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
    let found = |at: usize| scheme_length(&bytes[at..]).map(|length| at + length);
    (from..bytes.len()).filter(begins_word).find_map(found)
}

pub(super) fn find(text: &str, cuts: &mut Vec<Cut>) {
    bearers(text, cuts);
    json_web_tokens(text, cuts);
    private_keys(text, cuts);
    addresses(text, cuts);
}

/// `Bearer x` without a name before it. A word of small letters alone is taken for English: `basic authentication`.
fn bearers(text: &str, cuts: &mut Vec<Cut>) {
    let mut from = 0;
    while let Some(begin) = credentials(text, from) {
        let token = run(text, begin, |byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
        if token.len() >= 6 && !token.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'.') {
            cuts.push(Cut::out(begin..begin + token.len()));
        }
        from = begin + token.len();
    }
}

/// `eyJ…` is `{"` in base64, with which the first part of a JSON Web Token begins.
fn json_web_tokens(text: &str, cuts: &mut Vec<Cut>) {
    let mut from = 0;
    while let Some(begin) = text[from..].find("eyJ").map(|at| from + at) {
        let token = run(text, begin, |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        from = begin + token.len();
        if token.len() > 16 {
            cuts.push(Cut::out(begin..from));
        }
    }
}

/// A private key in PEM, up to its end or that of the text.
fn private_keys(text: &str, cuts: &mut Vec<Cut>) {
    const END: &str = "-----END";
    for (begin, _) in text.match_indices("-----BEGIN") {
        let rest = &text[begin..];
        let label = rest.get(..64.min(rest.len())).unwrap_or(rest);
        if label.contains("PRIVATE KEY") {
            cuts.push(Cut::out(begin..begin + rest.find(END).map_or(rest.len(), |end| end + END.len())));
        }
    }
}

/// E-mail addresses: `@handle` is none, and neither is `user@host` without a domain.
fn addresses(text: &str, cuts: &mut Vec<Cut>) {
    const LONGEST: usize = 64;
    for (at, _) in text.match_indices('@') {
        let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
        let local =
            text.as_bytes()[..at].iter().rev().take(LONGEST).take_while(|byte| is_local(byte)).count();
        let domain = run(text, at + 1, |byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        let domain = domain.trim_end_matches(['.', '-']);
        let top = domain.rsplit_once('.').map_or("", |(_, top)| top);
        if local > 0 && top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            cuts.push(Cut::out(at - local..at + 1 + domain.len()));
        }
    }
}

/// The bytes from `begin` on that are of a kind; they are ASCII, so this is text.
fn run(text: &str, begin: usize, is_of_kind: impl Fn(u8) -> bool) -> &str {
    let rest = text.get(begin..).unwrap_or_default();
    &rest[..rest.bytes().take_while(|byte| is_of_kind(*byte)).count()]
}
