//! Which events go into one call of `PutLogEvents`:
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>.

use std::ops::Range;

use crate::LogEvent;

/// The most bytes of a call: those of all messages in UTF-8, and [`EVENT_OVERHEAD_BYTES`] for each.
pub const MAX_CALL_BYTES: usize = 1_048_576;

/// Bytes that each event counts besides its message.
pub const EVENT_OVERHEAD_BYTES: usize = 26;

/// The most events of a call.
pub const MAX_CALL_EVENTS: usize = 10_000;

/// The longest time between the first and the last event of a call, in milliseconds: 24 hours.
pub const MAX_CALL_SPAN_MS: i64 = 24 * 60 * 60 * 1000;

/// The events of the call that begins at `from`: as many as the limits allow. `events` are in the order of time, and each is
/// within the limit of an event.
pub(crate) fn next(events: &[LogEvent], from: usize) -> Range<usize> {
    let first = events[from].timestamp_ms;
    let mut bytes = 0;
    let fits = |event: &&LogEvent| {
        bytes += event.bytes();
        bytes <= MAX_CALL_BYTES && event.timestamp_ms - first <= MAX_CALL_SPAN_MS
    };
    let count = events[from..].iter().take(MAX_CALL_EVENTS).take_while(fits).count();
    from..from + count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::MAX_MESSAGE_BYTES;

    /// How many events each call has.
    fn counts(events: &[LogEvent]) -> Vec<usize> {
        calls(events).iter().map(Range::len).collect()
    }

    fn calls(events: &[LogEvent]) -> Vec<Range<usize>> {
        let mut calls: Vec<Range<usize>> = Vec::new();
        while calls.last().map_or(0, |call| call.end) < events.len() {
            calls.push(next(events, calls.last().map_or(0, |call| call.end)));
        }
        calls
    }

    fn of(times: impl IntoIterator<Item = i64>, bytes: usize) -> Vec<LogEvent> {
        times.into_iter().map(|time| LogEvent::new(time, "x".repeat(bytes))).collect()
    }

    #[test]
    fn ten_thousand_events_are_a_call_and_one_more_are_two() {
        assert_eq!(counts(&of(0..10_000, 1)), [10_000]);
        assert_eq!(counts(&of(0..10_001, 1)), [10_000, 1]);
    }

    #[test]
    fn bytes_count_with_those_that_each_event_adds() {
        // 1,024 events of 998 + 26 bytes are exactly a call.
        assert_eq!(counts(&of(0..1024, 998)), [1024]);
        assert_eq!(counts(&of(0..1024, 999)), [1023, 1]);
        assert_eq!(counts(&of(0..2, MAX_MESSAGE_BYTES)), [1, 1]);
    }

    #[test]
    fn a_day_is_a_call_and_a_millisecond_more_are_two() {
        assert_eq!(counts(&of([5, MAX_CALL_SPAN_MS + 5], 1)), [2]);
        assert_eq!(counts(&of([5, MAX_CALL_SPAN_MS + 6], 1)), [1, 1]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn every_call_keeps_the_rules_and_all_events_go(
            mut events in prop::collection::vec((0..200_000_000_i64, 0..60_000_usize), 1..200)
        ) {
            events.sort_unstable();
            let events: Vec<_> = events.iter().map(|(time, bytes)| LogEvent::new(*time, "x".repeat(*bytes))).collect();

            let calls = calls(&events);

            let all: Vec<_> = calls.iter().cloned().flatten().collect();
            prop_assert_eq!(all, (0..events.len()).collect::<Vec<_>>());
            for call in calls {
                let events = &events[call];
                prop_assert!(events.len() <= MAX_CALL_EVENTS);
                prop_assert!(events.iter().map(LogEvent::bytes).sum::<usize>() <= MAX_CALL_BYTES);
                prop_assert!(events[events.len() - 1].timestamp_ms - events[0].timestamp_ms <= MAX_CALL_SPAN_MS);
            }
        }
    }
}
