//! Where batches go.

use std::sync::Arc;
use std::time::Duration;

/// Takes batches, one at a time, on a thread of its own.
pub trait Destination<T>: Send + 'static {
    /// Delivers a batch, which is never empty, and says what became of it.
    ///
    /// It may block for `limit`, and must not block for longer: shutdown waits for it, up to its deadline. A batch that
    /// was to be [retried](Outcome::Retry) comes again as it was.
    fn deliver(&mut self, batch: &[Arc<T>], limit: Duration) -> Outcome;
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Delivered,
    /// It was taken but for some items, which were refused for good.
    Partly {
        /// How many items were refused.
        rejected: usize,
    },
    /// Nothing of it was taken this time.
    Retry {
        /// When the destination said that it may come again; `None` leaves it to the backoff.
        after: Option<Duration>,
    },
    /// Nothing of it will ever be taken.
    Rejected,
}
