//! Log records on disk: each as the OTLP logs of one scope, without secrets.

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::logs::v1::{self as proto, ScopeLogs};
use prost::Message;
use tracing::Level;

use super::log_record;
use crate::logs::LogRecord;
use crate::otlp::read::{attributes, time};

/// Log records as the spool keeps them.
pub(crate) struct LogCodec;

impl delivery::Codec<LogRecord> for LogCodec {
    fn encode(&self, record: &LogRecord, out: &mut Vec<u8>) {
        let scope = InstrumentationScope { name: record.target.to_string(), ..Default::default() };
        let logs = ScopeLogs {
            scope: Some(scope),
            log_records: vec![log_record(record)],
            schema_url: String::new(),
        };
        logs.encode(out).expect("memory takes all that is written");
    }

    fn decode(&self, bytes: &[u8]) -> Option<LogRecord> {
        let mut logs = ScopeLogs::decode(bytes).ok()?;
        let record = logs.log_records.pop()?;
        let Some(Proto::StringValue(message)) = record.body.as_ref().and_then(|body| body.value.clone())
        else {
            return None;
        };
        Some(LogRecord {
            time: time(record.time_unix_nano),
            level: level(&record.severity_text)?,
            target: logs.scope.unwrap_or_default().name.into(),
            message: message.into(),
            span: span(&record),
            fields: attributes(record.attributes),
            dropped_fields: record.dropped_attributes_count,
        })
    }
}

fn level(text: &str) -> Option<Level> {
    text.parse().ok()
}

/// The ids; invalid ones for a record outside of any span.
fn span(record: &proto::LogRecord) -> SpanContext {
    let trace = record.trace_id.as_slice().try_into().map_or(TraceId::INVALID, TraceId::from_bytes);
    let span = record.span_id.as_slice().try_into().map_or(SpanId::INVALID, SpanId::from_bytes);
    let flags = TraceFlags::new(u8::try_from(record.flags & 0xff).unwrap_or_default());
    SpanContext::new(trace, span, flags, false, TraceState::NONE)
}

/// The spool of a destination of log records below `directory`.
pub(crate) fn spool(directory: &std::path::Path) -> delivery::Spool<LogRecord> {
    delivery::Spool::new(directory.join("logs"), LogCodec)
        .on_warning(|warning| crate::trouble::report("spool of logs", warning))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use delivery::Codec;
    use opentelemetry::KeyValue;
    use proptest::prelude::*;

    use super::*;

    fn record(span: SpanContext) -> LogRecord {
        LogRecord {
            time: UNIX_EPOCH + Duration::from_nanos(1_234_567_891),
            level: Level::WARN,
            target: "users::store".into(),
            message: "Slow".into(),
            fields: vec![KeyValue::new("db.rows", 3), KeyValue::new("user.handle", "londo")],
            dropped_fields: 2,
            span,
        }
    }

    fn written(record: &LogRecord) -> Vec<u8> {
        let mut bytes = Vec::new();
        LogCodec.encode(record, &mut bytes);
        bytes
    }

    #[test]
    fn a_record_comes_back_as_it_was() {
        let ids = (TraceId::from(7), SpanId::from(8));
        for span in [
            SpanContext::new(ids.0, ids.1, TraceFlags::SAMPLED, false, TraceState::NONE),
            SpanContext::empty_context(),
        ] {
            let record = record(span);

            assert_eq!(LogCodec.decode(&written(&record)), Some(record));
        }
    }

    #[test]
    fn secrets_do_not_get_onto_the_disk() {
        let mut record = record(SpanContext::empty_context());
        record.fields.push(KeyValue::new("password", "hunter2"));
        record.message = "with ?token=hunter2".into();

        assert!(!String::from_utf8_lossy(&written(&record)).contains("hunter2"));
    }

    proptest! {
        #[test]
        fn what_is_no_record_is_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            // It may be one by chance; what counts is that nothing panics.
            let _ = LogCodec.decode(&bytes);
        }
    }
}
