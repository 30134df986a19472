//! The own encoder against the generated types, on any spans.

use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, SpanKind, TraceFlags, TraceId, TraceState};
use opentelemetry::{StringValue, Value};
use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

use delivery::Codec;

use super::spool::SpanCodec;
use super::*;

fn values() -> impl Strategy<Value = Value> {
    let texts = vec(".{0,8}".prop_map(StringValue::from), 0..3);
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,200}".prop_map(Value::from),
        "https://[a-z]{3}:[a-z]{3}@users/\\?token=[a-z]{4}".prop_map(Value::from),
        vec(any::<bool>(), 0..3).prop_map(|values| Value::Array(values.into())),
        vec(any::<i64>(), 0..3).prop_map(|values| Value::Array(values.into())),
        vec(any::<f64>(), 0..3).prop_map(|values| Value::Array(values.into())),
        texts.prop_map(|values| Value::Array(values.into())),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let keys = prop_oneof!["[a-z.]{0,20}", Just("password".to_owned())];
    vec((keys, values()).prop_map(|(key, value)| KeyValue::new(key, value)), 0..5)
}

fn contexts() -> impl Strategy<Value = SpanContext> {
    let states = prop_oneof![
        Just(TraceState::NONE),
        "[a-z]{1,5}".prop_map(|value| TraceState::from_key_value([("k", value)]).unwrap_or_default()),
    ];
    let parts = (any::<u128>(), any::<u64>(), any::<u8>(), any::<bool>(), states);
    parts.prop_map(|(trace, span, flags, is_remote, state)| {
        SpanContext::new(TraceId::from(trace), SpanId::from(span), TraceFlags::new(flags), is_remote, state)
    })
}

fn times() -> impl Strategy<Value = std::time::SystemTime> {
    any::<u32>().prop_map(|nanos| UNIX_EPOCH + Duration::from_nanos(u64::from(nanos) * 1_000_000_007))
}

fn events() -> impl Strategy<Value = Event> {
    let parts = (".{0,9}", times(), attributes(), any::<u32>());
    parts.prop_map(|(name, time, attributes, dropped)| Event::new(name, time, attributes, dropped))
}

fn links() -> impl Strategy<Value = Link> {
    let parts = (contexts(), attributes(), any::<u32>());
    parts.prop_map(|(context, attributes, dropped)| Link::new(context, attributes, dropped))
}

fn spans() -> impl Strategy<Value = Arc<SpanData>> {
    let kinds = prop_oneof![
        Just(SpanKind::Server),
        Just(SpanKind::Client),
        Just(SpanKind::Producer),
        Just(SpanKind::Consumer),
        Just(SpanKind::Internal),
    ];
    let statuses = prop_oneof![Just(Status::Unset), Just(Status::Ok), ".{0,9}".prop_map(Status::error)];
    let scopes = prop_oneof![
        Just(InstrumentationScope::default()),
        attributes().prop_map(|attributes| {
            let scope = InstrumentationScope::builder("library").with_version("1.2").with_schema_url("s:/1");
            scope.with_attributes(attributes).build()
        }),
    ];
    let ids = (contexts(), prop_oneof![Just(SpanId::INVALID), any::<u64>().prop_map(SpanId::from)]);
    let lists = (attributes(), vec(events(), 0..3), vec(links(), 0..3), any::<[u32; 3]>());
    let parts = (ids, any::<bool>(), kinds, ".{0,20}", times(), times(), lists, statuses, scopes);
    parts.prop_map(|((ids, parent), is_remote, kind, name, start, end, lists, status, scope)| {
        let (attributes, events, links, dropped) = lists;
        let (mut span_events, mut span_links) = (SpanEvents::default(), SpanLinks::default());
        (span_events.events, span_events.dropped_count) = (events, dropped[1]);
        (span_links.links, span_links.dropped_count) = (links, dropped[2]);
        Arc::new(SpanData {
            span_context: ids,
            parent_span_id: parent,
            parent_span_is_remote: is_remote,
            span_kind: kind,
            name: name.into(),
            start_time: start,
            end_time: end,
            attributes,
            dropped_attributes_count: dropped[0],
            events: span_events,
            links: span_links,
            status,
            instrumentation_scope: scope,
        })
    })
}

proptest! {
    #[test]
    fn the_bytes_are_those_of_the_generated_types(batch in vec(spans(), 1..5)) {
        let resource = opentelemetry_sdk::Resource::builder_empty().with_service_name("tests").build();
        let resource = message::resource(&resource);

        let mut writer = Writer::with_capacity(0);
        SpanData::protobuf(&batch, &resource, &mut writer);

        prop_assert_eq!(writer.as_bytes(), SpanData::request(&batch, &resource).encode_to_vec());
    }

    #[test]
    fn a_span_comes_back_from_the_spool_as_it_would_have_left(span in spans()) {
        let bytes = |span: &SpanData| {
            let mut bytes = Vec::new();
            SpanCodec.encode(span, &mut bytes);
            bytes
        };

        let written = bytes(&span);
        let read = SpanCodec.decode(&written).unwrap();

        prop_assert_eq!(bytes(&read), written);
    }

    #[test]
    fn what_is_no_span_is_none(bytes in vec(any::<u8>(), 0..200)) {
        // It may be one by chance; what counts is that nothing panics.
        let _ = SpanCodec.decode(&bytes);
    }
}
