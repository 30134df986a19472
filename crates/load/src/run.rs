//! Sends every request when it is due, and waits for none before the next.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::scenario::Choice;
use crate::schedule::Schedule;
use crate::user::User;

/// The most requests in flight: a service that hangs must not take this machine's sockets. At 50 requests a second and a
/// limit of 10 s each it is never reached.
const MAX_IN_FLIGHT: usize = 1024;

/// Sends all requests of a run. One outcome for each of them, in no order.
pub(crate) async fn run(
    user: &User,
    choice: Choice,
    schedule: Schedule,
    activities: &[String],
) -> Vec<Outcome> {
    let mut record = Record::new(schedule);
    let permits = Arc::new(Semaphore::new(MAX_IN_FLIGHT));
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    for (number, time) in schedule.times().enumerate() {
        let due = start + time;
        sleep_until(due).await;
        let scenario = choice.at(number);
        match Arc::clone(&permits).try_acquire_owned() {
            Ok(permit) => {
                let (user, request) = (user.clone(), scenario.request(number, activities));
                tasks.spawn(async move {
                    let outcome = user.measure(scenario, request, due).await;
                    drop(permit);
                    outcome
                });
            }
            Err(_) => record.add(Outcome::not_sent(scenario, MAX_IN_FLIGHT)),
        }
        while let Some(joined) = tasks.try_join_next() {
            record.add(joined.expect("sending a request does not panic"));
        }
    }
    while let Some(joined) = tasks.join_next().await {
        record.add(joined.expect("sending a request does not panic"));
    }
    record.progress.finish();
    record.outcomes
}

/// The outcomes so far.
struct Record {
    outcomes: Vec<Outcome>,
    errors: usize,
    progress: Progress,
}

impl Record {
    fn new(schedule: Schedule) -> Self {
        let requests = schedule.len();
        let outcomes = Vec::with_capacity(requests as usize);
        Self { outcomes, errors: 0, progress: Progress::new("sending", u64::from(requests)) }
    }

    fn add(&mut self, outcome: Outcome) {
        self.errors += usize::from(outcome.failure.is_some());
        self.outcomes.push(outcome);
        let note = if self.errors == 0 { String::new() } else { format!("{} errors", self.errors) };
        self.progress.set(self.outcomes.len() as u64, note);
    }
}
