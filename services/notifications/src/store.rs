//! The tables of events and notifications.

use std::collections::BTreeMap;

use api_types::{Event, Handle, Notification, NotificationKind};
use database::{Database, Error, Migration, micros, now, parsed, time};
use sqlx::any::AnyRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

/// The schema and its seeds. A step that has run anywhere never changes again.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "notifications",
        sql: include_str!("../migrations/0001_notifications.sql"),
    },
    Migration { version: 2, name: "seeds", sql: include_str!("../migrations/0002_seeds.sql") },
];

/// The most notifications of one list.
const LIST_LIMIT: i64 = 50;

/// Reads and writes notifications.
#[derive(Debug, Clone)]
pub(crate) struct NotificationStore {
    database: Database,
}

impl NotificationStore {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Who was told of the event, by handle; `None` when it is new.
    pub(crate) async fn notified(&self, event_id: Uuid) -> Result<Option<Vec<Handle>>, Error> {
        // An event without recipients gives one row without a recipient.
        const SQL: &str = "SELECT n.recipient FROM events e LEFT JOIN notifications n ON n.event_id = e.event_id \
            WHERE e.event_id = $1 ORDER BY n.recipient";
        let query = sqlx::query_as::<_, RecipientRow>(SQL).bind(event_id.to_string());
        let rows = self.database.run("SELECT events", SQL, query.fetch_all(self.database.pool())).await?;
        let known = !rows.is_empty();
        Ok(known.then(|| rows.into_iter().filter_map(|row| row.0).collect()))
    }

    /// Remembers the event and tells the recipients, in one transaction. False when the event was there already: then
    /// nothing is written.
    pub(crate) async fn accept(
        &self,
        event: &Event,
        recipients: &BTreeMap<Handle, NotificationKind>,
    ) -> Result<bool, Error> {
        const EVENT: &str =
            "INSERT INTO events (event_id, accepted_at) VALUES ($1, $2) ON CONFLICT (event_id) DO NOTHING";
        let mut transaction = self.database.begin().await?;
        let query = sqlx::query(EVENT).bind(event.event_id.to_string()).bind(micros(now()));
        let inserted = transaction
            .run("INSERT events", EVENT, async |connection| query.execute(connection).await)
            .await?;
        if inserted.rows_affected() == 0 {
            return Ok(false);
        }
        for (recipient, kind) in recipients {
            const NOTIFICATION: &str = "INSERT INTO notifications \
                (uuid, event_id, recipient, kind, activity_uuid, actor_handle, created_at) \
                VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let query = sqlx::query(NOTIFICATION)
                .bind(Uuid::new_v4().to_string())
                .bind(event.event_id.to_string())
                .bind(recipient.to_string())
                .bind(kind_text(*kind))
                .bind(event.activity_uuid.to_string())
                .bind(event.actor_handle.to_string())
                .bind(micros(event.created_at));
            let insert = async |connection: &mut sqlx::AnyConnection| query.execute(connection).await;
            transaction.run("INSERT notifications", NOTIFICATION, insert).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// What a user was told of, newest first.
    pub(crate) async fn list(&self, recipient: &Handle) -> Result<Vec<Notification>, Error> {
        const SQL: &str = "SELECT uuid, kind, activity_uuid, actor_handle, created_at, read_at FROM notifications \
            WHERE recipient = $1 ORDER BY created_at DESC, uuid DESC LIMIT $2";
        let query = sqlx::query_as::<_, NotificationRow>(SQL).bind(recipient.to_string()).bind(LIST_LIMIT);
        let rows =
            self.database.run("SELECT notifications", SQL, query.fetch_all(self.database.pool())).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// How many notifications a user has not seen.
    pub(crate) async fn unread_count(&self, recipient: &Handle) -> Result<i64, Error> {
        const SQL: &str = "SELECT COUNT(*) FROM notifications WHERE recipient = $1 AND read_at IS NULL";
        let query = sqlx::query_scalar(SQL).bind(recipient.to_string());
        self.database.run("SELECT notifications", SQL, query.fetch_one(self.database.pool())).await
    }
}

struct RecipientRow(Option<Handle>);

impl FromRow<'_, AnyRow> for RecipientRow {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let absent = row.try_get::<Option<String>, _>("recipient")?.is_none();
        if absent { Ok(Self(None)) } else { parsed(row, "recipient").map(Some).map(Self) }
    }
}

struct NotificationRow(Notification);

impl FromRow<'_, AnyRow> for NotificationRow {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self(Notification {
            uuid: parsed(row, "uuid")?,
            kind: parse_kind(row.try_get("kind")?)?,
            activity_uuid: parsed(row, "activity_uuid")?,
            actor_handle: parsed(row, "actor_handle")?,
            created_at: time(row, "created_at")?,
            read: row.try_get::<Option<i64>, _>("read_at")?.is_some(),
        }))
    }
}

fn kind_text(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::Mention => "mention",
        NotificationKind::Reply => "reply",
    }
}

fn parse_kind(text: &str) -> Result<NotificationKind, sqlx::Error> {
    match text {
        "mention" => Ok(NotificationKind::Mention),
        "reply" => Ok(NotificationKind::Reply),
        _ => Err(sqlx::Error::ColumnDecode { index: "kind".to_owned(), source: "unknown kind".into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_types::EventKind;
    use database::testing::on_each_system;

    fn handle(text: &str) -> Handle {
        text.parse().unwrap()
    }

    #[actix_web::test]
    async fn an_event_is_accepted_once_and_its_notifications_are_found() {
        on_each_system(async |location| {
            let database = Database::open(&location, "notifications", MIGRATIONS).await.unwrap();
            let store = NotificationStore::new(database);
            let event = Event {
                event_id: Uuid::new_v4(),
                kind: EventKind::ReplyCreated,
                activity_uuid: Uuid::new_v4(),
                actor_handle: handle("worf"),
                parent_handle: None,
                message: String::new(),
                created_at: now(),
            };
            let recipients = BTreeMap::from([
                (handle("coco"), NotificationKind::Reply),
                (handle("bayko"), NotificationKind::Mention),
            ]);
            assert_eq!(store.notified(event.event_id).await.unwrap(), None);

            let (first, second) =
                tokio::join!(store.accept(&event, &recipients), store.accept(&event, &recipients));

            assert_ne!(first.unwrap(), second.unwrap());
            let notified = store.notified(event.event_id).await.unwrap().unwrap();
            assert_eq!(notified, [handle("bayko"), handle("coco")]);
            let list = store.list(&handle("coco")).await.unwrap();
            assert_eq!(list.len(), 1);
            assert_eq!((list[0].kind, list[0].created_at), (NotificationKind::Reply, event.created_at));
            assert_eq!(store.unread_count(&handle("bayko")).await.unwrap(), 1);
        })
        .await;
    }

    #[actix_web::test]
    async fn an_event_that_concerns_nobody_is_remembered() {
        on_each_system(async |location| {
            let database = Database::open(&location, "notifications", MIGRATIONS).await.unwrap();
            let store = NotificationStore::new(database);
            let seed = "c0a1e001-0000-4000-8000-000000000001".parse().unwrap();

            assert_eq!(store.notified(seed).await.unwrap(), Some(Vec::new()));
        })
        .await;
    }
}
