//! What a tracer does with its settings.

use std::sync::{Arc, Mutex};

use opentelemetry_sdk::trace::{Sampler, SpanData, SpanLimits};
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt;

use super::{Limits, Tracer};
use crate::context;
use crate::layer::Telemetry;
use crate::logs::Logs;

/// The spans of `work`, by a tracer that `set` has set.
fn spans(sampler: Sampler, set: impl FnOnce(&mut Tracer), work: impl FnOnce()) -> Vec<SpanData> {
    let spans: Arc<Mutex<Vec<SpanData>>> = Arc::default();
    let kept = Arc::clone(&spans);
    let mut tracer = Tracer::new(sampler, Limits::default(), move |span| kept.lock().unwrap().push(span));
    set(&mut tracer);
    let layer = Telemetry::new(Arc::new(tracer), Logs::none());
    with_default(tracing_subscriber::registry().with(layer), work);
    let spans = spans.lock().unwrap();
    spans.clone()
}

#[test]
fn listed_baggage_becomes_an_attribute_of_every_span() {
    let spans = spans(
        Sampler::AlwaysOn,
        |tracer| tracer.baggage = vec!["tenant".to_owned()],
        || {
            let baggage = [("tenant", "acme"), ("color", "red")];
            let work = context::with_baggage(baggage, || tracing::info_span!("work"));
            work.in_scope(|| tracing::info_span!("part").in_scope(|| ()));
        },
    );

    let attributes: Vec<_> =
        spans.iter().map(|span| format!("{} {:?}", span.name, span.attributes.len())).collect();
    assert_eq!(attributes, ["part 1", "work 1"]);
    assert_eq!(spans[0].attributes[0].value.as_str(), "acme");
}

#[test]
fn a_span_that_is_not_sampled_is_carried_and_never_recorded() {
    let spans = spans(
        Sampler::AlwaysOff,
        |_| (),
        || {
            tracing::info_span!("work", cost = "much").in_scope(|| {
                assert!(context::current_trace_id().is_some());
                let carried = context::Carrier::current().traceparent.unwrap();
                assert!(carried.ends_with("-02"), "random, and not sampled: {carried}");
            });
        },
    );

    assert!(spans.is_empty());
}

#[test]
fn what_is_beyond_a_limit_is_counted() {
    let limits = SpanLimits {
        max_attributes_per_span: 1,
        max_events_per_span: 1,
        max_links_per_span: 1,
        max_attributes_per_event: 1,
        max_attributes_per_link: 1,
    };
    let spans = spans(
        Sampler::AlwaysOn,
        |tracer| tracer.limits = Limits { counts: limits, value_chars: Some(3) },
        || {
            let (one, two) =
                (tracing::info_span!(parent: None, "one"), tracing::info_span!(parent: None, "two"));
            let work = tracing::info_span!(parent: None, "work", a = "long", b = 2, c = 3);
            work.follows_from(&one);
            work.follows_from(&two);
            super::update(&work, |span| {
                span.event(
                    "first",
                    vec![opentelemetry::KeyValue::new("a", 1), opentelemetry::KeyValue::new("b", 2)],
                );
                span.event("second", Vec::new());
            });
        },
    );

    let work = spans.iter().find(|span| span.name == "work").unwrap();
    assert_eq!((work.attributes.len(), work.dropped_attributes_count), (1, 2));
    assert_eq!((work.links.links.len(), work.links.dropped_count), (1, 1));
    assert_eq!((work.events.events.len(), work.events.dropped_count), (1, 1));
    assert_eq!(work.attributes[0].value.as_str(), "lon");
    assert_eq!(work.events.events[0].dropped_attributes_count, 1);
}
