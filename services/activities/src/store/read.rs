//! Reading activities.

use api_types::Handle;
use database::{Error, micros, placeholders};
use sqlx::AssertSqlSafe;
use time::OffsetDateTime;
use uuid::Uuid;

use super::record::columns;
use super::{ActivityRecord, ActivityStore, ReplyRecord};
use crate::domain::SearchTerm;
use crate::feed::Feed;

/// The most activities of the home feed.
const HOME_LIMIT: i64 = 50;

/// The most activities of a profile.
const PROFILE_LIMIT: i64 = 40;

/// The most activities that a search finds, the newest of all that match.
const SEARCH_LIMIT: i64 = 100;

/// The most replies that are read for one activity, the newest ones: a feed must not grow without bound with the
/// activity that everybody answers. `replies_count` tells the whole number.
const REPLIES_LIMIT: i64 = 100;

/// Summary of every read, in the words of the database conventions.
const SUMMARY: &str = "SELECT activities";

impl ActivityStore {
    /// The newest top-level activities that have not expired at `now`, with their replies.
    pub(crate) async fn recent(&self, now: OffsetDateTime) -> Result<Feed, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM activities WHERE reply_to_activity_uuid IS NULL AND (expires_at IS NULL OR expires_at > $1) \
            ORDER BY created_at DESC, uuid DESC LIMIT $2"
        );
        let query = sqlx::query_as(SQL).bind(micros(now)).bind(HOME_LIMIT);
        let activities = self.database.run(SUMMARY, SQL, query.fetch_all(self.database.pool())).await?;
        self.with_replies(activities).await
    }

    /// The newest activities and replies whose message holds the term.
    pub(crate) async fn search(&self, term: &SearchTerm) -> Result<Feed, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            r" FROM activities WHERE message_lower LIKE $1 ESCAPE '\' ORDER BY created_at DESC, uuid DESC LIMIT $2"
        );
        if !term.can_match() {
            return Ok(Feed::default());
        }
        let query = sqlx::query_as(SQL).bind(term.like_pattern()).bind(SEARCH_LIMIT);
        let activities = self.database.run(SUMMARY, SQL, query.fetch_all(self.database.pool())).await?;
        self.with_replies(activities).await
    }

    /// The newest activities and replies of one author.
    pub(crate) async fn by_author(&self, author: &Handle) -> Result<Feed, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM activities WHERE user_handle = $1 ORDER BY created_at DESC, uuid DESC LIMIT $2"
        );
        let query = sqlx::query_as(SQL).bind(author.to_string()).bind(PROFILE_LIMIT);
        let activities = self.database.run(SUMMARY, SQL, query.fetch_all(self.database.pool())).await?;
        self.with_replies(activities).await
    }

    /// How many activities and replies one author has written.
    pub(crate) async fn count_by_author(&self, author: &Handle) -> Result<i64, Error> {
        const SQL: &str = "SELECT COUNT(*) FROM activities WHERE user_handle = $1";
        let query = sqlx::query_scalar(SQL).bind(author.to_string());
        self.database.run(SUMMARY, SQL, query.fetch_one(self.database.pool())).await
    }

    /// The activities and replies of these uuids, newest first; unknown ones are left out.
    pub(crate) async fn by_uuids(&self, uuids: &[Uuid]) -> Result<Feed, Error> {
        if uuids.is_empty() {
            return Ok(Feed::default());
        }
        let sql = format!(
            concat!(
                "SELECT ",
                columns!(),
                " FROM activities WHERE uuid IN ({}) ORDER BY created_at DESC, uuid DESC"
            ),
            placeholders(1, uuids.len())
        );
        let mut query = sqlx::query_as(AssertSqlSafe(sql.clone()));
        for uuid in uuids {
            query = query.bind(uuid.to_string());
        }
        let activities =
            self.database.run(SUMMARY, sql.clone(), query.fetch_all(self.database.pool())).await?;
        self.with_replies(activities).await
    }

    /// One activity or reply.
    pub(crate) async fn find(&self, uuid: Uuid) -> Result<Option<ActivityRecord>, Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM activities WHERE uuid = $1");
        let query = sqlx::query_as(SQL).bind(uuid.to_string());
        self.database.run(SUMMARY, SQL, query.fetch_optional(self.database.pool())).await
    }

    /// One activity or reply with its replies, as a feed of one.
    pub(crate) async fn find_with_replies(&self, uuid: Uuid) -> Result<Option<Feed>, Error> {
        match self.find(uuid).await? {
            Some(activity) => self.with_replies(vec![activity]).await.map(Some),
            None => Ok(None),
        }
    }

    async fn with_replies(&self, activities: Vec<ActivityRecord>) -> Result<Feed, Error> {
        let uuids: Vec<_> = activities.iter().map(|activity| activity.text.uuid).collect();
        let replies = self.replies_to(&uuids).await?;
        Ok(Feed::new(activities, replies))
    }

    /// The newest replies to each of these activities, oldest first.
    async fn replies_to(&self, activities: &[Uuid]) -> Result<Vec<ReplyRecord>, Error> {
        if activities.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            concat!(
                "SELECT ",
                columns!(),
                " FROM (SELECT a.*, ROW_NUMBER() OVER (PARTITION BY reply_to_activity_uuid \
                ORDER BY created_at DESC, uuid DESC) AS place FROM activities a \
                WHERE reply_to_activity_uuid IN ({})) r WHERE place <= $1 ORDER BY created_at, uuid"
            ),
            placeholders(2, activities.len())
        );
        let mut query = sqlx::query_as(AssertSqlSafe(sql.clone())).bind(REPLIES_LIMIT);
        for uuid in activities {
            query = query.bind(uuid.to_string());
        }
        self.database.run(SUMMARY, sql.clone(), query.fetch_all(self.database.pool())).await
    }
}
