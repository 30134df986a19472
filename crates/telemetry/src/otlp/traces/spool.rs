//! Spans on disk: each as an OTLP request of its own, without secrets.

use delivery::Codec;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::{decode, encode};
use crate::otlp::protobuf::Writer;

/// Spans as the spool keeps them.
pub(crate) struct SpanCodec;

impl Codec<SpanData> for SpanCodec {
    fn encode(&self, span: &SpanData, out: &mut Vec<u8>) {
        let mut writer = Writer::with_capacity(1024);
        encode::request(&[(&span.instrumentation_scope, vec![span])], &Resource::default(), &mut writer);
        out.extend_from_slice(writer.as_bytes());
    }

    fn decode(&self, bytes: &[u8]) -> Option<SpanData> {
        decode::span(bytes)
    }
}

/// The spool of all destinations of spans below `directory`.
pub(crate) fn spool(directory: &std::path::Path) -> delivery::Spool<SpanData> {
    delivery::Spool::new(directory.join("traces"), SpanCodec)
        .on_warning(|warning| crate::trouble::report("spool of traces", warning))
}
