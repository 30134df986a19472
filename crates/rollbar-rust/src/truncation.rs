//! Makes items fit: what matters least goes first, and what an item cannot do without stays.

mod least;
mod steps;
mod strings;

use std::fmt;

use serde_json::{Value, json};

use crate::item::Item;

/// More bytes than these Rollbar does not take: the limit that its own libraries keep to.
pub const MAX_PAYLOAD_BYTES: usize = 512 * 1024;

/// Every item fits into as many bytes.
pub const MIN_PAYLOAD_BYTES: usize = 32 * 1024;

/// What was cut of an item, in the order in which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Cut {
    /// Texts beyond 16 KiB.
    LongTexts,
    /// Arguments, local variables, and the lines of code around those of the frames.
    Locals,
    /// Frames from the middle of stacks of more than 60, traces from the middle of chains of more than 16.
    Frames,
    /// Of `custom`, all but short single values.
    Custom,
    /// The request's body and parameters.
    RequestBody,
    /// Texts beyond 1 KiB.
    Texts,
    /// The request's headers, what else goes with a message, a request or a server, all but 32 attributes.
    Extras,
    /// Everything but the least: exceptions with their innermost frames or the message, where and when, trace ids.
    AllButLeast,
}

impl Cut {
    const ALL: [Self; 8] = [
        Self::LongTexts,
        Self::Locals,
        Self::Frames,
        Self::Custom,
        Self::RequestBody,
        Self::Texts,
        Self::Extras,
        Self::AllButLeast,
    ];

    /// A short name, under which the item itself tells what was cut.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LongTexts => "long_texts",
            Self::Locals => "locals",
            Self::Frames => "frames",
            Self::Custom => "custom",
            Self::RequestBody => "request_body",
            Self::Texts => "texts",
            Self::Extras => "extras",
            Self::AllButLeast => "all_but_least",
        }
    }

    fn apply(self, data: &mut Value) {
        match self {
            Self::LongTexts => strings::shorten_all(data, 16 * 1024),
            Self::Locals => steps::locals(data),
            Self::Frames => steps::frames(data),
            Self::Custom => steps::custom(data),
            Self::RequestBody => steps::request_body(data),
            Self::Texts => strings::shorten_all(data, 1024),
            Self::Extras => steps::extras(data),
            Self::AllButLeast => *data = least::of(data),
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// The item as JSON of at most `limit` bytes, but not fewer than [`MIN_PAYLOAD_BYTES`], and what was cut for that.
pub(crate) fn fit(item: &Item, limit: usize) -> (Vec<u8>, Vec<Cut>) {
    let limit = limit.max(MIN_PAYLOAD_BYTES);
    let mut payload = serde_json::to_value(item).expect("its keys are strings, so it is always JSON");
    let mut json = encode(&payload);
    let mut cuts = Vec::new();
    for cut in Cut::ALL {
        if json.len() <= limit {
            break;
        }
        cut.apply(&mut payload["data"]);
        cuts.push(cut);
        // Whoever reads the item is told that it is not whole.
        payload["data"]["notifier"]["truncated"] =
            json!(cuts.iter().map(|cut| cut.as_str()).collect::<Vec<_>>());
        json = encode(&payload);
    }
    (json, cuts)
}

fn encode(payload: &Value) -> Vec<u8> {
    serde_json::to_vec(payload).expect("a JSON value can be written")
}

#[cfg(test)]
mod tests;
