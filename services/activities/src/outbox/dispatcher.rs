//! Delivers events until it is told to stop.

use std::error::Error as _;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use api_types::Event;
use clients::{ClientError, NotificationsClient};
use futures_util::future::join_all;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::table::Claimed;
use super::{DeliveryPolicy, Outbox};

/// Hands the events of the outbox to notifications. One runs in each process; several may share a database.
#[derive(Debug, Clone)]
pub(crate) struct Dispatcher {
    outbox: Outbox,
    notifications: NotificationsClient,
    policy: DeliveryPolicy,
    /// Whether the table could not be used the last time; said once, not with every poll.
    table_failed: bool,
}

impl Dispatcher {
    pub(crate) fn new(outbox: Outbox, notifications: NotificationsClient, policy: DeliveryPolicy) -> Self {
        Self { outbox, notifications, policy, table_failed: false }
    }

    /// Delivers until `stop` is ready; then ends what is in flight and delivers what is due, for as long as the policy
    /// allows. What is left waits in the table.
    pub(crate) async fn run(mut self, stop: impl Future<Output = ()>) {
        let limit = self.policy.stop_limit;
        // One limit for all that is left to do.
        let mut stop = std::pin::pin!(async {
            stop.await;
            Instant::now() + limit
        });
        let deadline = loop {
            if let Some(deadline) = self.round(stop.as_mut()).await {
                break deadline;
            }
        };
        let rest = async { while self.deliver_due().await.all_went_well() {} };
        // What is claimed and not delivered waits for the end of its lease, so nothing is claimed for nothing.
        if Instant::now() < deadline {
            let _ = tokio::time::timeout_at(deadline, rest).await;
        }
    }

    /// Delivers what is due, or sleeps until something may be. When `stop` is ready: what it says.
    async fn round(&mut self, mut stop: Pin<&mut impl Future<Output = Instant>>) -> Option<Instant> {
        let poll = self.policy.poll;
        let mut pause = tokio::select! {
            deadline = &mut stop => return Some(deadline),
            pause = self.pause() => pause,
        };
        if pause.is_zero() {
            let mut delivery = std::pin::pin!(self.deliver_due());
            let delivered = tokio::select! {
                tally = &mut delivery => tally.taken,
                deadline = &mut stop => {
                    let _ = tokio::time::timeout_at(deadline, delivery).await;
                    return Some(deadline);
                }
            };
            if delivered > 0 {
                return None;
            }
            // Another process was faster, or the table cannot be used: no reason to hurry.
            pause = poll;
        }
        tokio::select! {
            deadline = &mut stop => Some(deadline),
            () = self.outbox.woken() => None,
            () = tokio::time::sleep(pause) => None,
        }
    }

    /// Takes the events that are due and delivers them side by side.
    async fn deliver_due(&mut self) -> Tally {
        let claimed = self.outbox.claim(self.policy.batch, self.policy.lease).await;
        let claimed = self.noted(claimed).unwrap_or_default();
        if claimed.is_empty() {
            return Tally { taken: 0, failed: 0 };
        }
        let accepted = join_all(claimed.iter().map(|event| self.deliver(event))).await;
        let accepted: Vec<_> =
            claimed.iter().zip(accepted).filter_map(|(event, accepted)| accepted.then_some(event)).collect();
        // All at once, so that deliveries keep pace with requests when these queue for their turn to write. What is
        // not forgotten here is delivered again when its lease ends.
        let forgotten = self.outbox.delivered(&accepted).await;
        self.noted(forgotten);
        Tally { taken: claimed.len(), failed: claimed.len() - accepted.len() }
    }

    /// How long to sleep if nobody wakes us: until the next event is due (zero: now), and not past the poll.
    async fn pause(&mut self) -> Duration {
        let due = self.outbox.due_in().await;
        self.noted(due).flatten().unwrap_or(self.policy.poll).min(self.policy.poll)
    }

