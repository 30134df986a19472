//! One error report on its way from the request to the log and back.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::facts::{self, Facts};
use super::{Refusal, check, redact};

/// Bytes before the JSON of a record: when the item came, nanoseconds since 1970, little endian.
const RECEIVED: usize = 8;

/// An item that was accepted: its `data`, and nothing of the envelope, where the token is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) received_unix_nano: u64,
    pub(crate) data: Map<String, Value>,
}

impl Item {
    /// Checks a payload as Rollbar does. `token` is the one of the header; `new_uuid` names an item that has no name.
    pub(crate) fn accept(
        payload: Value,
        token: Option<&str>,
        received_unix_nano: u64,
        new_uuid: impl FnOnce() -> String,
    ) -> Result<Self, Refusal> {
        let (tokens, mut payload) = redact::tokens(payload, token)?;
        let Some(Value::Object(mut data)) = payload.remove("data") else {
            return Err(Refusal::Wrong("`data` must be an object".to_owned()));
        };
        check::item(&data).map_err(Refusal::Wrong)?;
        data.remove("access_token");
        redact::redact(&mut data, &tokens);
        data.entry("uuid").or_insert_with(|| new_uuid().into());
        Ok(Self { received_unix_nano, data })
    }

    /// The name by which a repetition is known.
    pub(crate) fn uuid(&self) -> &str {
        self.data.get("uuid").and_then(Value::as_str).unwrap_or_default()
    }

    /// What the index remembers.
    pub(crate) fn facts(&self) -> Facts<'_> {
        facts::of(self)
    }

    /// The payload of a record.
    pub(crate) fn to_record(&self) -> Bytes {
        let mut record = self.received_unix_nano.to_le_bytes().to_vec();
        // A map of text and values is always JSON, and a vector takes every write.
        serde_json::to_writer(&mut record, &self.data).expect("a JSON value is written as JSON");
        record.shrink_to_fit();
        record.into()
    }

    /// What a record holds; `None` if it is none of ours.
    pub(crate) fn of_record(record: &[u8]) -> Option<Self> {
        let (received, json) = record.split_at_checked(RECEIVED)?;
        let received_unix_nano = u64::from_le_bytes(received.try_into().ok()?);
        let data: Map<String, Value> = serde_json::from_slice(json).ok()?;
        data.get("uuid").is_some_and(Value::is_string).then_some(Self { received_unix_nano, data })
    }
}
