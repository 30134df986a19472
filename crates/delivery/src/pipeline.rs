//! Several destinations of the same items.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::destination::Destination;
use crate::policy::Policy;
use crate::worker::Shared;

/// Hands each item to every destination. Clones hand to the same ones.
pub struct Pipeline<T> {
    destinations: Arc<[Named<T>]>,
}

struct Named<T> {
    name: String,
    shared: Arc<Shared<T>>,
}

/// Collects the destinations of a [`Pipeline`].
pub struct Builder<T> {
    destinations: Vec<(String, Policy, Box<dyn Destination<T>>)>,
}

impl<T: Send + Sync + 'static> Pipeline<T> {
    /// A pipeline without destinations so far.
    #[must_use]
    pub fn builder() -> Builder<T> {
        Builder { destinations: Vec::new() }
    }

    /// Hands an item of about `bytes` bytes to every destination. It takes a lock for a moment and never waits for a
    /// destination; where there is no room, the item is dropped and counted.
    pub fn offer(&self, item: T, bytes: usize) {
        let item = Arc::new(item);
        for destination in self.destinations.iter() {
            destination.shared.offer(Arc::clone(&item), bytes);
        }
    }

    /// What became of all items so far, by the destination's name.
    #[must_use]
    pub fn accounts(&self) -> Vec<(String, Account)> {
        self.each(Shared::account)
    }

    /// Sends what is left, to all destinations side by side, for at most `limit`; then counts the rest as dropped. Later
    /// offers are dropped as [`Closed`](crate::Dropped::Closed).
    #[must_use = "it says what was lost"]
    pub fn shutdown(&self, limit: Duration) -> Vec<(String, Account)> {
        let deadline = Instant::now() + limit;
        self.each(|shared| shared.close(deadline));
        self.each(|shared| shared.finish(deadline))
    }

    fn each<R>(&self, what: impl Fn(&Shared<T>) -> R) -> Vec<(String, R)> {
        self.destinations.iter().map(|named| (named.name.clone(), what(&named.shared))).collect()
    }
}

impl<T> Clone for Pipeline<T> {
    fn clone(&self) -> Self {
        Self { destinations: Arc::clone(&self.destinations) }
    }
}

impl<T: Send + Sync + 'static> Builder<T> {
    /// Adds a destination under a name for people.
    #[must_use]
    pub fn destination(mut self, name: &str, policy: Policy, destination: impl Destination<T>) -> Self {
        self.destinations.push((name.to_owned(), policy, Box::new(destination)));
        self
    }

    /// Starts one thread a destination.
    ///
    /// # Panics
    /// When the system gives no thread.
    #[must_use]
    pub fn start(self) -> Pipeline<T> {
        let started = self.destinations.into_iter().map(|(name, policy, mut destination)| {
            let shared = Arc::new(Shared::new(policy));
            let worker = Arc::clone(&shared);
            thread::Builder::new()
                .name(format!("delivery-{name}"))
                .spawn(move || worker.work(destination.as_mut()))
                .expect("a process that cannot start a thread cannot start");
            Named { name, shared }
        });
        Pipeline { destinations: started.collect() }
    }
}
