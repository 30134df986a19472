//! `baggage` over all its lines, within the limits of the [specification][spec], section 3.3.2.
//!
//! [spec]: https://www.w3.org/TR/baggage/

use std::borrow::Cow;

use opentelemetry::baggage::Baggage;

use super::percent;

/// The most bytes that a whole baggage string may have, all header lines together.
const BYTES: usize = 8192;
/// The most members, all header lines together.
const MEMBERS: usize = 64;

/// The members of all lines that fit the limits, from the first on. One that is malformed or too long is left out, the
/// others stand; of a key that is there twice the last counts.
pub(super) fn parse<'h>(lines: impl Iterator<Item = &'h [u8]>) -> Baggage {
    let members = lines.flat_map(|line| line.split(|byte| *byte == b',')).filter_map(Member::parse);
    let mut baggage = Baggage::new();
    for member in Fitting::of(members).0 {
        let Member { key, value, properties, .. } = member;
        baggage.insert_with_metadata(key.to_owned(), value.into_owned(), properties.into_owned());
    }
    baggage
}

/// The header's value, without the members that do not fit the limits; empty when there is none.
pub(super) fn format(baggage: &Baggage) -> String {
    let mut members: Vec<_> = baggage
        .iter()
        .filter_map(|(key, (value, properties))| {
            Member::new(key.as_str(), value.as_str(), properties.as_str())
        })
        .collect();
    // The SDK keeps them in no order at all, and what goes out should not change from one request to the next.
    members.sort_unstable_by_key(|member| member.key);
    let text: Vec<String> = Fitting::of(members.into_iter()).0.iter().map(Member::text).collect();
    text.join(",")
}

/// Members that fit the limits together.
struct Fitting<'t>(Vec<Member<'t>>);

impl<'t> Fitting<'t> {
    /// Takes the first [`MEMBERS`] of `members`, each that still finds room.
    fn of(members: impl Iterator<Item = Member<'t>>) -> Self {
        let mut kept: Vec<Member<'t>> = Vec::new();
        let mut bytes = 0;
        for member in members.take(MEMBERS) {
            let known = kept.iter().position(|other| other.key == member.key);
            let freed = known.map_or(0, |at| kept[at].length);
            let comma = usize::from(known.is_none() && !kept.is_empty());
            if bytes - freed + comma + member.length > BYTES {
                continue;
            }
            bytes = bytes - freed + comma + member.length;
            match known {
                Some(at) => kept[at] = member,
                None => kept.push(member),
            }
        }
        Self(kept)
    }
}

/// `key=value;property;property=value`, where the value is percent-encoded.
struct Member<'t> {
    key: &'t str,
    /// Decoded.
    value: Cow<'t, str>,
    /// As on the wire, without white space: what they mean is their owner's business.
    properties: Cow<'t, str>,
    /// Bytes of the whole member as it is written.
    length: usize,
}

impl<'t> Member<'t> {
    fn parse(text: &'t [u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (pair, properties) = text.split_once(';').unwrap_or((text, ""));
        let (key, value) = pair.split_once('=')?;
        let (key, value) = (trim_text(key), trim_text(value));
        let valid = value.bytes().all(percent::is_octet);
        valid.then(|| Self::assemble(key, percent::decode_lossy(value), properties))?
    }

    /// A member of our own, whose `value` is not encoded.
    fn new(key: &'t str, value: &'t str, properties: &'t str) -> Option<Self> {
        Self::assemble(key, Cow::Borrowed(value), properties)
    }

    fn assemble(key: &'t str, value: Cow<'t, str>, properties: &'t str) -> Option<Self> {
        if !is_token(key) {
            return None;
        }
        let properties = if properties.is_empty() { Cow::Borrowed("") } else { normalized(properties)? };
        let mut member = Self { key, value, properties, length: 0 };
        member.length = member.text().len();
        Some(member)
    }

    fn text(&self) -> String {
        let Self { key, value, properties, .. } = self;
        let separator = if properties.is_empty() { "" } else { ";" };
        format!("{key}={}{separator}{properties}", percent::encode(value))
    }
}

