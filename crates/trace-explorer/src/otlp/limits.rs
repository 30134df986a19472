//! How much of one span is kept, so that one client cannot fill the store with one span.
//!
//! The numbers are those of the OpenTelemetry SDKs, or larger, so that an ordinary span is never touched.

/// Attributes of one span, resource, scope, event or link. (SDK default: 128.)
pub const MAX_ATTRIBUTES: usize = 256;

/// Events of one span. (SDK default: 128.)
pub const MAX_EVENTS: usize = 512;

/// Links of one span. (SDK default: 128.)
pub const MAX_LINKS: usize = 512;

/// Elements of one array or map value.
pub const MAX_ELEMENTS: usize = 256;

/// Bytes of one text or byte value; stack traces are the longest that are seen.
pub const MAX_VALUE_BYTES: usize = 16 * 1024;

/// Bytes of one span after all of the above; a larger one is rejected.
pub const MAX_SPAN_BYTES: usize = 1024 * 1024;

/// Bytes of one log record as a line of JSON; a larger one is rejected.
pub const MAX_LOG_RECORD_BYTES: usize = 1024 * 1024;

/// Messages within messages, counted from the span; JSON and protobuf alike.
pub const MAX_DEPTH: usize = 48;

/// Cuts `text` to [`MAX_VALUE_BYTES`] at a character boundary and says so at its end; `None` if it is short enough.
pub(crate) fn cut(text: &str) -> Option<String> {
    if text.len() <= MAX_VALUE_BYTES {
        return None;
    }
    let mark = format!("… [cut, {} bytes]", text.len());
    let kept = text.floor_char_boundary(MAX_VALUE_BYTES - mark.len());
    Some(format!("{}{mark}", &text[..kept]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_at_a_character_and_marked() {
        let text = "é".repeat(MAX_VALUE_BYTES);

        let cut = cut(&text).unwrap();

        assert!(cut.len() <= MAX_VALUE_BYTES);
        assert!(cut.starts_with("éé"));
        assert!(cut.ends_with("é… [cut, 32768 bytes]"), "{}", &cut[cut.len() - 40..]);
    }

    #[test]
    fn a_text_at_the_limit_is_left_alone() {
        assert_eq!(cut(&"x".repeat(MAX_VALUE_BYTES)), None);
    }
}
