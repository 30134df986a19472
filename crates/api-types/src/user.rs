//! Users as the other services and the front end see them. E-mail addresses never leave the users service.

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::Handle;

/// A user, as short as a feed needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Identifies the user for good.
    pub uuid: Uuid,
    /// Addresses the user; unique.
    pub handle: Handle,
    /// The name that is shown.
    pub display_name: String,
}

/// A user with what the profile page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserProfile {
    /// Identifies the user for good.
    pub uuid: Uuid,
    /// Addresses the user; unique.
    pub handle: Handle,
    /// The name that is shown.
    pub display_name: String,
    /// What the user says about himself.
    pub bio: Option<String>,
}

/// Body of a profile update, before validation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct UserUpdate {
    /// The new name; it must not be blank.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The new bio: absent leaves the old one, `null` removes it.
    #[serde(default)]
    pub bio: Change<Option<String>>,
}

/// What an update does to a value: with an `Option` alone, a key that is absent looks like one that is `null`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// Leaves it as it is.
    #[default]
    Keep,
    /// Puts another in its place.
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_bio_differs_from_a_null_one() {
        let check = |json: &str, bio: Change<Option<String>>| {
            let update: UserUpdate = serde_json::from_str(json).unwrap();
            assert_eq!(update.bio, bio, "{json}");
        };

        check("{}", Change::Keep);
        check(r#"{"bio": null}"#, Change::Set(None));
        check(r#"{"bio": ""}"#, Change::Set(Some(String::new())));
    }
}
