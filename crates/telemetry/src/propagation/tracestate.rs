//! `tracestate` over all its lines: order kept, white space trimmed, empty members skipped, at most 32 members
//! ([Trace Context level 2][spec], section 3.3).
//!
//! [spec]: https://www.w3.org/TR/trace-context-2/#tracestate-header

use opentelemetry::trace::TraceState;

/// The most members a state may have: section 3.3.1.1.
const MEMBERS: usize = 32;

/// The members of all lines. One that is malformed voids the whole state, as the specification allows: half a state
/// could mean something else to its owner.
pub(super) fn parse<'h>(lines: impl Iterator<Item = &'h [u8]>) -> TraceState {
    let mut members: Vec<(&str, &str)> = Vec::new();
    for line in lines {
        let Ok(line) = std::str::from_utf8(line) else { return TraceState::NONE };
        for member in line.split(',').map(|member| member.trim_matches([' ', '\t'])).filter(|m| !m.is_empty())
        {
            let Some((key, value)) =
                member.split_once('=').filter(|(key, value)| !key.is_empty() && is_value(value))
            else {
                return TraceState::NONE;
            };
            if members.iter().any(|(known, _)| *known == key) {
                return TraceState::NONE;
            }
            members.push((key, value));
        }
    }
    if members.len() > MEMBERS {
        return TraceState::NONE;
    }
    TraceState::from_key_value(members).unwrap_or_default()
}

/// 1 to 256 printable ASCII characters without `,` and `=`, not ending in a space: section 3.3.1.3.2.
fn is_value(value: &str) -> bool {
    let printable = value.bytes().all(|byte| matches!(byte, 0x20..=0x7e) && byte != b',' && byte != b'=');
    printable && (1..=256).contains(&value.len()) && !value.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[&str]) -> String {
        parse(lines.iter().map(|line| line.as_bytes())).header()
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
    fn a_malformed_member_voids_the_state() {
        for line in ["foo", "foo=", "=1", "foo=1=2", "FOO=1", "foo=1,foo=2", "foo=\u{e9}", "foo=a\tb"] {
            assert_eq!(read(&["ok=1", line]), "", "{line}");
        }
    }

    #[test]
    fn thirty_two_members_are_the_limit() {
        let line = |count: usize| (0..count).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");

        assert_eq!(read(&[&line(32)]), line(32));
        assert_eq!(read(&[&line(33)]), "");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse([line.as_slice()].into_iter());
        }
    }
}
