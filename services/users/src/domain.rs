//! What may be in a profile.

use std::fmt;

use api_types::{Change, UserUpdate};

/// Which rule an update breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Invalid {
    /// The display name is absent or empty. A space is a name: nothing is trimmed.
    #[error("the display name is blank")]
    DisplayNameBlank,
    /// A text holds the character NUL, which PostgreSQL cannot store.
    #[error("the text holds the character NUL")]
    HoldsNul,
}

/// A name that can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DisplayName(String);

impl DisplayName {
    fn parse(text: Option<String>) -> Result<Self, Invalid> {
        match text {
            Some(text) if !text.is_empty() => Ok(Self(without_nul(text)?)),
            _ => Err(Invalid::DisplayNameBlank),
        }
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A valid update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProfileUpdate {
    /// The new name.
    pub(crate) display_name: DisplayName,
    /// What becomes of the bio.
    pub(crate) bio: Change<Option<String>>,
}

impl TryFrom<UserUpdate> for ProfileUpdate {
    type Error = Invalid;

    fn try_from(update: UserUpdate) -> Result<Self, Invalid> {
        let display_name = DisplayName::parse(update.display_name)?;
        let bio = match update.bio {
            Change::Set(Some(bio)) => Change::Set(Some(without_nul(bio)?)),
            unchanged_or_removed => unchanged_or_removed,
        };
        Ok(Self { display_name, bio })
    }
}

fn without_nul(text: String) -> Result<String, Invalid> {
    if text.contains('\0') { Err(Invalid::HoldsNul) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(display_name: Option<&str>, bio: Option<&str>, expected: Result<&str, Invalid>) {
        let update = UserUpdate {
            display_name: display_name.map(str::to_owned),
            bio: Change::Set(bio.map(str::to_owned)),
        };
        let parsed = ProfileUpdate::try_from(update).map(|update| update.display_name.to_string());
        assert_eq!(parsed, expected.map(str::to_owned));
    }

    #[test]
    fn a_display_name_must_not_be_blank_and_nothing_is_trimmed() {
        check(Some("Worf"), None, Ok("Worf"));
        check(Some(" "), Some(""), Ok(" "));
        check(Some(""), None, Err(Invalid::DisplayNameBlank));
        check(None, Some("a bio"), Err(Invalid::DisplayNameBlank));
        check(Some("a\0b"), None, Err(Invalid::HoldsNul));
        check(Some("Worf"), Some("\0"), Err(Invalid::HoldsNul));
    }

    #[test]
    fn the_blank_name_is_told_first() {
        check(Some(""), Some("\0"), Err(Invalid::DisplayNameBlank));
    }
}
