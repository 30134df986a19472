//! One log event, within its limits.

use crate::calls::{EVENT_OVERHEAD_BYTES, MAX_CALL_BYTES};

/// The longest message, in bytes of UTF-8: with what CloudWatch adds to each event, it fills a call.
///
/// AWS raised the limit of an event from 256 KiB to 1 MB in April 2025; a call has the same limit, overhead included.
pub const MAX_MESSAGE_BYTES: usize = MAX_CALL_BYTES - EVENT_OVERHEAD_BYTES;

/// What stands for a message without any text, because CloudWatch takes none.
const EMPTY: &str = "(empty)";

/// A log event on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// When it happened, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// What happened: text, most useful as one JSON object.
    pub message: String,
}

impl LogEvent {
    /// An event with these values.
    #[must_use]
    pub fn new(timestamp_ms: i64, message: impl Into<String>) -> Self {
        Self { timestamp_ms, message: message.into() }
    }

    /// Bytes that it counts in a call.
    pub(crate) fn bytes(&self) -> usize {
        self.message.len() + EVENT_OVERHEAD_BYTES
    }

    /// The same as CloudWatch takes it: a message that is too long is cut between two characters, and says so at its end.
    pub(crate) fn within_limits(mut self) -> Self {
        // A time before 1970 is out of the range of the API, and too old in any case.
        self.timestamp_ms = self.timestamp_ms.max(0);
        if self.message.is_empty() {
            EMPTY.clone_into(&mut self.message);
        }
        if self.message.len() > MAX_MESSAGE_BYTES {
            let mark = format!("… [cut: it had {} bytes]", self.message.len());
            let end = self.message.floor_char_boundary(MAX_MESSAGE_BYTES - mark.len());
            self.message.truncate(end);
            self.message.push_str(&mark);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: String) -> String {
        LogEvent::new(1, text).within_limits().message
    }

    #[test]
    fn a_message_that_just_fits_stays_as_it_is() {
        let text = "x".repeat(MAX_MESSAGE_BYTES);

        assert_eq!(message(text.clone()), text);
    }

    #[test]
    fn a_longer_message_is_cut_between_characters_and_says_so() {
        for lead in 0..4 {
            let text = format!("{}{}", "x".repeat(lead), "🦀".repeat(300_000));

            let cut = message(text.clone());

            assert!(cut.len() <= MAX_MESSAGE_BYTES && cut.len() > MAX_MESSAGE_BYTES - 4, "{}", cut.len());
            let (kept, mark) = cut.split_once('…').unwrap();
            assert!(text.starts_with(kept));
            assert_eq!(mark, format!(" [cut: it had {} bytes]", text.len()));
        }
    }

    #[test]
    fn an_empty_message_becomes_one_that_is_taken() {
        assert_eq!(message(String::new()), "(empty)");
    }

    #[test]
    fn a_time_before_1970_is_told_as_1970() {
        assert_eq!(LogEvent::new(-5, "old").within_limits().timestamp_ms, 0);
    }
}
