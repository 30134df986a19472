//! The text of an activity or reply.

use super::Invalid;

/// The most characters (Unicode code points) of an activity.
const MAX_ACTIVITY_CHARS: usize = 280;

/// The most characters (Unicode code points) of a reply.
const MAX_REPLY_CHARS: usize = 1024;

/// A text that is not blank and not too long. Nothing is trimmed: a space is a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message(String);

impl Message {
    pub(crate) fn of_activity(text: Option<String>) -> Result<Self, Invalid> {
        Self::parse(text, MAX_ACTIVITY_CHARS)
    }

    pub(crate) fn of_reply(text: Option<String>) -> Result<Self, Invalid> {
        Self::parse(text, MAX_REPLY_CHARS)
    }

    fn parse(text: Option<String>, max_chars: usize) -> Result<Self, Invalid> {
        let text = text.filter(|text| !text.is_empty()).ok_or(Invalid::MessageBlank)?;
        if text.chars().count() > max_chars {
            return Err(Invalid::MessageTooLong);
        }
        // PostgreSQL cannot store it.
        if text.contains('\0') {
            return Err(Invalid::MessageHoldsNul);
        }
        Ok(Self(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The longest text that can be in the store.
pub(super) const LONGEST_CHARS: usize = MAX_REPLY_CHARS;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: Option<&str>, activity: Result<(), Invalid>, reply: Result<(), Invalid>) {
        let text = text.map(str::to_owned);
        assert_eq!(Message::of_activity(text.clone()).map(drop), activity);
        assert_eq!(Message::of_reply(text).map(drop), reply);
    }

    #[test]
    fn a_message_is_neither_blank_nor_too_long() {
        check(None, Err(Invalid::MessageBlank), Err(Invalid::MessageBlank));
        check(Some(""), Err(Invalid::MessageBlank), Err(Invalid::MessageBlank));
        check(Some(" "), Ok(()), Ok(()));
        check(Some("a"), Ok(()), Ok(()));
        check(Some(&"a".repeat(280)), Ok(()), Ok(()));
        check(Some(&"a".repeat(281)), Err(Invalid::MessageTooLong), Ok(()));
        check(Some(&"a".repeat(1024)), Err(Invalid::MessageTooLong), Ok(()));
        check(Some(&"a".repeat(1025)), Err(Invalid::MessageTooLong), Err(Invalid::MessageTooLong));
    }

    #[test]
    fn lengths_count_code_points_not_bytes() {
        check(Some(&"🖖".repeat(280)), Ok(()), Ok(()));
        check(Some(&"🖖".repeat(281)), Err(Invalid::MessageTooLong), Ok(()));
        // A letter and its combining accent are two.
        check(Some(&"e\u{301}".repeat(141)), Err(Invalid::MessageTooLong), Ok(()));
    }

    #[test]
    fn the_character_nul_is_refused() {
        check(Some("a\0b"), Err(Invalid::MessageHoldsNul), Err(Invalid::MessageHoldsNul));
    }
}
