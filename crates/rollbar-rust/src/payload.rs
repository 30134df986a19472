//! An item as it is sent.

use std::sync::Arc;

use serde::Deserialize;
use uuid::Uuid;

use crate::item::Item;
use crate::truncation::{self, Cut};

/// An item as it is sent: JSON that fits, without the token. It can be kept and sent as often as needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    json: Arc<[u8]>,
    uuid: Uuid,
    cuts: Vec<Cut>,
}

impl Payload {
    pub(crate) fn of(item: &Item, limit: usize) -> Self {
        let (json, cuts) = truncation::fit(item, limit);
        Self { json: json.into(), uuid: item.uuid(), cuts }
    }

    /// Reads one back that was kept as [bytes](Self::as_bytes). Of what it holds only the uuid is looked at.
    pub fn from_json(json: &[u8]) -> Result<Self, InvalidPayload> {
        #[derive(Deserialize)]
        struct Kept {
            data: KeptData,
        }
        #[derive(Deserialize)]
        struct KeptData {
            uuid: Uuid,
        }
        let kept: Kept = serde_json::from_slice(json).map_err(InvalidPayload)?;
        Ok(Self { json: json.into(), uuid: kept.data.uuid, cuts: Vec::new() })
    }

    /// Names the occurrence.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The JSON.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.json
    }

    /// What was cut to make it fit, in that order; empty for most.
    #[must_use]
    pub fn cuts(&self) -> &[Cut] {
        &self.cuts
    }
}

/// Bytes that are no payload.
#[derive(Debug, thiserror::Error)]
#[error("the bytes are no payload of an item with a uuid")]
pub struct InvalidPayload(#[source] serde_json::Error);
