//! The store on both systems.

use std::collections::HashSet;

use api_types::{Activity, Handle};
use database::testing::on_each_system;
use database::{Database, now};
use futures_util::future::join_all;
use time::Duration;
use uuid::Uuid;

use super::{ActivityRecord, ActivityStore, Author, MIGRATIONS, ReplyRecord, Text};
use crate::domain::SearchTerm;
use crate::feed::{Feed, Names};
use crate::outbox::Outbox;

const SEEDS: usize = 6;

async fn with_store(test: impl AsyncFn(ActivityStore)) {
    on_each_system(async |location| {
        let database = Database::open(&location, "activities", MIGRATIONS).await.unwrap();
        test(ActivityStore::new(database.clone(), Outbox::new(database))).await;
    })
    .await;
}

fn handle(text: &str) -> Handle {
    text.parse().unwrap()
}

fn text(author: &str, message: &str) -> Text {
    Text::new(Author { uuid: Uuid::new_v4(), handle: handle(author) }, message.to_owned())
}

fn activity(message: &str, ttl: Duration) -> ActivityRecord {
    let text = text("worf", message);
    ActivityRecord { expires_at: Some(text.created_at + ttl), text }
}

fn listed(feed: Feed) -> Vec<Activity> {
    feed.named(&Names::default())
}

fn messages(feed: Feed) -> Vec<String> {
    listed(feed).into_iter().map(|activity| activity.message).collect()
}

async fn count(store: &ActivityStore, table: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    sqlx::query_scalar(sql).fetch_one(store.database.pool()).await.unwrap()
}

async fn reply(store: &ActivityStore, parent: Uuid, message: &str) -> bool {
    let reply = ReplyRecord { text: text("londo", message), reply_to: parent };
    store.reply(&reply, &handle("worf")).await.unwrap()
}

#[actix_web::test]
async fn what_is_read_is_what_was_written() {
    with_store(async |store| {
        let activity = activity("Heghlu'meH QaQ jajvam 🖖", Duration::hours(1));

        store.create(&activity).await.unwrap();

        assert_eq!(store.find(activity.text.uuid).await.unwrap(), Some(activity));
        assert_eq!(store.find(Uuid::new_v4()).await.unwrap(), None);
    })
    .await;
}

#[actix_web::test]
async fn the_home_feed_is_top_level_newest_first_and_not_expired() {
    with_store(async |store| {
        let parent = activity("parent", Duration::hours(1));
        store.create(&parent).await.unwrap();
        store.create(&activity("expired", Duration::seconds(-1))).await.unwrap();
        store.create(&activity("newest", Duration::hours(1))).await.unwrap();
        assert!(reply(&store, parent.text.uuid, "a reply").await);
        assert!(reply(&store, parent.text.uuid, "a later reply").await);

        let feed = listed(store.recent(now()).await.unwrap());

        let first: Vec<_> = feed.iter().take(3).map(|activity| activity.message.as_str()).collect();
        assert_eq!(first, ["newest", "parent", "Hello, Cruddur!"]);
        let replies: Vec<_> = feed[1].replies.iter().map(|reply| reply.message.as_str()).collect();
        assert_eq!(replies, ["a reply", "a later reply"]);
        assert_eq!(feed[1].replies_count, 2);
        assert!(feed.is_sorted_by(|a, b| a.created_at >= b.created_at));
    })
    .await;
}

#[actix_web::test]
async fn the_home_feed_holds_fifty() {
    with_store(async |store| {
        for n in 0..51 {
            store.create(&activity(&format!("{n}"), Duration::hours(1))).await.unwrap();
        }

        let feed = messages(store.recent(now()).await.unwrap());

        assert_eq!(feed.len(), 50);
        assert_eq!(feed[0], "50");
    })
    .await;
}

#[actix_web::test]
async fn a_search_finds_the_term_in_any_case_and_wildcards_literally() {
    with_store(async |store| {
        for message in ["Größe ÄNDERN", "100% sure", "100 sure", r"a_b\c"] {
            store.create(&activity(message, Duration::hours(1))).await.unwrap();
        }
        let check = async |term: &str, expected: &[&str]| {
            let term = SearchTerm::parse(Some(term.to_owned())).unwrap();
            assert_eq!(messages(store.search(&term).await.unwrap()), expected);
        };

        check("größe ändern", &["Größe ÄNDERN"]).await;
        check("ändern", &["Größe ÄNDERN"]).await;
        check("0%", &["100% sure"]).await;
        check("a_b", &[r"a_b\c"]).await;
        check(r"B\C", &[r"a_b\c"]).await;
        check("aXb", &[]).await;
        check("no HONOR", &["This post has no honor!"]).await;
        check(&"x".repeat(60_000), &[]).await;
        check("\0", &[]).await;
    })
    .await;
}

