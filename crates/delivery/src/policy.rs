//! The numbers of one destination.

use std::time::Duration;

/// Bounds and times of one destination's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Items that may wait, those on their way included.
    pub queue_items: usize,
    /// Bytes that may wait, those on their way included.
    pub queue_bytes: usize,
    /// The most items of a batch.
    pub batch_items: usize,
    /// The most bytes of a batch; a larger item is dropped.
    pub batch_bytes: usize,
    /// How long an item waits for company.
    pub batch_age: Duration,
    /// Limit of one delivery.
    pub timeout: Duration,
    /// Pause after the first failure; it grows by half with each further one.
    pub backoff_first: Duration,
    /// The longest pause, also when the destination asks for a longer one.
    pub backoff_most: Duration,
    /// How long one batch is tried before it is dropped.
    pub give_up: Duration,
}

impl Default for Policy {
    /// 16,384 items and 32 MiB in the queue, batches of 512 items and 4 MiB or 1 s, 10 s a delivery, pauses of 0.5 s to
    /// 30 s, and 5 minutes a batch.
    fn default() -> Self {
        Self {
            queue_items: 16_384,
            queue_bytes: 32 << 20,
            batch_items: 512,
            batch_bytes: 4 << 20,
            batch_age: Duration::from_secs(1),
            timeout: Duration::from_secs(10),
            backoff_first: Duration::from_millis(500),
            backoff_most: Duration::from_secs(30),
            give_up: Duration::from_mins(5),
        }
    }
}
