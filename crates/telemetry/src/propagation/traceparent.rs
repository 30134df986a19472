//! `traceparent` by the letter of [Trace Context level 2][spec], section 3.2: exact lengths, lower case, unknown future
//! versions read as far as they are known.
//!
//! [spec]: https://www.w3.org/TR/trace-context-2/#traceparent-header

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId};

use super::{Parent, hex, trim};

/// Length of version 00: `00-` 32 `-` 16 `-` 2.
pub(crate) const LENGTH: usize = 55;
/// The flags that level 2 defines: sampled (bit 0) and random trace id (bit 1).
const KNOWN_FLAGS: u8 = 0b11;
pub(crate) const RANDOM: u8 = 0b10;

/// Says that the trace id was made at random, as the caller told. It travels in the context beside the span, because the
/// SDK forgets the flag when it decides not to sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct RandomTraceId;

pub(super) fn parse(value: &[u8]) -> Option<Parent> {
    let value = trim(value);
    let (known, rest) = (value.get(..LENGTH)?, &value[LENGTH..]);
    let version = hex::bytes::<1>(&known[..2])?[0];
    let ends_well = match version {
        0 => rest.is_empty(),
        // Version ff is invalid; a later version may go on, but behind a dash.
        0xff => false,
        _ => rest.first().is_none_or(|byte| *byte == b'-'),
    };
    if !ends_well || [known[2], known[35], known[52]] != *b"---" {
        return None;
    }
    let trace_id = TraceId::from_bytes(hex::bytes(&known[3..35])?);
    let span_id = SpanId::from_bytes(hex::bytes(&known[36..52])?);
    let flags = TraceFlags::new(hex::bytes::<1>(&known[53..55])?[0] & KNOWN_FLAGS);
    Parent::new(trace_id, span_id, flags)
}

/// Whether the caller says that it made the trace id at random.
pub(super) fn has_random_id(parent: &Parent) -> bool {
    parent.flags.to_u8() & RANDOM != 0
}

/// The header's value, `None` when an id is all zero. It is written for each request, in and out, and so by hand: the
/// formatting machinery takes ten times as long.
pub(super) fn format(span: &SpanContext, random: Option<&RandomTraceId>) -> Option<[u8; LENGTH]> {
    if !span.is_valid() {
        return None;
    }
    let flags = span.trace_flags().to_u8() & KNOWN_FLAGS | random.map_or(0, |_| RANDOM);
    let mut value = *b"00-00000000000000000000000000000000-0000000000000000-00";
    hex::write(&span.trace_id().to_bytes(), &mut value[3..35]);
    hex::write(&span.span_id().to_bytes(), &mut value[36..52]);
    hex::write(&[flags], &mut value[53..]);
    Some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    fn flags_of(value: &str) -> Option<u8> {
        parse(value.as_bytes()).map(|parent| parent.flags.to_u8())
    }

    #[test]
    fn the_forms_of_the_specification_are_read() {
        assert_eq!(flags_of(&format!("00-{TRACE}-{SPAN}-01")), Some(1));
        assert_eq!(flags_of(&format!("00-{TRACE}-{SPAN}-00")), Some(0));
        assert_eq!(flags_of(&format!("00-{TRACE}-{SPAN}-03")), Some(3), "the random flag is kept");
        assert_eq!(flags_of(&format!("00-{TRACE}-{SPAN}-ff")), Some(3), "unknown flags are cleared");
        assert_eq!(
            flags_of(&format!(" 00-{TRACE}-{SPAN}-01\t")),
            Some(1),
            "white space around it is allowed"
        );
        assert_eq!(flags_of(&format!("00-{TRACE}-{SPAN}-01\n")), None, "which a line feed is not");
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        assert_eq!(flags_of(&format!("cc-{TRACE}-{SPAN}-01")), Some(1));
        assert_eq!(flags_of(&format!("cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like")), Some(1));
        assert_eq!(flags_of(&format!("cc-{TRACE}-{SPAN}-01.what-the-future")), None);
        assert_eq!(flags_of(&format!("ff-{TRACE}-{SPAN}-01")), None);
    }

    #[test]
    fn everything_else_is_refused() {
        for value in [
            String::new(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-001"),
            format!("00-{TRACE}-{SPAN}-01-"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("000-{TRACE}-{SPAN}-01"),
            format!("+0-{TRACE}-{SPAN}-01"),
            format!("00_{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}_{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}_01"),
            format!("0-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-0A"),
            format!("CC-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{}-{SPAN}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{TRACE}-{}-01", "g".repeat(16)),
            format!("00-{TRACE}-{}-01", &SPAN[1..]),
            format!("00-{TRACE}0-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}0-01"),
            format!("00-{}-{SPAN}-01", &TRACE[1..]),
            // Later versions have at least the four fields of this one.
            format!("cc-{TRACE}-{SPAN}-1"),
            format!("cc-{TRACE}-{SPAN}"),
        ] {
            assert_eq!(flags_of(&value), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(value in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = parse(&value);
        }

        #[test]
        fn a_digit_of_another_kind_is_refused(at in 0usize..LENGTH, byte in any::<u8>()) {
            let mut value = format!("00-{TRACE}-{SPAN}-01").into_bytes();
            value[at] = byte;
            let is_hex = byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            let stays_valid = match at {
                2 | 35 | 52 => byte == b'-',
                // One digit alone makes neither version ff nor an id of zeros.
                _ => is_hex,
            };

            prop_assert_eq!(parse(&value).is_some(), stays_valid);
        }

        #[test]
        fn what_is_written_is_read_back(trace in 1u128.., span in 1u64.., flags in 0u8..4) {
            let context = SpanContext::new(
                TraceId::from(trace), SpanId::from(span), TraceFlags::new(flags), true,
                opentelemetry::trace::TraceState::NONE,
            );

            let parent = parse(&format(&context, None).unwrap()).unwrap();

            prop_assert_eq!(parent.trace_id, context.trace_id());
            prop_assert_eq!(parent.span_id, context.span_id());
            prop_assert_eq!(parent.flags, context.trace_flags());
        }
    }
}