    /// Says once when the table cannot be used, and once when it can be used again.
    fn noted<T>(&mut self, outcome: Result<T, database::Error>) -> Option<T> {
        match &outcome {
            Err(error) if !self.table_failed => tracing::error!(
                "exception.type" = "activities.outbox",
                "exception.message" = %error,
                exception.cause = error.source().map(ToString::to_string),
                "Outbox cannot be used"
            ),
            Ok(_) if self.table_failed => tracing::info!("Outbox can be used again"),
            _ => {}
        }
        self.table_failed = outcome.is_err();
        outcome.ok()
    }

    /// One attempt, in a span of the request that caused the event. Answers whether it was accepted.
    async fn deliver(&self, claimed: &Claimed) -> bool {
        let span = claimed.carrier.scope(|| {
            tracing::info_span!(
                "outbox.deliver",
                otel.kind = "producer",
                otel.status_code = Empty,
                error.type = Empty,
                messaging.system = "outbox",
                messaging.operation.name = "deliver",
                messaging.operation.type = "send",
                messaging.destination.name = "notifications",
                messaging.message.id = %claimed.event_id,
                outbox.attempt = claimed.attempts,
            )
        });
        let delivered = async {
            let Err(failure) = self.attempt(claimed).await else { return true };
            failure.mark(&Span::current());
            failure.log(claimed);
            if let Err(error) = self.postpone(claimed, &failure).await {
                // The lease ends by itself, and then the event is delivered once more.
                tracing::warn!("exception.message" = %error, "Failure of a delivery could not be written");
            }
            false
        };
        delivered.instrument(span).await
    }

    async fn attempt(&self, claimed: &Claimed) -> Result<(), Failure> {
        let event: Event = serde_json::from_str(&claimed.payload).map_err(Failure::Unreadable)?;
        self.notifications.send(&event).await.map(drop).map_err(Failure::Call)
    }

    async fn postpone(&self, claimed: &Claimed, failure: &Failure) -> Result<(), database::Error> {
        if failure.is_final() {
            return self.outbox.park(claimed, &failure.to_string()).await;
        }
        let pause = self.policy.pause(claimed.attempts, rand::random());
        self.outbox.retry(claimed, pause, &failure.to_string()).await
    }
}

/// What became of the events of one look at the table.
struct Tally {
    taken: usize,
    failed: usize,
}

impl Tally {
    /// Whether it is worth while to go on at once: with a receiver that is down, it is not.
    fn all_went_well(&self) -> bool {
        self.taken > 0 && self.failed == 0
    }
}

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the event cannot be read: {0}")]
    Unreadable(#[source] serde_json::Error),
    #[error(transparent)]
    Call(ClientError),
}

impl Failure {
    fn is_final(&self) -> bool {
        match self {
            Self::Unreadable(_) => true,
            Self::Call(error) => error.is_final(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "event_unreadable",
            Self::Call(error) => error.kind(),
        }
    }

    fn mark(&self, span: &Span) {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", self.kind());
    }

    /// One ERROR for what a person should look at: an event that is parked, or the first time that notifications cannot
    /// be reached. Its own failures it has reported, and a further attempt is no news.
    fn log(&self, claimed: &Claimed) {
        let cause = self.source().map(ToString::to_string);
        let reported = matches!(self, Self::Call(error) if error.is_reported_by_callee());
        if self.is_final() {
            tracing::error!(
                messaging.message.id = %claimed.event_id,
                "exception.type" = self.kind(),
                "exception.message" = %self,
                "Event was refused for good and is parked"
            );
        } else if reported || claimed.attempts > 1 {
            tracing::warn!(
                messaging.message.id = %claimed.event_id,
                outbox.attempt = claimed.attempts,
                "exception.type" = self.kind(),
                "exception.message" = %self,
                "Event could not be delivered and is tried again"
            );
        } else {
            tracing::error!(
                messaging.message.id = %claimed.event_id,
                outbox.attempt = claimed.attempts,
                "exception.type" = self.kind(),
                "exception.message" = %self,
                exception.cause = cause,
                "Event could not be delivered and is tried again"
            );
        }
    }
}
