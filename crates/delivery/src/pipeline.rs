//! Several destinations of the same items.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::destination::Destination;
use crate::policy::Policy;
use crate::spool::{self, Spool};
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
    destinations: Vec<Planned<T>>,
    spool: Option<Spool<T>>,
}

struct Planned<T> {
    name: String,
    policy: Policy,
    destination: Box<dyn Destination<T>>,
    spool: Option<Spool<T>>,
}

impl<T: Send + Sync + 'static> Pipeline<T> {
    /// A pipeline without destinations so far.
    #[must_use]
    pub fn builder() -> Builder<T> {
        Builder { destinations: Vec::new(), spool: None }
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
        let now = Instant::now();
        let deadline = now + limit;
        self.each(|shared| shared.close(now, deadline));
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
    pub fn destination(self, name: &str, policy: Policy, destination: impl Destination<T>) -> Self {
        self.add(name, policy, Box::new(destination), None)
    }

    /// Adds a destination with a spool of its own, whatever [`spool`](Self::spool) says.
    #[must_use]
    pub fn spooled_destination(
        self,
        name: &str,
        policy: Policy,
        destination: impl Destination<T>,
        spool: Spool<T>,
    ) -> Self {
        self.add(name, policy, Box::new(destination), Some(spool))
    }

    /// Keeps what is pending for every destination on disk, too. The destination's name is the name of its directory there:
    /// under another name, the next run does not find what this one left.
    #[must_use]
    pub fn spool(self, spool: Spool<T>) -> Self {
        Self { spool: Some(spool), ..self }
    }

    fn add(
        mut self,
        name: &str,
        policy: Policy,
        destination: Box<dyn Destination<T>>,
        spool: Option<Spool<T>>,
    ) -> Self {
        self.destinations.push(Planned { name: name.to_owned(), policy, destination, spool });
        self
    }

    /// Starts one thread a destination, and one more for its spool, which reads and writes there alone: a disk that is slow
    /// or broken delays nothing.
    ///
    /// # Panics
    /// When the system gives no thread.
    #[must_use]
    pub fn start(self) -> Pipeline<T> {
        let start = |planned: Planned<T>| planned.start(self.spool.clone());
        Pipeline { destinations: self.destinations.into_iter().map(start).collect() }
    }
}

impl<T: Send + Sync + 'static> Planned<T> {
    fn start(self, default_spool: Option<Spool<T>>) -> Named<T> {
        let Self { name, policy, mut destination, spool } = self;
        let spool = spool.or(default_spool);
        let shared = Arc::new(Shared::new(policy, spool.is_some()));
        if let Some(spool) = spool {
            let (shared, destination) = (Arc::clone(&shared), name.clone());
            start_thread(format!("spool-{name}"), move || spool::keep(&shared, &spool, &destination));
        }
        let worker = Arc::clone(&shared);
        start_thread(format!("delivery-{name}"), move || worker.work(destination.as_mut()));
        Named { name, shared }
    }
}

fn start_thread(name: String, run: impl FnOnce() + Send + 'static) {
    let started = thread::Builder::new().name(name).spawn(run);
    started.expect("a process that cannot start a thread cannot start");
}
