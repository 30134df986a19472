//! The outbox on both systems: what is written is delivered, whatever happens in between.

use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use actix_web::rt::time::{sleep, timeout};
use clients::NotificationsClient;
use clients::testing::{Answer, Fake, nowhere};
use database::testing::on_each_system;
use database::{Database, Location};
use sqlx::Row;
use telemetry::client::{ClientSettings, traced};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{DeliveryPolicy, Dispatcher, Outbox};
use crate::store::{ActivityRecord, ActivityStore, Author, MIGRATIONS, Text};

/// No test waits longer than this for something that must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A database with an outbox, and what runs on it.
#[derive(Clone)]
struct Bench {
    database: Database,
    outbox: Outbox,
    store: ActivityStore,
}

impl Bench {
    async fn open(location: &Location) -> Self {
        let database = Database::open(location, "activities", MIGRATIONS).await.unwrap();
        let outbox = Outbox::new(database.clone());
        let store = ActivityStore::new(database.clone(), outbox.clone());
        Self { database, outbox, store }
    }

    async fn write(&self, message: &str) {
        let author = Author { uuid: Uuid::new_v4(), handle: "worf".parse().unwrap() };
        let text = Text::new(author, message.to_owned());
        self.store.create(&ActivityRecord { text, expires_at: None }).await.unwrap();
    }

    fn dispatcher(&self, base: clients::BaseUrl) -> Dispatcher {
        let client = traced(&ClientSettings::calling([base.url()])).unwrap();
        Dispatcher::new(self.outbox.clone(), NotificationsClient::new(client, base), policy())
    }

    /// Runs a dispatcher until `reached` holds.
    async fn run_until(&self, base: clients::BaseUrl, reached: impl AsyncFn() -> bool) {
        let (stop, stopped) = oneshot::channel::<()>();
        let run = self.dispatcher(base).run(async { drop(stopped.await) });
        let watch = async {
            eventually(reached).await;
            drop(stop);
        };
        timeout(PATIENCE, async { tokio::join!(run, watch) }).await.expect("the dispatcher stops");
    }

    async fn rows(&self, condition: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM outbox WHERE {condition}"));
        sqlx::query_scalar(sql).fetch_one(self.database.pool()).await.unwrap()
    }

    async fn is_empty(&self) -> bool {
        self.rows("1 = 1").await == 0
    }
}

/// Short pauses, so that tests are quick.
fn policy() -> DeliveryPolicy {
    DeliveryPolicy {
        lease: Duration::from_secs(10),
        poll: Duration::from_millis(50),
        first_pause: Duration::from_millis(20),
        longest_pause: Duration::from_millis(100),
        ..DeliveryPolicy::default()
    }
}

async fn eventually(reached: impl AsyncFn() -> bool) {
    let wait = async {
        while !reached().await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, wait).await.expect("it happens in the end");
}

fn accepting() -> Fake {
    Fake::start(|_| accepted())
}

