//! Events that were refused while the rest of a call was taken.

use std::ops::AddAssign;

use aws_sdk_cloudwatchlogs::types::RejectedLogEventsInfo;

/// Events that CloudWatch refused for good because of their time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rejected {
    /// Older than the retention of the group.
    pub expired: usize,
    /// Older than 14 days.
    pub too_old: usize,
    /// More than 2 hours ahead.
    pub too_new: usize,
}

impl Rejected {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> usize {
        self.expired + self.too_old + self.too_new
    }

    /// What the answer to a call of `count` events says. The events are in the order of time, so those that are expired or too
    /// old are the first ones, up to an index that is excluded, and those that are too new are the last ones, from an index
    /// that is included. An event is counted once, whatever the indexes are.
    pub(crate) fn of(info: &RejectedLogEventsInfo, count: usize) -> Self {
        let index = |index: Option<i32>| index.map(|index| usize::try_from(index).unwrap_or(0).min(count));
        let expired = index(info.expired_log_event_end_index).unwrap_or(0);
        let old = index(info.too_old_log_event_end_index).unwrap_or(0);
        let new = index(info.too_new_log_event_start_index).unwrap_or(count);
        let front = expired.max(old);
        Self { expired, too_old: front - expired, too_new: count - new.max(front) }
    }
}

impl AddAssign for Rejected {
    fn add_assign(&mut self, other: Self) {
        self.expired += other.expired;
        self.too_old += other.too_old;
        self.too_new += other.too_new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expired: Option<i32>, old: Option<i32>, new: Option<i32>) -> (usize, usize, usize) {
        let info = RejectedLogEventsInfo::builder()
            .set_expired_log_event_end_index(expired)
            .set_too_old_log_event_end_index(old)
            .set_too_new_log_event_start_index(new)
            .build();
        let rejected = Rejected::of(&info, 10);
        (rejected.expired, rejected.too_old, rejected.too_new)
    }

    #[test]
    fn indexes_become_counts() {
        assert_eq!(of(None, None, None), (0, 0, 0));
        assert_eq!(of(None, Some(3), None), (0, 3, 0));
        assert_eq!(of(None, None, Some(8)), (0, 0, 2));
        assert_eq!(of(Some(2), Some(3), Some(9)), (2, 1, 1));
    }

    #[test]
    fn no_event_is_counted_twice_whatever_the_indexes_are() {
        assert_eq!(of(Some(10), Some(10), Some(0)), (10, 0, 0));
        assert_eq!(of(Some(-1), Some(4), Some(2)), (0, 4, 6));
        assert_eq!(of(Some(99), None, Some(99)), (10, 0, 0));
    }
}
