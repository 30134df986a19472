//! The table of users.

use api_types::{Change, Handle, User, UserProfile};
use database::{Database, Error, Migration, parsed, placeholders};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, FromRow, Row};
use uuid::Uuid;

use crate::domain::ProfileUpdate;

/// The schema and its seeds. A step that has run anywhere never changes again.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "users", sql: include_str!("../migrations/0001_users.sql") },
    Migration { version: 2, name: "seeds", sql: include_str!("../migrations/0002_seeds.sql") },
];

/// Reads and changes users.
#[derive(Debug, Clone)]
pub(crate) struct UserStore {
    database: Database,
}

impl UserStore {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// The users of these handles, by handle; unknown ones are left out.
    pub(crate) async fn by_handles(&self, handles: &[Handle]) -> Result<Vec<User>, Error> {
        self.list("handle", handles.iter().map(Handle::to_string).collect()).await
    }

    /// The users of these uuids, by handle; unknown ones are left out.
    pub(crate) async fn by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<User>, Error> {
        self.list("uuid", uuids.iter().map(Uuid::to_string).collect()).await
    }

    async fn list(&self, column: &'static str, values: Vec<String>) -> Result<Vec<User>, Error> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let parameters = placeholders(1, values.len());
        let sql = format!(
            "SELECT uuid, handle, display_name FROM users WHERE {column} IN ({parameters}) ORDER BY handle"
        );
        let mut query = sqlx::query_as::<_, UserRow>(AssertSqlSafe(sql.clone()));
        for value in values {
            query = query.bind(value);
        }
        let rows =
            self.database.run("SELECT users", sql.clone(), query.fetch_all(self.database.pool())).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// The profile behind a handle.
    pub(crate) async fn profile(&self, handle: &Handle) -> Result<Option<UserProfile>, Error> {
        const SQL: &str = "SELECT uuid, handle, display_name, bio FROM users WHERE handle = $1";
        let query = sqlx::query_as::<_, ProfileRow>(SQL).bind(handle.to_string());
        let row = self.database.run("SELECT users", SQL, query.fetch_optional(self.database.pool())).await?;
        Ok(row.map(|row| row.0))
    }

    /// Changes a profile; `None` when there is no such user.
    pub(crate) async fn update(
        &self,
        handle: &Handle,
        update: &ProfileUpdate,
    ) -> Result<Option<User>, Error> {
        const NAME_AND_BIO: &str = "UPDATE users SET display_name = $1, bio = $3 WHERE handle = $2 \
            RETURNING uuid, handle, display_name";
        const NAME: &str =
            "UPDATE users SET display_name = $1 WHERE handle = $2 RETURNING uuid, handle, display_name";
        let sql = if update.bio == Change::Keep { NAME } else { NAME_AND_BIO };
        let mut query =
            sqlx::query_as::<_, UserRow>(sql).bind(update.display_name.to_string()).bind(handle.to_string());
        if let Change::Set(bio) = &update.bio {
            query = query.bind(bio.clone());
        }
        let changed =
            self.database.write("UPDATE users", sql, async |connection| query.fetch_all(connection).await);
        Ok(changed.await?.pop().map(|row| row.0))
    }
}

struct UserRow(User);

impl FromRow<'_, AnyRow> for UserRow {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self(User {
            uuid: parsed(row, "uuid")?,
            handle: parsed(row, "handle")?,
            display_name: row.try_get("display_name")?,
        }))
    }
}

struct ProfileRow(UserProfile);

impl FromRow<'_, AnyRow> for ProfileRow {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let UserRow(User { uuid, handle, display_name }) = UserRow::from_row(row)?;
        Ok(Self(UserProfile { uuid, handle, display_name, bio: row.try_get("bio")? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use database::testing::on_each_system;

    async fn with_store(test: impl AsyncFn(UserStore)) {
        on_each_system(async |location| {
            let database = Database::open(&location, "users", MIGRATIONS).await.unwrap();
            test(UserStore::new(database)).await;
        })
        .await;
    }

    fn handle(text: &str) -> Handle {
        text.parse().unwrap()
    }

    fn update(display_name: &str, bio: Change<Option<String>>) -> ProfileUpdate {
        let update = api_types::UserUpdate { display_name: Some(display_name.to_owned()), bio };
        ProfileUpdate::try_from(update).unwrap()
    }

    #[actix_web::test]
    async fn the_seeds_are_exactly_the_six_users() {
        with_store(async |store| {
            let handles = ["andrewbrown", "bayko", "coco", "garek", "londo", "worf"].map(handle);

            let users = store.by_handles(&handles).await.unwrap();

            let names: Vec<_> = users.iter().map(|user| user.display_name.as_str()).collect();
            assert_eq!(names, ["Andrew Brown", "Andrew Bayko", "Coco", "Garek", "Londo Mollari", "Worf"]);
            let all = "SELECT COUNT(*) FROM users";
            let count: i64 = sqlx::query_scalar(all).fetch_one(store.database.pool()).await.unwrap();
            assert_eq!(count, 6);
        })
        .await;
    }

    #[actix_web::test]
    async fn unknown_users_are_left_out() {
        with_store(async |store| {
            let known = store.by_handles(&[handle("worf"), handle("nobody")]).await.unwrap();
            assert_eq!(known.len(), 1);

            let same = store.by_uuids(&[known[0].uuid, Uuid::new_v4()]).await.unwrap();
            assert_eq!(same, known);
            assert_eq!(store.by_uuids(&[]).await.unwrap(), []);
            assert_eq!(store.profile(&handle("nobody")).await.unwrap(), None);
        })
        .await;
    }

    #[actix_web::test]
    async fn an_update_changes_what_it_names_and_keeps_the_rest() {
        with_store(async |store| {
            let worf = handle("worf");
            let bio_after = async |change| {
                let user = store.update(&worf, &update("Mr. Worf", change)).await.unwrap().unwrap();
                assert_eq!(user.display_name, "Mr. Worf");
                store.profile(&worf).await.unwrap().unwrap().bio
            };

            assert_eq!(bio_after(Change::Keep).await.as_deref(), Some("Today is a good day."));
            assert_eq!(bio_after(Change::Set(Some("ö".to_owned()))).await.as_deref(), Some("ö"));
            assert_eq!(bio_after(Change::Set(None)).await, None);
            assert_eq!(store.update(&handle("nobody"), &update("x", Change::Keep)).await.unwrap(), None);
        })
        .await;
    }
}