fn accepted() -> Answer {
    Answer::ok(r#"{"accepted": true, "notified": []}"#)
}

fn event_ids(fake: &Fake) -> Vec<String> {
    let id = |asked: &clients::testing::Asked| {
        let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
        body["event_id"].as_str().unwrap().to_owned()
    };
    fake.asked().iter().map(id).collect()
}

#[actix_web::test]
async fn an_event_is_delivered_and_forgotten() {
    on_each_system(async |location| {
        let bench = Bench::open(&location).await;
        let notifications = accepting();

        bench.write("hello @bayko").await;
        bench.run_until(notifications.base(), async || bench.is_empty().await).await;

        let asked = notifications.asked();
        assert_eq!(asked.len(), 1);
        assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/api/notifications/events"));
        let body: serde_json::Value = serde_json::from_str(&asked[0].body).unwrap();
        assert_eq!(body["kind"], "activity_created");
        assert_eq!(body["actor_handle"], "worf");
        assert_eq!(body["parent_handle"], serde_json::Value::Null);
        assert_eq!(body["message"], "hello @bayko");
    })
    .await;
}

#[actix_web::test]
async fn a_crash_between_commit_and_delivery_loses_nothing() {
    on_each_system(async |location| {
        let before = Bench::open(&location).await;
        before.write("written just before the crash").await;
        before.database.close().await;
        drop(before);

        let after = Bench::open(&location).await;
        let notifications = accepting();
        after.run_until(notifications.base(), async || after.is_empty().await).await;

        assert_eq!(notifications.asked().len(), 1);
    })
    .await;
}

#[actix_web::test]
async fn a_crash_in_mid_delivery_is_made_good_when_the_lease_ends() {
    on_each_system(async |location| {
        let bench = Bench::open(&location).await;
        bench.write("in flight").await;
        let held = bench.outbox.claim(16, Duration::from_millis(200)).await.unwrap();
        assert_eq!(held.len(), 1);
        assert!(bench.outbox.claim(16, Duration::from_secs(10)).await.unwrap().is_empty());

        let notifications = accepting();
        bench.run_until(notifications.base(), async || bench.is_empty().await).await;

        assert_eq!(notifications.asked().len(), 1);
    })
    .await;
}

#[actix_web::test]
async fn an_event_is_tried_until_it_is_accepted_always_with_the_same_id() {
    on_each_system(async |location| {
        let bench = Bench::open(&location).await;
        let notifications = Fake::start(|_| Answer::status(500));
        bench.write("again").await;

        bench
            .run_until(notifications.base(), async || {
                if notifications.asked().len() == 3 {
                    notifications.behave(|_| accepted());
                }
                bench.is_empty().await
            })
            .await;

        let ids = event_ids(&notifications);
        assert!(ids.len() >= 4, "{ids:?}");
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    })
    .await;
}

#[actix_web::test]
async fn an_unreachable_receiver_costs_no_event() {
    on_each_system(async |location| {
        let bench = Bench::open(&location).await;
        let address = nowhere();
        bench.write("nobody home").await;

        let comes_up = async {
            eventually(async || bench.rows("attempts >= 2 AND last_error IS NOT NULL").await == 1).await;
            let authority = address.url().authority().to_owned();
            let notifications = Fake::start_at(&authority, |_| accepted());
            eventually(async || bench.is_empty().await).await;
            notifications
        };
        let delivery = bench.dispatcher(address.clone()).run(pending());
        let notifications = tokio::select! {
            notifications = comes_up => notifications,
            () = delivery => panic!("the dispatcher ended"),
        };

        assert_eq!(notifications.asked().len(), 1);
    })
    .await;
}

#[actix_web::test]
async fn an_event_that_is_refused_for_good_is_parked_and_not_tried_again() {
    on_each_system(async |location| {
        let bench = Bench::open(&location).await;
        let notifications =
            Fake::start(|asked| if asked.body.contains("poison") { Answer::status(422) } else { accepted() });
        bench.write("poison").await;

        bench.run_until(notifications.base(), async || bench.rows("dead_at IS NOT NULL").await == 1).await;
        bench.write("wholesome").await;
        bench.run_until(notifications.base(), async || bench.rows("dead_at IS NULL").await == 0).await;

        assert_eq!(notifications.asked().len(), 2);
        let row =
            sqlx::query("SELECT attempts, last_error FROM outbox").fetch_one(bench.database.pool()).await;
        let row = row.unwrap();
        assert_eq!(row.get::<i64, _>("attempts"), 1);
        assert!(row.get::<String, _>("last_error").contains("422"));
    })
    .await;
}

#[actix_web::test]
async fn several_dispatchers_on_one_database_deliver_every_event_once() {
    on_each_system(async |location| {
        let bench = Rc::new(Bench::open(&location).await);
        let other = Rc::new(Bench::open(&location).await);
        let notifications = Rc::new(accepting());
        for n in 0..60 {
            bench.write(&format!("{n}")).await;
        }

        tokio::join!(
            bench.run_until(notifications.base(), async || bench.is_empty().await),
            other.run_until(notifications.base(), async || other.is_empty().await),
        );

        let mut ids = event_ids(&notifications);
        assert_eq!(ids.len(), 60);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 60);
    })
    .await;
}

#[actix_web::test]
async fn looking_for_events_makes_no_spans() {
    on_each_system(async |location| {
        let recorder = telemetry::testing::record();
        let bench = Bench::open(&location).await;

        let looks = std::cell::Cell::new(0);
        bench
            .run_until(nowhere(), async || {
                bench.outbox.wake();
                looks.set(looks.get() + 1);
                looks.get() > 20
            })
            .await;

        assert_eq!(recorder.tree(), "");
    })
    .await;
}

#[actix_web::test]
async fn the_stop_waits_neither_for_a_slow_receiver_nor_for_a_pause() {
    on_each_system(async |location| {
        let bench = Bench::open(&location).await;
        let notifications = Fake::start(|_| accepted().too_late());
        bench.write("slow").await;

        bench.run_until(notifications.base(), async || !notifications.asked().is_empty()).await;

        assert_eq!(bench.rows("dead_at IS NULL").await, 1);
    })
    .await;
}

#[actix_web::test]
async fn what_is_due_at_the_stop_is_still_delivered() {
    on_each_system(async |location| {
        let bench = Bench::open(&location).await;
        let notifications = accepting();
        bench.write("at the last moment").await;

        bench.dispatcher(notifications.base()).run(async {}).await;

        assert!(bench.is_empty().await);
    })
    .await;
}
