//! `tracestate` over all its lines: order kept, white space trimmed, empty members skipped, at most 32 members
//! ([Trace Context level 2][spec], section 3.3).
//!
//! [spec]: https://www.w3.org/TR/trace-context-2/#tracestate-header

use opentelemetry::trace::TraceState;

/// The most members a state may have: section 3.3.1.1.
const MEMBERS: usize = 32;
/// The most characters of a key, and of a value: section 3.3.1.3.
const LENGTH: usize = 256;

/// A valid state as it goes on, `a=1,b=2`. It travels in the context beside the span, because the SDK's own type refuses
/// keys that level 2 allows, such as `tenant@@system`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State(String);

impl State {
    /// The members of all lines; `None` when there are none, or when any is malformed or there twice. Half a state could
    /// mean something else to its owner, so it is kept whole or not at all, as the specification allows.
    pub(super) fn parse<'h>(lines: impl Iterator<Item = &'h [u8]>) -> Option<Self> {
        let mut members: Vec<(&str, &str)> = Vec::new();
        for line in lines {
            let line = std::str::from_utf8(line).ok()?;
            for member in
                line.split(',').map(|member| member.trim_matches([' ', '\t'])).filter(|m| !m.is_empty())
            {
                let (key, value) = member.split_once('=')?;
                let repeated = members.iter().any(|(known, _)| *known == key);
                if repeated || !is_key(key) || !is_value(value) || members.len() == MEMBERS {
                    return None;
                }
                members.push((key, value));
            }
        }
        let text: Vec<String> = members.iter().map(|(key, value)| format!("{key}={value}")).collect();
        (!text.is_empty()).then(|| Self(text.join(",")))
    }

    /// The header's value.
    pub(super) fn header(&self) -> &str {
        &self.0
    }

    /// What the SDK can hold of it, for the exported span: all or nothing.
    pub(super) fn for_sdk(&self) -> TraceState {
        let members = self.0.split(',').filter_map(|member| member.split_once('='));
        TraceState::from_key_value(members).unwrap_or_default()
    }
}

/// A lower-case letter or digit, then those and `_-*/@`: section 3.3.1.3.1 of level 2.
fn is_key(key: &str) -> bool {
    let simple = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let begins_well = key.bytes().next().is_some_and(simple);
    begins_well && key.len() <= LENGTH && key.bytes().all(|byte| simple(byte) || b"_-*/@".contains(&byte))
}

/// Printable ASCII characters without `,` and `=`, not ending in a space: section 3.3.1.3.2.
fn is_value(value: &str) -> bool {
    let printable = value.bytes().all(|byte| matches!(byte, 0x20..=0x7e) && byte != b',' && byte != b'=');
    printable && (1..=LENGTH).contains(&value.len()) && !value.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[&str]) -> String {
        State::parse(lines.iter().map(|line| line.as_bytes())).map_or_else(String::new, |state| state.0)
    }

    #[test]
    fn order_is_kept_over_all_lines() {
        assert_eq!(read(&["foo=1", "bar=2,rojo=00f067aa0ba902b7"]), "foo=1,bar=2,rojo=00f067aa0ba902b7");
    }

    #[test]
    fn white_space_and_empty_members_are_skipped() {
        assert_eq!(read(&[" foo=1 \t,,\tbar=2 ", "", " "]), "foo=1,bar=2");
    }

    #[test]
    fn keys_are_those_of_level_2() {
        let longest = format!("{}=1", "z".repeat(256));
        for member in
            ["foo=1", "0foo=1", "tenant@system=1", "foo@@bar=1", "foo@=1", "a_-*/@0=1", longest.as_str()]
        {
            assert_eq!(read(&[member]), member);
        }
        let too_long = format!("{}=1", "z".repeat(257));
        for member in
            ["=1", "@foo=1", "_foo=1", "FOO=1", "foo.bar=1", "foo =1", "f\u{e9}=1", too_long.as_str()]
        {
            assert_eq!(read(&["ok=1", member]), "", "{member}");
        }
    }

    #[test]
    fn values_are_printable_and_end_in_no_space() {
        let all: String = (0x20u8..=0x7e).map(char::from).filter(|letter| !",=".contains(*letter)).collect();
        let all = format!("foo=x{all}");
        let longest = format!("foo={}", "v".repeat(256));
        for member in [all.as_str(), longest.as_str(), "foo= x"] {
            assert_eq!(read(&[member]), member);
        }
        let too_long = format!("foo={}", "v".repeat(257));
        for member in ["foo", "foo=", "foo=1=2", "foo=\u{e9}", "foo=a\tb", too_long.as_str()] {
            assert_eq!(read(&["ok=1", member]), "", "{member}");
        }
    }

    #[test]
    fn a_key_that_is_there_twice_voids_the_state() {
        assert_eq!(read(&["foo=1,bar=2,foo=1"]), "");
        assert_eq!(read(&["foo=1", "foo=2"]), "");
    }

    #[test]
    fn thirty_two_members_are_the_limit() {
        let line = |count: usize| (0..count).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");

        assert_eq!(read(&[&line(32)]), line(32));
        assert_eq!(read(&[&line(33)]), "");
        assert_eq!(read(&[&line(20), "x=1,y=2", &line(12).replace('k', "l")]), "", "over all lines");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = State::parse([line.as_slice()].into_iter());
        }

        #[test]
        fn what_is_written_is_read_back(members in "[a-z][a-z0-9@_]{0,9}=[!-+]{1,9}(,[0-9][a-z*/-]{0,9}=[a-z ]{0,8}[0-9]){0,5}") {
            if let Some(state) = State::parse([members.as_bytes()].into_iter()) {
                prop_assert_eq!(State::parse([state.header().as_bytes()].into_iter()), Some(state.clone()));
                prop_assert_eq!(state.header(), members);
            }
        }
    }
}
