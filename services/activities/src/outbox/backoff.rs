//! How long to wait, and for what.

use std::time::Duration;

/// How events are delivered.
#[derive(Debug, Clone)]
pub struct DeliveryPolicy {
    /// How long a dispatcher holds an event that it delivers. Longer than a call can take; if the process dies, another
    /// one may take the event when the time is over.
    pub lease: Duration,
    /// How often the table is looked at without being woken: for events that another process left behind.
    pub poll: Duration,
    /// Pause after the first failed attempt. It doubles with every further one.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How many events are delivered at the same time.
    pub batch: u8,
    /// How long events that are due may still be delivered after the stop; the rest waits for the next start.
    pub stop_limit: Duration,
}

impl Default for DeliveryPolicy {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            poll: Duration::from_secs(2),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            batch: 32,
            stop_limit: Duration::from_secs(1),
        }
    }
}

impl DeliveryPolicy {
    /// The pause after `attempts` failed attempts. `chance`, from 0 to 1, spreads it over the upper half, so that events
    /// that failed together do not come back together.
    pub(super) fn pause(&self, attempts: i64, chance: f64) -> Duration {
        // 2^20 times any pause worth the name is beyond the longest one.
        let doublings = u32::try_from((attempts - 1).clamp(0, 20)).unwrap_or(0);
        let whole = self.first_pause.saturating_mul(1 << doublings).min(self.longest_pause);
        whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let policy = DeliveryPolicy::default();
        let check = |attempts, millis| {
            assert_eq!(policy.pause(attempts, 1.0), Duration::from_millis(millis), "{attempts}");
            assert_eq!(policy.pause(attempts, 0.0), Duration::from_millis(millis / 2), "{attempts}");
        };

        check(1, 500);
        check(2, 1000);
        check(6, 16_000);
        check(7, 30_000);
        check(1000, 30_000);
        check(i64::MAX, 30_000);
    }
}
