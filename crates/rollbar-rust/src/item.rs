//! One occurrence of a failure or message.

use serde::Serialize;
use uuid::Uuid;

use crate::body::Body;
use crate::builder::ItemBuilder;
use crate::data::Data;
use crate::payload::Payload;
use crate::truncation::MAX_PAYLOAD_BYTES;

/// One occurrence of a failure or message, within the API's limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    data: Data,
}

impl Item {
    /// Begins an item: where the code runs, such as `production`, and what happened.
    #[must_use]
    pub fn builder(environment: impl Into<String>, body: impl Into<Body>) -> ItemBuilder {
        ItemBuilder::new(environment.into(), body.into())
    }

    /// The caller has made sure of the limits.
    pub(crate) fn of_valid(data: Data) -> Self {
        Self { data }
    }

    /// All of it.
    #[must_use]
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Names this occurrence.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.data.uuid
    }

    /// Encodes it in at most 512 KiB, cutting it where it is longer.
    #[must_use]
    pub fn payload(&self) -> Payload {
        self.payload_within(MAX_PAYLOAD_BYTES)
    }

    /// Encodes it in at most so many bytes; below [`MIN_PAYLOAD_BYTES`](crate::MIN_PAYLOAD_BYTES), in that many.
    #[must_use]
    pub fn payload_within(&self, limit: usize) -> Payload {
        Payload::of(self, limit)
    }
}
