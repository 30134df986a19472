//! Rows as the service sees them.

use api_types::Handle;
use database::{optional_time, parsed, time};
use sqlx::any::AnyRow;
use sqlx::{FromRow, Row};
use time::OffsetDateTime;
use uuid::Uuid;

/// The columns that both records are read from.
macro_rules! columns {
    () => {
        "uuid, user_uuid, user_handle, message, replies_count, reposts_count, likes_count, reply_to_activity_uuid, \
        expires_at, created_at"
    };
}
pub(super) use columns;

/// Who wrote a text. The name is users' to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) uuid: Uuid,
    pub(crate) handle: Handle,
}

/// What activities and replies have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) uuid: Uuid,
    pub(crate) author: Author,
    pub(crate) message: String,
    pub(crate) replies_count: i64,
    pub(crate) reposts_count: i64,
    pub(crate) likes_count: i64,
    pub(crate) created_at: OffsetDateTime,
}

/// A text as an activity: top-level, or a reply that is listed by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActivityRecord {
    pub(crate) text: Text,
    /// When it leaves the home feed.
    pub(crate) expires_at: Option<OffsetDateTime>,
}

/// A text as the answer to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplyRecord {
    pub(crate) text: Text,
    pub(crate) reply_to: Uuid,
}

impl Text {
    /// A text that is written now and has had no echo yet.
    pub(crate) fn new(author: Author, message: String) -> Self {
        Self {
            uuid: Uuid::new_v4(),
            author,
            message,
            replies_count: 0,
            reposts_count: 0,
            likes_count: 0,
            created_at: database::now(),
        }
    }
}

impl FromRow<'_, AnyRow> for Text {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            uuid: parsed(row, "uuid")?,
            author: Author { uuid: parsed(row, "user_uuid")?, handle: parsed(row, "user_handle")? },
            message: row.try_get("message")?,
            replies_count: row.try_get("replies_count")?,
            reposts_count: row.try_get("reposts_count")?,
            likes_count: row.try_get("likes_count")?,
            created_at: time(row, "created_at")?,
        })
    }
}

impl FromRow<'_, AnyRow> for ActivityRecord {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self { text: Text::from_row(row)?, expires_at: optional_time(row, "expires_at")? })
    }
}

impl FromRow<'_, AnyRow> for ReplyRecord {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self { text: Text::from_row(row)?, reply_to: parsed(row, "reply_to_activity_uuid")? })
    }
}
