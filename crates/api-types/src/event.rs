//! What activities tells notifications, and what it hears back.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Handle;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Somebody wrote a top-level activity.
    ActivityCreated,
    /// Somebody answered an activity.
    ReplyCreated,
}

/// Something that happened in activities. It is delivered at least once; `event_id` tells repeats apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The same for every delivery of the same event.
    pub event_id: Uuid,
    /// What happened.
    pub kind: EventKind,
    /// The activity or reply that was written.
    pub activity_uuid: Uuid,
    /// Who wrote it.
    pub actor_handle: Handle,
    /// Who wrote the activity that is answered; absent for a top-level one.
    pub parent_handle: Option<Handle>,
    /// The text, to be searched for `@mentions`.
    pub message: String,
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// The answer to an [`Event`], the same for every repeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventAccepted {
    /// Always true: whatever is not accepted is an error.
    pub accepted: bool,
    /// Who has a notification because of the event, in alphabetical order.
    pub notified: Vec<Handle>,
}