/// The properties without white space between their parts; `None` when one of them is malformed, such as one with a
/// comma, which would begin another member.
fn normalized(properties: &str) -> Option<Cow<'_, str>> {
    let property = |property: &str| {
        let (key, value) =
            property.split_once('=').map_or((property, None), |(key, value)| (key, Some(value)));
        let (key, value) = (trim_text(key), value.map(trim_text));
        let valid = is_token(key) && value.is_none_or(|value| value.bytes().all(percent::is_octet));
        valid.then(|| value.map_or_else(|| key.to_owned(), |value| format!("{key}={value}")))
    };
    let properties: Vec<String> = properties.split(';').map(property).collect::<Option<_>>()?;
    Some(Cow::Owned(properties.join(";")))
}

fn trim_text(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// An HTTP token: RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use opentelemetry::baggage::BaggageMetadata;
    use opentelemetry::{Key, StringValue};
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[&str]) -> Baggage {
        parse(lines.iter().map(|line| line.as_bytes()))
    }

    /// What goes out when `lines` came in.
    fn passed_on(lines: &[&str]) -> String {
        format(&read(lines))
    }

    fn entries(baggage: &Baggage) -> BTreeMap<String, (String, String)> {
        let entry = |(key, (value, properties)): (&Key, &(StringValue, BaggageMetadata))| {
            (key.to_string(), (value.to_string(), properties.as_str().to_owned()))
        };
        baggage.iter().map(entry).collect()
    }

    fn numbered(members: usize) -> Vec<String> {
        (0..members).map(|n| format!("k{n:03}=v")).collect()
    }

    fn one(key: &str, value: &str, properties: &str) -> Baggage {
        let mut baggage = Baggage::new();
        baggage.insert_with_metadata(key.to_owned(), value.to_owned(), properties.to_owned());
        baggage
    }

    #[test]
    fn values_are_decoded_and_properties_kept() {
        let baggage = read(&["user = Am%C3%A9lie ; ttl = 1;p ", "a=b=c,empty="]);

        let (value, properties) = baggage.get_with_metadata("user").unwrap();
        assert_eq!((value.as_str(), properties.as_str()), ("Amélie", "ttl=1;p"));
        assert_eq!(baggage.get("a").unwrap().as_str(), "b=c");
        assert_eq!(baggage.get("empty").unwrap().as_str(), "");
        assert_eq!(format(&baggage), "a=b=c,empty=,user=Am%C3%A9lie;ttl=1;p");
    }

    #[test]
    fn what_is_not_utf_8_behind_the_percent_signs_is_replaced() {
        assert_eq!(read(&["k=a%ffb"]).get("k").unwrap().as_str(), "a\u{fffd}b");
        assert_eq!(read(&["k=%C3"]).get("k").unwrap().as_str(), "\u{fffd}");
    }

    #[test]
    fn a_stray_percent_sign_stands_for_itself() {
        for (value, meant) in [("100%", "100%"), ("%zz", "%zz"), ("%4", "%4"), ("%%41", "%A"), ("%25", "%")] {
            let baggage = read(&[&format!("k={value}")]);

            assert_eq!(baggage.get("k").unwrap().as_str(), meant);
            assert_eq!(entries(&read(&[&format(&baggage)])), entries(&baggage), "{value}");
        }
    }

    #[test]
    fn a_malformed_member_is_left_out_alone() {
        for member in [
            "",
            " ",
            "novalue",
            "=1",
            "b\u{e4}d=2",
            "sp ace=3",
            "k=a b",
            "k=\"a\"",
            "k=a\\b",
            "k=\u{e9}",
            "k=1;sp ace",
            "k=1;;",
            "k=1;p=\"",
            "k=1;=2",
            "@=1",
            "k\u{0}=1",
        ] {
            assert_eq!(passed_on(&[&format!("first=1,{member},last=2")]), "first=1,last=2", "{member}");
        }
        let lines: [&[u8]; 2] = [b"a=1,\xff=2,b=3", b"c=\xff,d=4"];
        assert_eq!(format(&parse(lines.into_iter())), "a=1,b=3,d=4", "bytes that are no text");
    }

    #[test]
    fn of_a_key_that_is_there_twice_the_last_counts() {
        assert_eq!(passed_on(&["k=1,x=0,k=2", "k=3;p"]), "k=3;p,x=0");
        assert_eq!(passed_on(&["k=1,K=2"]), "K=2,k=1", "keys are told apart by case");
    }

    #[test]
    fn sixty_four_members_are_the_limit_over_all_lines() {
        let members = numbered(65);
        let lines: Vec<&str> = members.iter().map(String::as_str).collect();

        assert_eq!(passed_on(&lines[..64]), members[..64].join(","));
        assert_eq!(passed_on(&lines), members[..64].join(","));
        assert_eq!(passed_on(&[&members.join(",")]), members[..64].join(","));
        assert_eq!(
            passed_on(&[&members[..64].join(","), "k000=again"]),
            members[..64].join(","),
            "nor may it repeat"
        );
        assert_eq!(
            passed_on(&["b ad=1,=2,@=3", &members[..64].join(",")]),
            members[..64].join(","),
            "a bad one is none"
        );
    }

    #[test]
    fn eight_thousand_one_hundred_and_ninety_two_bytes_are_the_limit_over_all_lines() {
        // "a=…" and "b=…" with a comma between them.
        let (first, second) =
            (format!("a={}", "v".repeat(4000)), format!("b={}", "v".repeat(8192 - 4002 - 3)));
        let whole = format!("{first},{second}");
        assert_eq!(whole.len(), BYTES);

        assert_eq!(passed_on(&[&whole]), whole);
        assert_eq!(passed_on(&[&first, &second]), whole);
        assert_eq!(passed_on(&[&first, &format!("{second}v")]), first, "one byte too many");
        assert_eq!(
            passed_on(&[&first, &format!("{second}v"), "c=1"]),
            format!("{first},c=1"),
            "what fits stays"
        );
        assert_eq!(
            passed_on(&[&whole, "b=1"]),
            format!("{first},b=1"),
            "the new value takes the room of the old"
        );
        assert_eq!(passed_on(&["c=1", &whole[..whole.len() - 4], &first]).len(), BYTES);
        let longest = format!("k={}", "v".repeat(8190));
        assert_eq!(passed_on(&[&longest]), longest);
        assert_eq!(passed_on(&[&format!("{longest}v")]), "");
    }

    #[test]
    fn the_limits_hold_for_what_is_written_and_not_for_what_was_meant() {
        // Each space is three bytes on the wire.
        assert_eq!(format(&one("k", &" ".repeat(2730), "")).len(), 2 + 3 * 2730);
        assert_eq!(format(&one("k", &" ".repeat(2731), "")), "");
        // A stray sign grows, and what was taken in must also go out.
        let grown = format!("k={}", "%".repeat(2731));
        assert!(read(&[&grown]).is_empty());
    }

    #[test]
    fn properties_cannot_smuggle_a_member_in() {
        for properties in ["p,admin=1", "p\r\nx: y", "p=\u{e9}", "p=a b"] {
            assert_eq!(format(&one("k", "v", properties)), "", "{properties}");
        }
    }

    fn wire() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec(
            "([a-d]{1,2}[ \t]{0,1}=[ \t]{0,1}([!-~]|%[0-9a-fC][0-9A9]){0,6}(;[a-c](=[!-~]{0,3}){0,1}){0,2},{0,1}){0,40}",
            0..4,
        )
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_leave_its_limits(
            lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..400), 0..4)
        ) {
            let text = format(&parse(lines.iter().map(Vec::as_slice)));

            prop_assert!(text.len() <= BYTES);
        }

        #[test]
        fn what_goes_out_comes_in_again_as_the_same(lines in wire()) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let baggage = read(&lines);

            let text = format(&baggage);

            prop_assert_eq!(entries(&read(&[&text])), entries(&baggage), "{}", text);
            prop_assert_eq!(format(&read(&[&text])), text);
        }

        #[test]
        fn any_value_survives(value in any::<String>(), other in "\\PC{0,40}") {
            let mut baggage = one("key", &value, "");
            baggage.insert("other", other);

            prop_assert_eq!(entries(&read(&[&format(&baggage)])), entries(&baggage));
        }

        #[test]
        fn the_limits_hold_for_any_sizes(sizes in proptest::collection::vec(0usize..600, 0..90)) {
            let members: Vec<String> =
                sizes.iter().enumerate().map(|(n, size)| format!("k{n}={}", "v".repeat(*size))).collect();
            let lines: Vec<&str> = members.iter().map(String::as_str).collect();
            let whole = members.join(",");

            let text = passed_on(&lines);

            let count = text.split(',').filter(|member| !member.is_empty()).count();
            prop_assert!(text.len() <= 8192 && count <= 64);
            if members.len() <= 64 && whole.len() <= 8192 {
                prop_assert_eq!(count, members.len(), "what fits must not be dropped");
            }
        }
    }
}
