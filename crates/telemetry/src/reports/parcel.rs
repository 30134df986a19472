//! Reports on their way: as they were made, or as an earlier run of the process left them.

use std::path::Path;
use std::sync::Arc;

use delivery::{Codec, Spool};
use rollbar_rust::Payload;

use super::Report;
use super::item::Items;

/// What waits for a destination.
pub(crate) enum Parcel {
    /// A report of this process.
    Fresh(Box<Report>),
    /// An item that an earlier one left in the spool.
    Kept(Payload),
}

impl Parcel {
    /// What is sent of it.
    pub(super) fn payload(&self, items: &Items) -> Payload {
        match self {
            Self::Fresh(report) => items.item(report).payload(),
            Self::Kept(payload) => payload.clone(),
        }
    }
}

/// Items as the spool keeps them: the JSON that is sent, which has neither secrets nor the token.
struct ItemCodec(Arc<Items>);

impl Codec<Parcel> for ItemCodec {
    fn encode(&self, parcel: &Parcel, out: &mut Vec<u8>) {
        out.extend_from_slice(parcel.payload(&self.0).as_bytes());
    }

    fn decode(&self, bytes: &[u8]) -> Option<Parcel> {
        Payload::from_json(bytes).ok().map(Parcel::Kept)
    }
}

/// The spool of all destinations of reports below `directory`.
pub(super) fn spool(directory: &Path, items: Arc<Items>) -> Spool<Parcel> {
    Spool::new(directory.join("reports"), ItemCodec(items))
        .on_warning(|warning| crate::trouble::report("spool of reports", warning))
}
