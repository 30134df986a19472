//! Pages of events.

use std::sync::Arc;

use crate::logs::{LogEvent, Place};

/// Which events, by their places, and how much of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// This one, or later.
    pub(crate) from: Place,
    /// Earlier than this one.
    pub(crate) before: Place,
    /// At most so many.
    pub(crate) limit: usize,
    /// At most so many bytes of text, but one event at least.
    pub(crate) max_bytes: usize,
}

impl Range {
    pub(super) fn contains(&self, place: Place) -> bool {
        (self.from..self.before).contains(&place)
    }
}

/// One page of events.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventPage {
    pub(crate) events: Vec<Arc<LogEvent>>,
    /// There are more after the last one.
    pub(crate) more: bool,
}

/// The first of `rows` that are wanted, in their order.
pub(super) fn take(rows: Vec<Arc<LogEvent>>, range: Range, wanted: impl Fn(&LogEvent) -> bool) -> EventPage {
    let mut page = EventPage::default();
    let mut bytes = 0_usize;
    for event in rows.into_iter().filter(|event| wanted(event)) {
        bytes = bytes.saturating_add(event.message.len());
        let full = page.events.len() == range.limit || (bytes > range.max_bytes && !page.events.is_empty());
        if full {
            page.more = true;
            break;
        }
        page.events.push(event);
    }
    page
}
