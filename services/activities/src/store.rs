//! The table of activities; replies are activities that answer one.

mod read;
mod record;
mod write;

#[cfg(test)]
mod tests;

use database::{Database, Migration};

use crate::outbox::Outbox;

pub(crate) use record::{ActivityRecord, Author, ReplyRecord, Text};

/// The schema and its seeds. A step that has run anywhere never changes again.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "activities", sql: include_str!("../migrations/0001_activities.sql") },
    Migration { version: 2, name: "outbox", sql: include_str!("../migrations/0002_outbox.sql") },
    Migration { version: 3, name: "seeds", sql: include_str!("../migrations/0003_seeds.sql") },
];

/// Reads and writes activities. What is written puts its event into the outbox in the same transaction.
#[derive(Debug, Clone)]
pub(crate) struct ActivityStore {
    database: Database,
    outbox: Outbox,
}

impl ActivityStore {
    pub(crate) fn new(database: Database, outbox: Outbox) -> Self {
        Self { database, outbox }
    }
}
