//! Log lines, in the form of the CloudWatch Logs API: what is remembered of an event, and which events a filter pattern
//! means. Pure: no clock, no socket, no file.

pub(crate) mod batch;
mod facts;
pub(crate) mod pattern;

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::ids::{SpanId, TraceId};
pub(crate) use facts::{Facts, Line};

/// How bad it is, from the least to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl LogLevel {
    pub(crate) const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// Reads the names that loggers use, in any case.
    pub(crate) fn of(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "trace" => Self::Trace,
            "debug" => Self::Debug,
            "info" | "information" | "notice" => Self::Info,
            "warn" | "warning" => Self::Warn,
            "error" | "err" | "critical" | "fatal" => Self::Error,
            _ => return None,
        })
    }
}

impl Serialize for LogLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One log event. The names are shared with other events of the same stream and service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogEvent {
    /// In the order of arrival.
    pub(crate) number: u64,
    pub(crate) group: Arc<str>,
    pub(crate) stream: Arc<str>,
    /// As the sender gave it, milliseconds since 1970.
    pub(crate) timestamp_ms: u64,
    pub(crate) ingested_ms: u64,
    /// The same time as `timestamp_ms`, as precisely as the event itself tells it. Nanoseconds since 1970.
    pub(crate) time_unix_nano: u64,
    pub(crate) level: Option<LogLevel>,
    pub(crate) service: Option<Arc<str>>,
    pub(crate) trace_id: Option<TraceId>,
    pub(crate) span_id: Option<SpanId>,
    /// What was sent: JSON or any other text.
    pub(crate) message: Box<str>,
}

impl LogEvent {
    /// Where it stands among all events: by time, and at one time by arrival.
    pub(crate) fn place(&self) -> Place {
        (self.time_unix_nano, self.number)
    }

    /// The name of the event among all that were ever taken, 56 digits as in AWS.
    pub(crate) fn id(&self) -> String {
        format!("{:020}{:036}", self.ingested_ms, self.number)
    }
}

/// The time of an event in nanoseconds, and its number.
pub(crate) type Place = (u64, u64);
