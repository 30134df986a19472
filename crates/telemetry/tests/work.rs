//! Work beside and after a request stays in its trace.

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

use futures_util::StreamExt;
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{KeyValue, Value};
use telemetry::context::{self, Carrier};
use telemetry::database::{self, Target};
use telemetry::{testing, work};
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
        database::record_refusal(&span, "1");
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

#[actix_web::test]
async fn spawned_work_in_the_current_span_needs_no_span_of_its_own() {
    let recorder = testing::record();

    async {
        let spawned =
            actix_web::rt::spawn(async { tracing::info_span!("inside").in_scope(|| ()) }.in_current_span());
        spawned.await.unwrap();
    }
    .instrument(tracing::info_span!("request"))
    .await;

    assert_eq!(recorder.tree(), "INTERNAL request\n  INTERNAL inside\n");
}

#[actix_web::test]
async fn blocking_work_is_carried_into_its_thread() {
    let recorder = testing::record();
    let dispatch = tracing::dispatcher::get_default(Clone::clone);

    async {
        let work =
            work::carry(|| tracing::info_span!("blocking").in_scope(telemetry::context::current_trace_id));
        // The recorder is of this thread; the threads of a process with `init` need no such line.
        let work = move || tracing::dispatcher::with_default(&dispatch, work);
        let inside = actix_web::web::block(work).await.unwrap();
        assert_eq!(inside, telemetry::context::current_trace_id());
    }
    .instrument(tracing::info_span!("request"))
    .await;

    assert_eq!(recorder.tree(), "INTERNAL request\n  INTERNAL blocking\n");
}

#[actix_web::test]
async fn a_stream_makes_its_items_in_the_span_that_made_the_stream() {
    let recorder = testing::record();
    let items = futures_util::stream::iter(0..2).map(|item| {
        tracing::info_span!("item").in_scope(|| ());
        item
    });

    let carried = tracing::info_span!("request").in_scope(|| work::stream(items));
    let read: Vec<i32> = carried.collect().await;

    assert_eq!(read, [0, 1]);
    assert_eq!(recorder.tree(), "INTERNAL request\n  INTERNAL item\n  INTERNAL item\n");
}

#[actix_web::test]
async fn the_branch_that_select_gives_up_ends_its_span() {
    let recorder = testing::record();

    async {
        let slow = std::future::pending::<()>().instrument(tracing::info_span!("slow"));
        let fast = async {}.instrument(tracing::info_span!("fast"));
        tokio::select! {
            () = slow => unreachable!("it never ends"),
            () = fast => {}
        }
    }
    .instrument(tracing::info_span!("request"))
    .await;

    let mut names: Vec<_> = recorder.spans().iter().map(|span| span.name.to_string()).collect();
    names.sort_unstable();
    assert_eq!(names, ["fast", "request", "slow"]);
    let request = recorder.spans().iter().find(|span| span.name == "request").unwrap().clone();
    let parents =
        recorder.spans().iter().filter(|s| s.parent_span_id == request.span_context.span_id()).count();
    assert_eq!(parents, 2);
}

#[test]
fn a_library_that_uses_opentelemetry_s_own_api_writes_into_the_same_span() {
    let recorder = testing::record();

    tracing::info_span!("work").in_scope(|| {
        let context = opentelemetry::Context::current();
        let span = context.span();
        assert!(span.is_recording());
        span.set_attribute(KeyValue::new("library.items", 3));
        span.update_name("work of the library");
        span.add_event("found", vec![KeyValue::new("where", "attic")]);
        span.set_status(Status::error("broken"));
    });

    let span = &recorder.spans()[0];
    assert_eq!(span.name, "work of the library");
    assert_eq!(testing::attribute(span, "library.items"), Some(&Value::I64(3)));
    assert_eq!(span.events.events[0].name, "found");
    assert_eq!(span.status, Status::error("broken"));
}

#[test]
fn a_later_value_of_a_field_replaces_the_earlier_one() {
    let recorder = testing::record();

    let span = tracing::info_span!("work", state = "begun", count = 1_u64, big = u64::MAX);
    span.record("state", "done");
    drop(span);

    let span = &recorder.spans()[0];
    assert_eq!(testing::attribute(span, "state"), Some(&Value::from("done")));
    assert_eq!(testing::attribute(span, "count"), Some(&Value::I64(1)), "a number stays a number");
    assert_eq!(testing::attribute(span, "big"), Some(&Value::from(u64::MAX.to_string())));
    assert_eq!(span.attributes.len(), 3);
}

#[test]
fn a_span_that_follows_another_is_linked_to_it() {
    let recorder = testing::record();

    let cause = tracing::info_span!("cause");
    let effect = tracing::info_span!(parent: None, "effect");
    effect.follows_from(&cause);
    drop(effect);
    drop(cause);

    let spans = recorder.spans();
    assert_eq!(spans[0].links.links[0].span_context, spans[1].span_context);
}

#[test]
fn a_field_that_makes_spans_while_it_is_formatted_does_no_harm() {
    struct Talkative;
    impl std::fmt::Debug for Talkative {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            tracing::info_span!("while formatting").in_scope(|| tracing::info!("too"));
            formatter.write_str("said")
        }
    }
    let recorder = testing::record();

    let span = tracing::info_span!("work", first = ?Talkative, second = tracing::field::Empty);
    span.record("second", tracing::field::debug(&Talkative));
    drop(span);

    let work = recorder.spans().into_iter().find(|span| span.name == "work").unwrap();
    assert_eq!(testing::attribute(&work, "second"), Some(&Value::from("said")));
}

#[test]
fn baggage_travels_with_what_is_made_inside_of_it() {
    let _recorder = testing::record();

    let order = context::with_baggage([("tenant", "acme")], || tracing::info_span!("order"));
    assert_eq!(context::baggage("tenant"), None, "the caller has none");

    order.in_scope(|| {
        assert_eq!(context::baggage("tenant").as_deref(), Some("acme"));
        assert_eq!(Carrier::current().baggage.as_deref(), Some("tenant=acme"));
        let both = context::with_baggage([("plan", "gold")], || tracing::info_span!("charge"));
        both.in_scope(|| {
            assert_eq!(context::baggage("tenant").as_deref(), Some("acme"), "what was there stays");
            assert_eq!(context::baggage("plan").as_deref(), Some("gold"));
        });
    });
}

#[test]
fn an_attribute_can_be_set_on_whatever_span_is_the_current_one() {
    let recorder = testing::record();

    context::set_attribute("lost", true);
    tracing::info_span!("work").in_scope(|| context::set_attribute("order.items", 3));

    let spans = recorder.spans();
    assert_eq!(testing::attribute(&spans[0], "order.items"), Some(&Value::I64(3)));
    assert_eq!(spans[0].attributes.len(), 1);
}
