//! Error reports and deploys, in the form of Rollbar's API: what is accepted, what is remembered of it, what belongs
//! together. Pure: no clock, no socket, no file.

mod check;
mod deploy;
mod facts;
mod grouping;
mod item;
mod redact;

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::ids::{SpanId, TraceId};
pub(crate) use deploy::{Deploy, DeployUpdate};
pub(crate) use facts::{Body, Facts};
pub(crate) use item::Item;

/// Why a payload is not taken, as a status and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 400: there is no JSON in it.
    Unreadable(String),
    /// 401: nobody says whose it is.
    NoToken,
    /// 422: it is JSON, but not an item or not a deploy.
    Wrong(String),
}

/// How bad it is, from the least to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

impl Level {
    pub(crate) const ALL: [Self; 5] = [Self::Critical, Self::Error, Self::Warning, Self::Info, Self::Debug];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }

    pub(crate) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// The name of a group in addresses: a hash of what its items have in common, the same after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct GroupId(u64);

impl GroupId {
    /// FNV-1a: fixed for all time, unlike the hash of a map.
    pub(crate) fn of(key: &str) -> Self {
        Self(key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u64::from_str_radix(text, 16).ok().filter(|_| digits).map(Self)
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for GroupId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a list says of one item. The texts are shared with other items that say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) uuid: Arc<str>,
    pub(crate) group_id: GroupId,
    /// What the sender groups by, or what was computed.
    pub(crate) fingerprint: Arc<str>,
    pub(crate) title: Arc<str>,
    pub(crate) level: Level,
    pub(crate) environment: Arc<str>,
    pub(crate) service: Option<Arc<str>>,
    pub(crate) trace_id: Option<TraceId>,
    pub(crate) span_id: Option<SpanId>,
    /// When it happened, nanoseconds since 1970.
    pub(crate) time_unix_nano: u64,
    /// How many failures the item stands for.
    pub(crate) occurrences: u64,
}
