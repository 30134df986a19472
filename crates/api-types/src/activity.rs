//! Activities and replies, as the front end reads and writes them.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Handle;

/// One activity with its author's name and its replies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Identifies the activity.
    pub uuid: Uuid,
    /// The author's name; the handle stands in when it could not be asked for.
    pub display_name: String,
    /// The author.
    pub handle: Handle,
    /// The text.
    pub message: String,
    /// How many replies it has had.
    pub replies_count: i64,
    /// How often it was reposted.
    pub reposts_count: i64,
    /// How often it was liked.
    pub likes_count: i64,
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it leaves the home feed, if ever.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// Its replies, oldest first; always present.
    pub replies: Vec<Reply>,
}

/// An answer to an activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Identifies the reply; a reply can be answered like any activity.
    pub uuid: Uuid,
    /// The activity that it answers.
    pub reply_to_activity_uuid: Uuid,
    /// The author's name; the handle stands in when it could not be asked for.
    pub display_name: String,
    /// The author.
    pub handle: Handle,
    /// The text.
    pub message: String,
    /// How many replies it has had.
    pub replies_count: i64,
    /// How often it was reposted.
    pub reposts_count: i64,
    /// How often it was liked.
    pub likes_count: i64,
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// One activity on a page of its own. The replies stand beside it, so its own `replies` are empty: the front end
/// shows both lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityPage {
    /// The activity.
    pub activity: Activity,
    /// Its replies, oldest first.
    pub replies: Vec<Reply>,
}

/// A user at the head of the profile page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Identifies the user for good.
    pub uuid: Uuid,
    /// Addresses the user.
    pub handle: Handle,
    /// The name that is shown.
    pub display_name: String,
    /// What the user says about himself.
    pub bio: Option<String>,
    /// How many activities and replies the user has written.
    pub cruds_count: i64,
}

/// A user and the newest of what the user wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfilePage {
    /// The user.
    pub profile: Profile,
    /// Newest first.
    pub activities: Vec<Activity>,
}

/// Body of a new activity, before validation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateActivity {
    /// The text.
    #[serde(default)]
    pub message: Option<String>,
    /// How long it stays in the home feed, for example `7-days`.
    #[serde(default)]
    pub ttl: Option<String>,
}

/// Body of a new reply, before validation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateReply {
    /// The text.
    #[serde(default)]
    pub message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn timestamps_are_written_in_utc_with_a_z() {
        let activity = Activity {
            uuid: Uuid::nil(),
            display_name: "Worf".to_owned(),
            handle: "worf".parse().unwrap(),
            message: "Qapla'".to_owned(),
            replies_count: 0,
            reposts_count: 0,
            likes_count: 0,
            created_at: datetime!(2026-01-02 03:04:05.000006 UTC),
            expires_at: None,
            replies: Vec::new(),
        };

        let json = serde_json::to_value(&activity).unwrap();

        assert_eq!(json["created_at"], "2026-01-02T03:04:05.000006Z");
        assert_eq!(json["expires_at"], serde_json::Value::Null);
        assert_eq!(json["replies"], serde_json::json!([]));
        assert_eq!(serde_json::from_value::<Activity>(json).unwrap(), activity);
    }
}
