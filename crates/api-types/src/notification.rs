//! What a user is told of.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Handle;

/// Why a user is told of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// The activity's message holds the user's `@handle`.
    Mention,
    /// The activity answers one of the user's.
    Reply,
}

/// One reference to an activity that concerns a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Identifies the notification.
    pub uuid: Uuid,
    /// Why the user is told.
    pub kind: NotificationKind,
    /// The activity that mentions or answers.
    pub activity_uuid: Uuid,
    /// Who wrote that activity.
    pub actor_handle: Handle,
    /// When that activity was written.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Whether the user has seen it.
    pub read: bool,
}

/// How many notifications a user has not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadCount {
    /// The number of them.
    pub unread: i64,
}
