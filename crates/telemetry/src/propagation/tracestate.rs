//! `tracestate` over all its lines: order kept, white space trimmed, empty members skipped, at most 32 members
//! ([Trace Context level 2][spec], section 3.3).
//!
//! [spec]: https://www.w3.org/TR/trace-context-2/#tracestate-header

use opentelemetry::trace::TraceState;

/// The most members a state may have: section 3.3.1.1.
const MEMBERS: usize = 32;
/// The most characters of a key, and of a value: section 3.3.1.3.
const LENGTH: usize = 256;
/// How many characters of a whole state go on: section 3.3.1.5 asks for at least so many.
const WHOLE: usize = 512;
/// A member longer than this goes first when the whole is too long.
const LONG_MEMBER: usize = 128;

/// A valid state as it goes on, `a=1,b=2`. It travels in the context beside the span, because the SDK's own type refuses
/// keys that level 2 allows, such as `tenant@@system`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State(String);

impl State {
    /// The members of all lines; `None` when there are none, or too many, or when any is malformed: half a state could
    /// mean something else to its owner. Of a key that is there twice the first stays, which is the newer one, since a
    /// system writes its entry at the beginning.
    pub(super) fn parse<'h>(lines: impl Iterator<Item = &'h [u8]>) -> Option<Self> {
        let mut members: Vec<Member<'h>> = Vec::new();
        let mut count = 0;
        for member in lines.flat_map(|line| line.split(|byte| *byte == b',')).map(super::trim) {
            if member.is_empty() {
                continue;
            }
            count += 1;
            let member = Member::parse(member)?;
            if count > MEMBERS {
                return None;
            }
            if !members.iter().any(|known| known.key == member.key) {
                members.push(member);
            }
        }
        shorten(&mut members);
        let text: Vec<&str> = members.iter().map(|member| member.text).collect();
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

struct Member<'t> {
    key: &'t str,
    /// `key=value`.
    text: &'t str,
}

impl<'t> Member<'t> {
    fn parse(text: &'t [u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (key, value) = text.split_once('=')?;
        (is_key(key) && is_value(value)).then_some(Self { key, text })
    }
}

/// Takes whole members away until the state is short enough: long ones first, then from the end.
fn shorten(members: &mut Vec<Member<'_>>) {
    let mut whole = members.iter().map(|member| member.text.len() + 1).sum::<usize>().saturating_sub(1);
    while whole > WHOLE {
        let long = members.iter().rposition(|member| member.text.len() > LONG_MEMBER);
        let removed = members.remove(long.unwrap_or(members.len() - 1));
        // The comma of a member that stood alone was not counted.
        whole = whole.saturating_sub(removed.text.len() + 1);
    }
}

/// A lower-case letter or digit, then those and `_-*/@`: section 3.3.1.3.1 of level 2.
fn is_key(key: &str) -> bool {
    let simple = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let begins_well = key.bytes().next().is_some_and(simple);
    begins_well && key.len() <= LENGTH && key.bytes().all(|byte| simple(byte) || b"_-*/@".contains(&byte))
}

/// Printable ASCII characters without `,` and `=`: section 3.3.1.3.2. Nor may it end in a space, but what is there was
/// white space behind the member.
fn is_value(value: &str) -> bool {
    let printable = value.bytes().all(|byte| matches!(byte, 0x20..=0x7e) && byte != b',' && byte != b'=');
    printable && (1..=LENGTH).contains(&value.len())
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
    fn of_a_key_that_is_there_twice_the_first_stays() {
        assert_eq!(read(&["foo=1,bar=2,foo=1"]), "foo=1,bar=2");
        assert_eq!(read(&["foo=1", "foo=2"]), "foo=1");
    }

    #[test]
    fn a_state_that_is_too_long_loses_long_members_and_then_the_last_ones() {
        let member = |name: char, length: usize| format!("{name}={}", "v".repeat(length - 2));
        let (long, longer) = (member('l', 129), member('m', 200));
        let (a, b, c, d) = (member('a', 128), member('b', 128), member('c', 128), member('d', 125));

        let whole = [&*a, &b, &c, &d].join(",");
        assert_eq!(whole.len(), WHOLE);
        assert_eq!(read(&[&whole]), whole, "512 characters go on");
        assert_eq!(read(&[&whole, "e=1"]), whole, "the last one goes");
        assert_eq!(read(&[&format!("{whole}v")]), [&*a, &b, &c].join(","), "513 are too many");
        assert_eq!(read(&[&long, &whole]), whole, "a long one goes first");
        let (short_enough, too_long) = ([&*longer, &long, &a].join(","), [&*longer, &long, &a, &b].join(","));
        assert_eq!(read(&[&short_enough]), short_enough, "a long one stays where there is room");
        assert_eq!(read(&[&too_long]), [&*longer, &a, &b].join(","), "no more goes than must");
        let alone = format!("{}={}", "k".repeat(256), "v".repeat(256));
        assert_eq!(read(&[&alone]), "", "513 characters by itself");
    }

    #[test]
    fn thirty_two_members_are_the_limit() {
        let line = |count: usize| (0..count).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");

        assert_eq!(read(&[&line(32)]), line(32));
        assert_eq!(read(&[&line(33)]), "");
        assert_eq!(read(&[&line(20), "x=1,y=2", &line(10).replace('k', "l")]).split(',').count(), 32);
        assert_eq!(read(&[&line(20), "x=1,y=2", &line(11).replace('k', "l")]), "", "over all lines");
        assert_eq!(read(&[&line(32), "k0=again"]), "", "one that repeats a key counts too");
        assert_eq!(read(&[&line(32), "", ",,"]), line(32), "an empty one does not");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..4)
        ) {
            let _ = State::parse(lines.iter().map(Vec::as_slice));
        }

        #[test]
        fn a_short_state_goes_on_as_it_came(
            members in proptest::collection::btree_map("[a-z0-9][a-z0-9@_*/-]{0,6}", "[ -+./:-<>-~]{0,6}[!-+]", 1..32)
        ) {
            let text: Vec<String> = members.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let whole = text.join(",");
            let lines: Vec<&[u8]> = text.iter().map(String::as_bytes).collect();

            let state = State::parse(lines.into_iter()).unwrap();

            prop_assert_eq!(state.header(), &whole[..]);
        }

        #[test]
        fn what_goes_out_is_valid_and_within_the_limits(
            lines in proptest::collection::vec("(([a-c]|[a-z0-9][a-z0-9@_*/-]{0,200})[ ]{0,1}=([ -~]{0,3}|[!-+]{1,200})[ \t]{0,1},{0,1}){0,12}", 0..4)
        ) {
            if let Some(state) = State::parse(lines.iter().map(String::as_bytes)) {
                let members: Vec<_> = state.header().split(',').collect();
                let keys: std::collections::HashSet<_> = members.iter().map(|member| member.split_once('=').unwrap().0).collect();

                prop_assert!(members.len() <= 32 && state.header().len() <= 512);
                prop_assert_eq!(keys.len(), members.len(), "a key is there once");
                prop_assert_eq!(State::parse([state.header().as_bytes()].into_iter()), Some(state.clone()));
            }
        }
    }
}
