//! What became of every item.

use std::fmt;

/// Why an item was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dropped {
    /// The queue had no room.
    Full,
    /// The item alone is larger than a batch may be.
    TooLarge,
    /// The destination refused it for good.
    Rejected,
    /// The destination could not take it for as long as the policy tries.
    GaveUp,
    /// The destination panicked while it held the item.
    Panicked,
    /// Shutdown was over before it could be delivered.
    Deadline,
    /// It was offered after shutdown.
    Closed,
    /// It was in the [spool](crate::Spool) of an earlier run, and can no longer be read.
    Damaged,
}

impl Dropped {
    /// All reasons, in the order of [`Account::dropped`].
    pub const ALL: [Self; 8] = [
        Self::Full,
        Self::TooLarge,
        Self::Rejected,
        Self::GaveUp,
        Self::Panicked,
        Self::Deadline,
        Self::Closed,
        Self::Damaged,
    ];

    /// A word for metrics and JSON: `full`, `too_large` and so on.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::TooLarge => "too_large",
            Self::Rejected => "rejected",
            Self::GaveUp => "gave_up",
            Self::Panicked => "panicked",
            Self::Deadline => "deadline",
            Self::Closed => "closed",
            Self::Damaged => "damaged",
        }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Counts of items of one destination, since the start of the pipeline. At every moment
/// [`created`](Self::created) = [`delivered`](Self::delivered) + [`dropped`](Self::dropped) + [`pending`](Self::pending).
///
/// With a [spool](crate::Spool), what is [`spooled`](Self::spooled) after shutdown stays pending: it is neither delivered
/// nor lost, and the next run counts it as [`recovered`](Self::recovered).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// Items that were offered, and items that were recovered.
    pub created: u64,
    /// Of the created: those that an earlier run left in the spool, and that this one took out of it. They were read, or
    /// they are dropped as [`Dropped::Damaged`].
    pub recovered: u64,
    /// Items that the destination took.
    pub delivered: u64,
    /// Items in the queue, or on their way; after shutdown, those that are left in the spool.
    pub pending: u64,
    /// Of the pending: those that are in the spool, and would outlive this process.
    pub spooled: u64,
    dropped: [u64; Dropped::ALL.len()],
}

impl Account {
    /// Items that were dropped, whatever the reason.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.iter().sum()
    }

    /// Items that were dropped for one reason.
    #[must_use]
    pub fn dropped_by(&self, reason: Dropped) -> u64 {
        self.dropped[reason as usize]
    }

    pub(crate) fn create(&mut self) {
        self.created += 1;
        self.pending += 1;
    }

    /// Items that an earlier run left, whether they can be read or not.
    pub(crate) fn recover(&mut self, items: u64) {
        self.created += items;
        self.recovered += items;
        self.pending += items;
    }

    pub(crate) fn deliver(&mut self, items: u64) {
        self.pending -= items;
        self.delivered += items;
    }

    pub(crate) fn drop(&mut self, items: u64, reason: Dropped) {
        self.pending -= items;
        self.dropped[reason as usize] += items;
    }
}

/// `10 delivered, 2 dropped (2 full), 1 pending`
impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} delivered, {} dropped", self.delivered, self.dropped())?;
        let reasons = Dropped::ALL.into_iter().filter(|reason| self.dropped_by(*reason) > 0);
        let reasons: Vec<String> =
            reasons.map(|reason| format!("{} {reason}", self.dropped_by(reason))).collect();
        if !reasons.is_empty() {
            write!(formatter, " ({})", reasons.join(", "))?;
        }
        write!(formatter, ", {} pending", self.pending)?;
        if self.spooled > 0 {
            write!(formatter, " ({} on disk)", self.spooled)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_at_their_own_place() {
        for (place, reason) in Dropped::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place);
        }
    }

    #[test]
    fn an_account_reads_as_a_sentence() {
        let mut account = Account::default();
        (0..13).for_each(|_| account.create());
        account.deliver(10);
        account.drop(2, Dropped::Full);

        assert_eq!(account.to_string(), "10 delivered, 2 dropped (2 full), 1 pending");
        account.spooled = 1;
        assert_eq!(account.to_string(), "10 delivered, 2 dropped (2 full), 1 pending (1 on disk)");
    }
}
