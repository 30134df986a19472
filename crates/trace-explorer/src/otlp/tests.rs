use std::sync::Arc;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use proptest::prelude::*;
use prost::Message;

use super::limits::{MAX_ATTRIBUTES, MAX_ELEMENTS, MAX_EVENTS, MAX_LINKS, MAX_SPAN_BYTES, MAX_VALUE_BYTES};
use super::*;

fn span() -> Span {
    Span { trace_id: vec![1; 16], span_id: vec![2; 8], name: "good".to_owned(), ..Span::default() }
}

fn text(key: &str, text: String) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(text)) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn encode(spans: Vec<Span>) -> Bytes {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec().into()
}

fn decode(spans: Vec<Span>) -> (Vec<Span>, Rejection) {
    let batch = decode_protobuf(encode(spans)).unwrap();
    let kept = batch.spans.iter().map(|span| Span::decode(&span.body[..]).unwrap()).collect();
    (kept, batch.rejected)
}

#[test]
fn an_ordinary_request_is_stored_byte_for_byte() {
    let body = encode(vec![span(), Span { attributes: vec![text("k", "v".to_owned())], ..span() }]);

    let batch = decode_protobuf(body.clone()).unwrap();

    assert_eq!((batch.payload, batch.spans.len(), batch.rejected), (body, 2, Rejection::default()));
    assert_eq!(batch.groups[0].service, UNKNOWN_SERVICE);
}

#[test]
fn what_is_beyond_a_limit_is_left_out_and_counted() {
    let huge = Span {
        name: "n".repeat(MAX_VALUE_BYTES + 1),
        attributes: (0..=MAX_ATTRIBUTES).map(|n| text(&format!("k{n}"), String::new())).collect(),
        dropped_attributes_count: 5,
        events: vec![Event::default(); MAX_EVENTS + 2],
        links: vec![Link::default(); MAX_LINKS + 3],
        ..span()
    };

    let (kept, rejected) = decode(vec![huge, span()]);

    assert_eq!(rejected, Rejection::default());
    assert!(kept[0].name.ends_with("n… [cut, 16385 bytes]") && kept[0].name.len() <= MAX_VALUE_BYTES);
    assert_eq!((kept[0].attributes.len(), kept[0].dropped_attributes_count), (MAX_ATTRIBUTES, 6));
    assert_eq!((kept[0].events.len(), kept[0].dropped_events_count), (MAX_EVENTS, 2));
    assert_eq!((kept[0].links.len(), kept[0].dropped_links_count), (MAX_LINKS, 3));
    assert_eq!(kept[1], span());
}

#[test]
fn a_span_that_is_too_large_even_so_is_rejected() {
    let attributes =
        (0..MAX_ATTRIBUTES).map(|n| text(&format!("k{n}"), "x".repeat(MAX_VALUE_BYTES))).collect();

    let (kept, rejected) = decode(vec![span(), Span { attributes, ..span() }]);

    assert_eq!((kept, rejected.count), (vec![span()], 1));
    assert_eq!(rejected.reason, format!("a span is larger than {MAX_SPAN_BYTES} bytes"));
}

#[test]
fn long_lists_within_a_value_are_cut() {
    let values = vec![AnyValue { value: Some(Value::BoolValue(true)) }; MAX_ELEMENTS + 1];
    let array = opentelemetry_proto::tonic::common::v1::ArrayValue { values };
    let value = Some(AnyValue { value: Some(Value::ArrayValue(array)) });
    let attributes = vec![KeyValue { key: "k".to_owned(), value, ..KeyValue::default() }];

    let (kept, _) = decode(vec![Span { attributes, ..span() }]);

    let Some(Value::ArrayValue(array)) = &kept[0].attributes[0].value.as_ref().unwrap().value else {
        panic!()
    };
    assert_eq!(array.values.len(), MAX_ELEMENTS);
}

#[test]
fn empty_messages_by_the_million_take_no_memory_and_are_counted() {
    // `spans: [{}, {}, …]`, two bytes each.
    let spans = [0x12, 0x00].repeat(1_000_000);
    let mut scope_spans = vec![];
    crate::wire::put(&mut scope_spans, 2, crate::wire::Wire::Len(&spans));
    let mut body = vec![];
    crate::wire::put(&mut body, 1, crate::wire::Wire::Len(&scope_spans));

    let batch = decode_protobuf(body.into()).unwrap();

    assert_eq!((batch.rejected.count, batch.spans.len(), batch.payload.len()), (1_000_000, 0, 0));
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let mut body = encode(vec![span()]).to_vec();
    let name = body.windows(4).position(|window| window == b"good").unwrap();
    body[name] = 0xff;

    assert!(matches!(decode_protobuf(body.into()), Err(DecodeError::Utf8)));
}

#[test]
fn a_schema_url_that_is_no_text_is_refused() {
    for resource_spans in [&[0x18, 0x00][..], &[0x1a, 0x01, 0xff], &[0x12, 0x02, 0x18, 0x00]] {
        let mut body = vec![];
        crate::wire::put(&mut body, 1, crate::wire::Wire::Len(resource_spans));

        assert!(ExportTraceServiceRequest::decode(&body[..]).is_err(), "{resource_spans:x?}");
        assert!(decode_protobuf(body.into()).is_err(), "{resource_spans:x?}");
    }
}

fn any_span() -> impl Strategy<Value = Span> {
    let attribute = ("[a-z.]{0,8}", ".{0,12}").prop_map(|(key, value)| text(&key, value));
    let ids = (1_u64.., 1_u64..);
    (ids, ".{0,10}", prop::collection::vec(attribute, 0..4), any::<u64>(), any::<u32>(), 0..9_i32).prop_map(
        |((trace, id), name, attributes, time, flags, kind)| Span {
            trace_id: [[9; 8], trace.to_be_bytes()].concat(),
            span_id: id.to_be_bytes().to_vec(),
            events: vec![Event { time_unix_nano: time, attributes: attributes.clone(), ..Event::default() }],
            name,
            attributes,
            start_time_unix_nano: time,
            flags,
            kind,
            ..Span::default()
        },
    )
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_read_or_refused_as_prost_does(
        spans in prop::collection::vec(any_span(), 0..4),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut body = encode(spans).to_vec();
        for (at, value) in flips {
            let at = at.index(body.len());
            body[at] = value;
        }

        let ours = decode_protobuf(body.clone().into());
        let theirs = ExportTraceServiceRequest::decode(&body[..]);

        // What is let in can always be read again. (The other way round we are the stricter one.)
        if let Ok(batch) = &ours {
            prop_assert!(theirs.is_ok());
            for span in &batch.spans {
                let read = read_span(&span.body, Arc::default(), false).unwrap();
                prop_assert_eq!(read.span_id, span.facts.span_id);
                prop_assert_eq!(read.start_unix_nano, span.facts.start_unix_nano);
                prop_assert_eq!((read.kind, read.status), (span.facts.kind, span.facts.status));
            }
        }
    }

    #[test]
    fn a_request_written_as_json_is_read_as_the_same_request(spans in prop::collection::vec(any_span(), 0..4)) {
        let body = encode(spans);

        let json = encode_json(&body).unwrap();
        let there: Vec<Bytes> = decode_protobuf(body).unwrap().spans.into_iter().map(|span| span.body).collect();
        let back: Vec<Bytes> = decode_json(&json).unwrap().spans.into_iter().map(|span| span.body).collect();

        prop_assert_eq!(there, back);
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_protobuf(bytes.clone().into());
        let _ = decode_json(&bytes);
    }
}
