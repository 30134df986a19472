//! How items wait in a queue, by the specification's variables of the batch processors.

use std::time::Duration;

use super::variables::Variables;

/// How spans or log records wait for company on their way to a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// `OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BLRP_SCHEDULE_DELAY`, milliseconds: how long an item may wait for company. Default
    /// 5 s for spans and 1 s for log records; 0 sends each as soon as it is there.
    pub delay: Duration,
    /// `…_MAX_QUEUE_SIZE`: items that may wait for one destination. Default 16,384; the specification's 2048 is less than
    /// half a second of a busy service.
    pub queue_items: usize,
    /// `…_MAX_EXPORT_BATCH_SIZE`: items of one export at most. Default 512.
    pub batch_items: usize,
    /// `…_EXPORT_TIMEOUT`, milliseconds: limit of one export, 0 for none. Default 30 s; the destination's own limit is shorter by
    /// default, and the shorter one counts.
    pub timeout: Duration,
}

impl Batch {
    const SPANS: Self = Self {
        delay: Duration::from_secs(5),
        queue_items: 16_384,
        batch_items: 512,
        timeout: Duration::from_secs(30),
    };

    pub(super) fn of_spans(variables: &Variables<'_>) -> Self {
        Self::read(variables, "OTEL_BSP", Self::SPANS)
    }

    pub(super) fn of_log_records(variables: &Variables<'_>) -> Self {
        Self::read(variables, "OTEL_BLRP", Self { delay: Duration::from_secs(1), ..Self::SPANS })
    }

    fn read(variables: &Variables<'_>, prefix: &str, default: Self) -> Self {
        let name = |suffix: &str| format!("{prefix}_{suffix}");
        let (queue, batch) = (name("MAX_QUEUE_SIZE"), name("MAX_EXPORT_BATCH_SIZE"));
        let queue_items = variables.count(&[&queue], default.queue_items);
        let wanted = variables.count(&[&batch], default.batch_items);
        if wanted > queue_items {
            variables.flaw(&batch, format!("a batch cannot be larger than the queue; {queue_items} is used"));
        }
        Self {
            delay: variables.millis(&[&name("SCHEDULE_DELAY")], default.delay),
            queue_items,
            batch_items: wanted.min(queue_items),
            timeout: variables.timeout(&[&name("EXPORT_TIMEOUT")], default.timeout),
        }
    }
}

impl Default for Batch {
    /// The defaults of spans.
    fn default() -> Self {
        Self::SPANS
    }
}