#[actix_web::test]
async fn a_profile_counts_and_lists_activities_and_replies_of_one_author() {
    with_store(async |store| {
        let worf = messages(store.by_author(&handle("worf")).await.unwrap());

        assert_eq!(worf, ["I am out of prune juice", "This post has no honor!"]);
        assert_eq!(store.count_by_author(&handle("worf")).await.unwrap(), 2);
        assert_eq!(store.count_by_author(&handle("nobody")).await.unwrap(), 0);
    })
    .await;
}

#[actix_web::test]
async fn a_profile_lists_forty() {
    with_store(async |store| {
        for n in 0..41 {
            store.create(&activity(&format!("{n}"), Duration::hours(1))).await.unwrap();
        }

        assert_eq!(messages(store.by_author(&handle("worf")).await.unwrap()).len(), 40);
        assert_eq!(store.count_by_author(&handle("worf")).await.unwrap(), 43);
    })
    .await;
}

#[actix_web::test]
async fn a_reply_to_nothing_writes_nothing() {
    with_store(async |store| {
        assert!(!reply(&store, Uuid::new_v4(), "to nobody").await);

        assert_eq!(count(&store, "activities").await, i64::try_from(SEEDS).unwrap());
        assert_eq!(count(&store, "outbox").await, 0);
    })
    .await;
}

#[actix_web::test]
async fn an_activity_and_its_event_are_written_together_or_not_at_all() {
    with_store(async |store| {
        let activity = activity("once", Duration::hours(1));
        store.create(&activity).await.unwrap();
        assert_eq!(count(&store, "outbox").await, 1);

        let error = store.create(&activity).await.unwrap_err();

        assert!(error.is_unique_violation());
        assert_eq!(count(&store, "outbox").await, 1);
    })
    .await;
}

#[actix_web::test]
async fn fifty_replies_at_once_are_all_counted() {
    with_store(async |store| {
        let parent = activity("busy", Duration::hours(1));
        store.create(&parent).await.unwrap();

        let texts: Vec<_> = (0..50).map(|n| format!("reply {n}")).collect();
        let outcomes = join_all(texts.iter().map(|text| reply(&store, parent.text.uuid, text))).await;

        assert!(outcomes.into_iter().all(|written| written));
        let feed = store.find_with_replies(parent.text.uuid).await.unwrap().unwrap();
        let found = &listed(feed)[0];
        assert_eq!(found.replies_count, 50);
        let distinct: HashSet<_> = found.replies.iter().map(|reply| &reply.message).collect();
        assert_eq!(distinct.len(), 50);
        assert_eq!(count(&store, "outbox").await, 51);
    })
    .await;
}

#[actix_web::test]
async fn fifty_activities_at_once_are_all_written() {
    with_store(async |store| {
        let activities: Vec<_> = (0..50).map(|n| activity(&format!("{n}"), Duration::hours(1))).collect();

        let outcomes = join_all(activities.iter().map(|activity| store.create(activity))).await;

        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(count(&store, "outbox").await, 50);
    })
    .await;
}

#[actix_web::test]
async fn the_newest_hundred_replies_are_read_and_all_are_counted() {
    with_store(async |store| {
        let parent = activity("popular", Duration::hours(1));
        store.create(&parent).await.unwrap();
        for n in 0..101 {
            assert!(reply(&store, parent.text.uuid, &format!("{n}")).await);
        }

        let feed = store.find_with_replies(parent.text.uuid).await.unwrap().unwrap();

        let found = &listed(feed)[0];
        assert_eq!(found.replies_count, 101);
        assert_eq!(found.replies.len(), 100);
        assert_eq!((found.replies[0].message.as_str(), found.replies[99].message.as_str()), ("1", "100"));
    })
    .await;
}

#[actix_web::test]
async fn the_seeds_are_consistent_with_themselves() {
    with_store(async |store| {
        let seeds = listed(store.recent(now()).await.unwrap());

        assert_eq!(seeds.iter().map(|seed| 1 + seed.replies.len()).sum::<usize>(), SEEDS);
        for seed in seeds {
            assert_eq!(usize::try_from(seed.replies_count).unwrap(), seed.replies.len(), "{}", seed.message);
            assert_eq!(seed.expires_at, None);
        }
    })
    .await;
}
