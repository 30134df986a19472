//! `baggage` over all its lines, within the limits of the [specification][spec], section 3.3.2.
//!
//! [spec]: https://www.w3.org/TR/baggage/

use opentelemetry::baggage::Baggage;

use super::percent;

/// The most bytes that a whole baggage string may have, all header lines together.
const BYTES: usize = 8192;
/// The most members.
const MEMBERS: usize = 64;

/// The members of all lines, up to the limits; one that is malformed is left out, the others stand.
pub(super) fn parse<'h>(lines: impl Iterator<Item = &'h [u8]>) -> Baggage {
    let mut baggage = Baggage::new();
    let (mut bytes, mut members) = (0, 0);
    for line in lines {
        bytes += line.len();
        // The limit is one over all lines: a limit for each would be none.
        if bytes > BYTES {
            return Baggage::new();
        }
        let Ok(line) = std::str::from_utf8(line) else { continue };
        for (key, value, properties) in line.split(',').filter_map(member) {
            members += 1;
            if members > MEMBERS {
                return baggage;
            }
            baggage.insert_with_metadata(key.to_owned(), value, properties.to_owned());
        }
    }
    baggage
}

/// `key=value;property;property=value`, where the value is percent-encoded.
fn member(member: &str) -> Option<(&str, String, &str)> {
    let (pair, properties) = member.split_once(';').unwrap_or((member, ""));
    let (key, value) = pair.split_once('=')?;
    let key = key.trim();
    let is_token = !key.is_empty() && key.bytes().all(is_token_byte);
    is_token.then_some((key, percent::decode(value.trim())?, properties.trim()))
}

/// A byte of an HTTP token: RFC 9110, section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The header's value, cut after the last member that fits the limits; empty when there is none.
pub(super) fn format(baggage: &Baggage) -> String {
    let mut text = String::new();
    for (key, (value, properties)) in baggage.iter().take(MEMBERS) {
        let mut member = format!("{key}={}", percent::encode(value.as_str()));
        if !properties.as_str().is_empty() {
            member = format!("{member};{}", properties.as_str());
        }
        let separator = usize::from(!text.is_empty());
        if text.len() + separator + member.len() > BYTES
            || !member.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
        {
            continue;
        }
        text.push_str(if separator == 1 { "," } else { "" });
        text.push_str(&member);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[&str]) -> Baggage {
        parse(lines.iter().map(|line| line.as_bytes()))
    }

    #[test]
    fn values_are_decoded_and_properties_kept() {
        let baggage = read(&["user = Am%C3%A9lie ; ttl=1;p", "a=b=c"]);

        let (value, properties) = baggage.get_with_metadata("user").unwrap();
        assert_eq!((value.as_str(), properties.as_str()), ("Amélie", "ttl=1;p"));
        assert_eq!(baggage.get("a").unwrap().as_str(), "b=c");
    }

    #[test]
    fn a_malformed_member_is_left_out_alone() {
        let baggage = read(&["good=1,,novalue,b\u{e4}d=2,sp ace=3,also=%ff"]);

        assert_eq!(baggage.len(), 1);
        assert!(baggage.get("good").is_some());
    }

    #[test]
    fn the_limits_hold_over_all_lines() {
        let long = format!("k={}", "v".repeat(5000));
        assert!(read(&[&long, &long]).is_empty(), "over 8192 bytes");

        let many: Vec<String> = (0..70).map(|n| format!("k{n}=v")).collect();
        let lines: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(read(&lines).len(), MEMBERS);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse([line.as_slice()].into_iter());
        }

        #[test]
        fn what_is_written_is_read_back(value in "\\PC{0,40}") {
            let mut baggage = Baggage::new();
            baggage.insert("key", value.clone());

            let read_back = parse([format(&baggage).as_bytes()].into_iter());

            prop_assert_eq!(read_back.get("key").unwrap().as_str(), value);
        }
    }
}
