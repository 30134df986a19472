//! Work beside and after a request stays in its trace.

use telemetry::context::Carrier;
use telemetry::database::{self, Target};
use telemetry::testing;
use tracing::Instrument;

#[actix_web::test]
async fn spawned_work_keeps_its_parent() {
    let recorder = testing::record();

    async {
        let spawned = actix_web::rt::spawn(
            async { tracing::info_span!("inside").in_scope(|| ()) }
                .instrument(tracing::info_span!("spawned")),
        );
        spawned.await.unwrap();
    }
    .instrument(tracing::info_span!("request"))
    .await;

    assert_eq!(recorder.tree(), "INTERNAL request\n  INTERNAL spawned\n    INTERNAL inside\n");
}

#[test]
fn a_stored_context_is_the_parent_of_later_work() {
    let recorder = testing::record();
    let stored = tracing::info_span!("request").in_scope(Carrier::current);
    let stored: Carrier = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();

    let later = stored.scope(|| tracing::info_span!("delivery"));
    later.in_scope(|| tracing::info_span!("attempt").in_scope(|| ()));
    drop(later);

    assert_eq!(recorder.tree(), "INTERNAL request\n  INTERNAL delivery\n    INTERNAL attempt\n");
}

#[test]
fn an_empty_carrier_begins_a_trace_of_its_own() {
    let recorder = testing::record();

    let span = Carrier::default().scope(|| tracing::info_span!("work"));
    drop(span.entered());

    assert_eq!(recorder.tree(), "INTERNAL work\n");
}

#[test]
fn a_query_is_a_client_span_of_the_work_around_it() {
    let recorder = testing::record();
    let target = Target { system: "sqlite", namespace: "users.db".into(), ..Target::default() };

    tracing::info_span!("request").in_scope(|| {
        let span = database::span(&target, "SELECT users", "SELECT uuid FROM users WHERE handle = $1");
        database::record_error(&span, "1");
    });

    assert_eq!(recorder.tree(), "INTERNAL request\n  CLIENT SELECT users\n");
    let span = &recorder.spans()[0];
    let text = |key| testing::attribute(span, key).map(ToString::to_string).unwrap_or_default();
    assert_eq!(text("db.system.name"), "sqlite");
    assert_eq!(text("db.namespace"), "users.db");
    assert_eq!(text("db.operation.name"), "SELECT");
    assert_eq!(text("db.collection.name"), "users");
    assert_eq!(text("db.query.summary"), "SELECT users");
    assert_eq!(text("db.query.text"), "SELECT uuid FROM users WHERE handle = $1");
    assert_eq!(text("error.type"), "1");
}

#[test]
fn a_query_of_nobody_makes_no_trace() {
    let recorder = testing::record();

    let span = database::span(&Target::default(), "SELECT outbox", "SELECT 1");
    drop(span.entered());

    assert!(recorder.spans().is_empty());
}
