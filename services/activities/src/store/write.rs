//! Writing activities, each with its event in one transaction.

use api_types::{Event, EventKind, Handle};
use database::{Error, Transaction, micros};
use sqlx::AnyConnection;
use uuid::Uuid;

use super::{ActivityRecord, ActivityStore, ReplyRecord, Text};

impl ActivityStore {
    /// Writes a top-level activity and the event that tells of it.
    pub(crate) async fn create(&self, activity: &ActivityRecord) -> Result<(), Error> {
        let event = event(EventKind::ActivityCreated, &activity.text, None);
        let mut transaction = self.database.begin().await?;
        insert(&mut transaction, &activity.text, activity.expires_at.map(micros), None).await?;
        self.outbox.enqueue(&mut transaction, &event).await?;
        transaction.commit().await?;
        self.outbox.wake();
        Ok(())
    }

    /// Writes a reply and the event that tells of it, and counts it at its parent. False when the parent is not there:
    /// then nothing is written.
    pub(crate) async fn reply(&self, reply: &ReplyRecord, parent_author: &Handle) -> Result<bool, Error> {
        const COUNT: &str = "UPDATE activities SET replies_count = replies_count + 1 WHERE uuid = $1";
        let event = event(EventKind::ReplyCreated, &reply.text, Some(parent_author.clone()));
        let mut transaction = self.database.begin().await?;
        let query = sqlx::query(COUNT).bind(reply.reply_to.to_string());
        let counted = async |connection: &mut AnyConnection| query.execute(connection).await;
        let counted = transaction.run("UPDATE activities", COUNT, counted).await?;
        if counted.rows_affected() == 0 {
            return Ok(false);
        }
        insert(&mut transaction, &reply.text, None, Some(reply.reply_to)).await?;
        self.outbox.enqueue(&mut transaction, &event).await?;
        transaction.commit().await?;
        self.outbox.wake();
        Ok(true)
    }
}

fn event(kind: EventKind, text: &Text, parent_handle: Option<Handle>) -> Event {
    Event {
        event_id: Uuid::new_v4(),
        kind,
        activity_uuid: text.uuid,
        actor_handle: text.author.handle.clone(),
        parent_handle,
        message: text.message.clone(),
        created_at: text.created_at,
    }
}

async fn insert(
    transaction: &mut Transaction,
    text: &Text,
    expires_at: Option<i64>,
    reply_to: Option<Uuid>,
) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO activities (uuid, user_uuid, user_handle, message, message_lower, \
        replies_count, reposts_count, likes_count, reply_to_activity_uuid, expires_at, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let query = sqlx::query(SQL)
        .bind(text.uuid.to_string())
        .bind(text.author.uuid.to_string())
        .bind(text.author.handle.to_string())
        .bind(text.message.clone())
        .bind(text.message.to_lowercase())
        .bind(text.replies_count)
        .bind(text.reposts_count)
        .bind(text.likes_count)
        .bind(reply_to.map(|uuid| uuid.to_string()))
        .bind(expires_at)
        .bind(micros(text.created_at));
    let inserted = async |connection: &mut AnyConnection| query.execute(connection).await;
    transaction.run("INSERT activities", SQL, inserted).await.map(drop)
}
