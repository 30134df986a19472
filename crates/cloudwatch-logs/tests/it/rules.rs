//! What arrives, by the rules of the API.

use std::time::Duration;

use cloudwatch_logs::{Batch, Client, LogEvent, LogStream, MAX_MESSAGE_BYTES, Rejected};
use serde_json::json;

use crate::server::{Explorer, now};

const LIMIT: Duration = Duration::from_secs(30);
const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

fn stream() -> LogStream {
    LogStream::new("cruddur", "users/1").unwrap()
}

#[actix_web::test]
async fn a_group_and_a_stream_that_are_missing_are_made() {
    let explorer = Explorer::start().await;
    let client = Client::standing_in(&explorer.base);
    let stream = stream().retention_days(Some(30)).tags([("team".to_owned(), "a".to_owned())]);
    let mut batch = Batch::new([LogEvent::new(now(), "Hello World!")]);

    assert_eq!(client.check("cruddur", LIMIT).await, Ok(false));
    client.put(&stream, &mut batch, LIMIT).await.unwrap();

    assert_eq!(client.check("cruddur", LIMIT).await, Ok(true));
    assert_eq!((batch.pending(), batch.rejected()), (0, Rejected::default()));
    assert_eq!(explorer.events("cruddur", "users/1").await[0].1, "Hello World!");
    let groups = explorer.ask("DescribeLogGroups", json!({})).await;
    assert_eq!(groups["logGroups"][0]["retentionInDays"], 30, "{groups}");
}

#[actix_web::test]
async fn a_group_of_somebody_else_keeps_what_they_said() {
    let explorer = Explorer::start().await;
    let client = Client::standing_in(&explorer.base);
    let batch = || Batch::new([LogEvent::new(now(), "x")]);
    client.put(&stream().retention_days(Some(7)), &mut batch(), LIMIT).await.unwrap();

    let other = LogStream::new("cruddur", "users/2").unwrap().retention_days(Some(365));
    client.put(&other, &mut batch(), LIMIT).await.unwrap();

    let groups = explorer.ask("DescribeLogGroups", json!({})).await;
    assert_eq!(groups["logGroups"][0]["retentionInDays"], 7, "{groups}");
}

#[actix_web::test]
async fn eight_processes_that_begin_at_once_all_put_their_events() {
    let explorer = Explorer::start().await;
    let begun = (0..8).map(|number| {
        let client = Client::standing_in(&explorer.base);
        async move {
            let mut batch = Batch::new([LogEvent::new(now(), format!("from {number}"))]);
            client.put(&stream(), &mut batch, LIMIT).await
        }
    });

    for put in futures_util::future::join_all(begun).await {
        put.unwrap();
    }

    let mut texts: Vec<_> =
        explorer.events("cruddur", "users/1").await.into_iter().map(|(_, text)| text).collect();
    texts.sort_unstable();
    assert_eq!(texts, (0..8).map(|number| format!("from {number}")).collect::<Vec<_>>());
}

#[actix_web::test]
async fn many_events_of_any_order_arrive_once_each_and_in_the_order_of_time() {
    let explorer = Explorer::start().await;
    let (client, start) = (Client::standing_in(&explorer.base), now() - HOUR);
    // Three calls by their number; every second event comes late.
    let events = (0..25_000).map(|number| LogEvent::new(start + (number ^ 1), number.to_string()));
    let mut batch = Batch::new(events);

    client.put(&stream(), &mut batch, LIMIT).await.unwrap();

    let found = explorer.events("cruddur", "users/1").await;
    let expected: Vec<_> =
        (0..25_000).map(|number: i64| (start + number, (number ^ 1).to_string())).collect();
    assert!(found == expected, "{} events", found.len());
}

#[actix_web::test]
async fn large_events_go_in_several_calls_and_one_that_is_too_large_is_cut() {
    let explorer = Explorer::start().await;
    let client = Client::standing_in(&explorer.base);
    let events = [400_000, 400_000, 400_000, MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES + 1];
    let mut batch = Batch::new(events.map(|bytes| LogEvent::new(now(), "x".repeat(bytes))));

    client.put(&stream(), &mut batch, LIMIT).await.unwrap();

    let lengths: Vec<_> =
        explorer.events("cruddur", "users/1").await.iter().map(|(_, text)| text.len()).collect();
    assert_eq!(lengths, [400_000, 400_000, 400_000, MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES]);
}

#[actix_web::test]
async fn what_is_too_old_or_too_new_is_counted_and_the_rest_is_taken() {
    let explorer = Explorer::start().await;
    let (client, now) = (Client::standing_in(&explorer.base), now());
    let times = [now - 15 * DAY, now - 15 * DAY + 1, now - 13 * DAY, now - HOUR, now + HOUR, now + 3 * HOUR];
    let mut batch = Batch::new(times.map(|time| LogEvent::new(time, "x")));

    client.put(&stream(), &mut batch, LIMIT).await.unwrap();

    assert_eq!(batch.rejected(), Rejected { too_old: 2, too_new: 1, expired: 0 });
    let times: Vec<_> = explorer.events("cruddur", "users/1").await.iter().map(|(time, _)| *time).collect();
    assert_eq!(times, [now - 13 * DAY, now - HOUR, now + HOUR]);
}

#[actix_web::test]
async fn what_the_group_no_longer_keeps_is_counted() {
    let explorer = Explorer::start().await;
    let client = Client::standing_in(&explorer.base);
    let stream = stream().retention_days(Some(1));
    client.put(&stream, &mut Batch::new([LogEvent::new(now(), "x")]), LIMIT).await.unwrap();
    let mut batch = Batch::new([now() - 2 * DAY, now()].map(|time| LogEvent::new(time, "x")));

    client.put(&stream, &mut batch, LIMIT).await.unwrap();

    assert_eq!((batch.rejected().total(), batch.rejected().expired), (1, 1));
}
