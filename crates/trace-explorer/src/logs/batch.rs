//! The rules of `PutLogEvents`: which batches are refused, and which of their events.

use std::ops::Range;

/// Bytes of all messages, with [`EVENT_BYTES`] for each.
const MAX_BATCH_BYTES: usize = 1_048_576;
const EVENT_BYTES: usize = 26;

pub(crate) const MAX_EVENTS: usize = 10_000;

const HOUR_MS: u64 = 60 * 60 * 1000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Events may be so much older or newer than now.
const MAX_AGE_MS: u64 = 14 * DAY_MS;
const MAX_AHEAD_MS: u64 = 2 * HOUR_MS;

/// The time between the first and the last event of a batch.
const MAX_SPAN_MS: u64 = DAY_MS;

/// What is taken of a batch, and where it was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) accepted: Range<usize>,
    /// The first event that is too new.
    pub(crate) too_new_start: Option<usize>,
    /// The event behind the last one that is too old.
    pub(crate) too_old_end: Option<usize>,
    /// The event behind the last one that the group does not keep any more.
    pub(crate) expired_end: Option<usize>,
}

/// Looks at a batch of times and texts. The error is a sentence and refuses all of it.
///
/// `expired_before` is where the retention of the group ends.
pub(crate) fn check(events: &[(u64, String)], now_ms: u64, expired_before: u64) -> Result<Taken, String> {
    size(events)?;
    if !events.is_sorted_by_key(|(time, _)| *time) {
        return Err("Log events in a single PutLogEvents request must be in chronological order.".to_owned());
    }
    // They are in order, so those that are too old or too new are the first and the last ones.
    let before = |limit: u64| events.partition_point(|(time, _)| *time < limit);
    let too_old = before(now_ms.saturating_sub(MAX_AGE_MS));
    let expired = before(expired_before);
    let too_new = events.partition_point(|(time, _)| *time <= now_ms.saturating_add(MAX_AHEAD_MS));
    let begin = too_old.max(expired).min(too_new);
    let accepted = &events[begin..too_new];
    if let ([(first, _), ..], [.., (last, _)]) = (accepted, accepted)
        && last - first > MAX_SPAN_MS
    {
        return Err(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
                .to_owned(),
        );
    }
    Ok(Taken {
        accepted: begin..too_new,
        too_new_start: (too_new < events.len()).then_some(too_new),
        too_old_end: (too_old > 0).then_some(too_old),
        expired_end: (expired > 0).then_some(expired),
    })
}

fn size(events: &[(u64, String)]) -> Result<(), String> {
    let bytes = |(_, message): &(u64, String)| message.len() + EVENT_BYTES;
    if let Some(large) = events.iter().map(bytes).find(|bytes| *bytes > MAX_BATCH_BYTES) {
        return Err(format!("Log event too large: {large} bytes exceeds limit of {MAX_BATCH_BYTES}"));
    }
    let all: usize = events.iter().map(bytes).sum();
    if all > MAX_BATCH_BYTES {
        return Err(format!("Upload too large: {all} bytes exceeds limit of {MAX_BATCH_BYTES}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 100 * DAY_MS;

    fn at(times: &[u64]) -> Vec<(u64, String)> {
        times.iter().map(|time| (*time, "m".to_owned())).collect()
    }

    #[test]
    fn events_at_the_limits_of_age_are_taken_and_those_beyond_are_named() {
        let check = |times: &[u64], expired_before| check(&at(times), NOW, expired_before).unwrap();
        let (old, new) = (NOW - MAX_AGE_MS, NOW + MAX_AHEAD_MS);

        assert_eq!(
            check(&[old], 0),
            Taken { accepted: 0..1, too_new_start: None, too_old_end: None, expired_end: None }
        );
        assert_eq!(
            check(&[old - 2, old - 1, old], 0),
            Taken { accepted: 2..3, too_new_start: None, too_old_end: Some(2), expired_end: None }
        );
        assert_eq!(
            check(&[old - 1, new, new + 1, new + 2], 0),
            Taken { accepted: 1..2, too_new_start: Some(2), too_old_end: Some(1), expired_end: None }
        );
        assert_eq!(
            check(&[old - 1, NOW - 2, NOW], NOW - 1),
            Taken { accepted: 2..3, too_new_start: None, too_old_end: Some(1), expired_end: Some(2) }
        );
    }

    #[test]
    fn a_batch_of_nothing_but_rejected_events_is_empty_and_no_panic() {
        let taken = check(&at(&[0, 1, u64::MAX]), NOW, 0).unwrap();

        assert_eq!((taken.accepted, taken.too_old_end, taken.too_new_start), (2..2, Some(2), Some(2)));
        assert!(check(&[], NOW, 0).unwrap().accepted.is_empty());
    }

    #[test]
    fn a_batch_spans_24_hours_at_most_and_rejected_events_do_not_count() {
        assert!(check(&at(&[NOW - DAY_MS, NOW]), NOW, 0).is_ok());
        assert!(check(&at(&[0, NOW - DAY_MS, NOW, u64::MAX]), NOW, 0).is_ok());
        assert!(check(&at(&[NOW - DAY_MS - 1, NOW]), NOW, 0).unwrap_err().contains("24 hours"));
    }

    #[test]
    fn a_batch_is_in_the_order_of_time() {
        assert!(check(&at(&[NOW, NOW, NOW + 1]), NOW, 0).is_ok());
        assert!(check(&at(&[NOW, NOW - 1]), NOW, 0).unwrap_err().contains("chronological order"));
    }

    #[test]
    fn a_batch_has_a_mebibyte_with_26_bytes_for_each_event() {
        let of = |lengths: &[usize]| {
            let events: Vec<_> = lengths.iter().map(|length| (NOW, "x".repeat(*length))).collect();
            check(&events, NOW, 0)
        };
        assert!(of(&[MAX_BATCH_BYTES - 26]).is_ok());
        assert!(of(&[MAX_BATCH_BYTES - 25]).unwrap_err().starts_with("Log event too large: 1048577 bytes"));
        assert!(of(&[MAX_BATCH_BYTES / 2, MAX_BATCH_BYTES / 2 - 52]).is_ok());
        assert!(
            of(&[MAX_BATCH_BYTES / 2, MAX_BATCH_BYTES / 2 - 51])
                .unwrap_err()
                .starts_with("Upload too large: 1048577 bytes")
        );
    }
}
