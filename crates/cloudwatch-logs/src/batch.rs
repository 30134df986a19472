//! Events that are put together, and how far that has come.

use std::ops::Range;

use crate::{LogEvent, Rejected, calls};

/// Events on their way into one stream. [`Client::put`](crate::Client::put) sends them in as many calls as the rules ask for, and
/// the batch remembers how far it came: put again after an error, it goes on with what was not taken.
#[derive(Debug, Clone)]
pub struct Batch {
    events: Vec<LogEvent>,
    done: usize,
    rejected: Rejected,
}

impl Batch {
    /// A batch of any number of events in any order. They are sorted by time, those of one time as they came; a message that is
    /// too long is cut and says so, and an empty one becomes `(empty)`.
    #[must_use]
    pub fn new(events: impl IntoIterator<Item = LogEvent>) -> Self {
        let mut events: Vec<_> = events.into_iter().map(LogEvent::within_limits).collect();
        events.sort_by_key(|event| event.timestamp_ms);
        Self { events, done: 0, rejected: Rejected::default() }
    }

    /// Events that were not put so far.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.events.len() - self.done
    }

    /// Events that CloudWatch refused for good so far.
    #[must_use]
    pub fn rejected(&self) -> Rejected {
        self.rejected
    }

    /// The next call; `None` when all is done.
    pub(crate) fn next(&self) -> Option<Range<usize>> {
        (self.pending() > 0).then(|| calls::next(&self.events, self.done))
    }

    pub(crate) fn events(&self, call: &Range<usize>) -> &[LogEvent] {
        &self.events[call.clone()]
    }

    /// A call was taken, but for some of its events.
    pub(crate) fn taken(&mut self, call: &Range<usize>, rejected: Rejected) {
        self.done = call.end;
        self.rejected += rejected;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_put_in_the_order_of_time_and_those_of_one_time_as_they_came() {
        let batch = Batch::new([
            LogEvent::new(2, "c"),
            LogEvent::new(1, "a"),
            LogEvent::new(2, "d"),
            LogEvent::new(1, "b"),
        ]);

        let messages: Vec<_> = batch.events.iter().map(|event| event.message.as_str()).collect();
        assert_eq!(messages, ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_batch_remembers_how_far_it_came() {
        let mut batch = Batch::new((0..10_005).map(|time| LogEvent::new(time, "x")));

        let call = batch.next().unwrap();
        batch.taken(&call, Rejected { too_old: 2, ..Rejected::default() });

        assert_eq!((batch.pending(), batch.rejected().total()), (5, 2));
        assert_eq!(batch.next(), Some(10_000..10_005));
        batch.taken(&(10_000..10_005), Rejected::default());
        assert_eq!((batch.pending(), batch.next()), (0, None));
    }
}
