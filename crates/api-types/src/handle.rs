//! The name by which a user is addressed in paths, headers and messages.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest handle, in characters. Long enough for every known user, short enough for a path segment.
const MAX_CHARS: usize = 64;

/// A user's handle, without the `@`: 1 to 64 ASCII letters, digits, `_`, `-` or `.`, the first of them not a `.`.
///
/// Whatever else stands where a handle is expected names nobody, so callers treat it as an unknown user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Handle(String);

/// A text that cannot be the handle of any user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a handle is 1 to {MAX_CHARS} ASCII letters, digits, `_`, `-` or `.`")]
pub struct HandleError;

impl Handle {
    /// The handle as text, without the `@`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `character` may stand in a handle.
    #[must_use]
    pub fn allows(character: char) -> bool {
        character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')
    }
}

impl FromStr for Handle {
    type Err = HandleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let well_formed =
            (1..=MAX_CHARS).contains(&text.len()) && text.chars().all(Self::allows) && !text.starts_with('.');
        if well_formed { Ok(Self(text.to_owned())) } else { Err(HandleError) }
    }
}

impl TryFrom<String> for Handle {
    type Error = HandleError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_holds_only_what_a_path_segment_and_a_mention_can_hold() {
        let longest = "a".repeat(64);
        for good in ["andrewbrown", "a", "A_b-c.9", longest.as_str()] {
            assert_eq!(good.parse::<Handle>().map(|h| h.to_string()), Ok(good.to_owned()));
        }

        let too_long = "a".repeat(65);
        for bad in ["", "@worf", "a b", "wörf", "a/b", ".a", "a\0", too_long.as_str()] {
            assert_eq!(bad.parse::<Handle>(), Err(HandleError), "{bad:?}");
        }
    }

    #[test]
    fn a_malformed_handle_in_json_is_refused() {
        assert!(serde_json::from_str::<Handle>(r#""worf""#).is_ok());
        assert!(serde_json::from_str::<Handle>(r#""not a handle""#).is_err());
    }
}
