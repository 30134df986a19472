//! Telling notifications what happened, for certain and after the answer.
//!
//! An event is written in the transaction of what it tells of, with the trace context of the request. A dispatcher
//! hands it over until it is accepted. A crash between the two loses nothing: the row is there at the next start.
//! An event may be handed over more than once; the receiver tells repeats apart by `event_id`.

mod backoff;
mod dispatcher;
mod supervise;
mod table;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use database::Database;
use tokio::sync::Notify;

pub use backoff::DeliveryPolicy;
pub(crate) use dispatcher::Dispatcher;
pub(crate) use supervise::supervise;

/// The table of events that wait to be delivered, and the bell that wakes the dispatcher.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    database: Database,
    bell: Arc<Notify>,
}

impl Outbox {
    pub(crate) fn new(database: Database) -> Self {
        Self { database, bell: Arc::new(Notify::new()) }
    }

    /// Wakes the dispatcher of this process: there is something to deliver. One call is remembered if it is busy.
    pub(crate) fn wake(&self) {
        self.bell.notify_one();
    }

    async fn woken(&self) {
        self.bell.notified().await;
    }
}
