//! Reads a request body: within a limit, within the budget of all bodies together, within a time.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

/// A sender that needs longer than this for one body is not waited for.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A body that is too large is read on for so many bytes, so that the sender sees the answer and not a reset.
const DISCARD_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of bodies that may be in memory at one time.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    limit: usize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit })
    }
}

/// A part of the budget, given back when it goes out of scope.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Reservation {
    pub(crate) fn of(budget: &Arc<Budget>) -> Self {
        Self { budget: budget.clone(), bytes: 0 }
    }

    /// Takes `bytes` more; false if there are not so many left.
    fn grow(&mut self, bytes: usize) -> bool {
        let before = self.budget.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        before + bytes <= self.budget.limit
    }

    /// Gives all of it back at once.
    fn release(&mut self) {
        self.budget.used.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.release();
    }
}

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge,
    BudgetExhausted,
    /// The sender went away, or sent something that is not HTTP.
    Broken,
    TimedOut,
}

/// Reads the body of a request over HTTP/1.1. Of one that is refused the rest is read, too: a sender that is not done
/// sending would otherwise see a reset and not the answer.
pub(crate) async fn read<E>(
    mut payload: impl Stream<Item = Result<Bytes, E>> + Unpin,
    limit: usize,
    reservation: &mut Reservation,
) -> Result<Vec<u8>, BodyError> {
    within_time(async {
        let body = read_within(&mut payload, limit, reservation).await;
        if let Err(BodyError::TooLarge | BodyError::BudgetExhausted) = body {
            discard(payload).await;
        }
        body
    })
    .await
}

/// The same over HTTP/2, where an answer may come before the end of the body.
pub(crate) async fn read_or_answer<E>(
    mut payload: impl Stream<Item = Result<Bytes, E>> + Unpin,
    limit: usize,
    reservation: &mut Reservation,
) -> Result<Vec<u8>, BodyError> {
    within_time(read_within(&mut payload, limit, reservation)).await
}

async fn within_time(
    reading: impl Future<Output = Result<Vec<u8>, BodyError>>,
) -> Result<Vec<u8>, BodyError> {
    tokio::time::timeout(READ_TIMEOUT, reading).await.unwrap_or(Err(BodyError::TimedOut))
}

/// What was read of a body that is refused is let go at once: others need the room.
async fn read_within<E>(
    payload: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
    limit: usize,
    reservation: &mut Reservation,
) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        if body.len() + chunk.len() > limit {
            reservation.release();
            return Err(BodyError::TooLarge);
        }
        if !reservation.grow(chunk.len()) {
            reservation.release();
            return Err(BodyError::BudgetExhausted);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

async fn discard<E>(mut payload: impl Stream<Item = Result<Bytes, E>> + Unpin) {
    let mut discarded = 0;
    while let Some(Ok(chunk)) = payload.next().await {
        discarded += chunk.len();
        if discarded > DISCARD_BYTES {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{FutureExt, stream};

    use super::*;

    /// A body whose first ten bytes have arrived, and whose rest never does.
    fn unfinished_body() -> impl Stream<Item = Result<Bytes, Infallible>> + Unpin {
        let arrived = stream::iter([Ok(Bytes::from_static(b"01234")), Ok(Bytes::from_static(b"56789"))]);
        arrived.chain(stream::pending())
    }

    #[actix_web::test]
    async fn a_body_that_is_refused_leaves_its_room_to_others_while_its_rest_is_read() {
        for (limit, budget) in [(7, 100), (100, 7)] {
            let budget = Budget::new(budget);
            let mut reservation = Reservation::of(&budget);
            let mut reading = Box::pin(read(unfinished_body(), limit, &mut reservation));

            assert_eq!(reading.as_mut().now_or_never(), None, "the rest is waited for");

            assert_eq!(budget.used.load(Ordering::Relaxed), 0);
        }
    }

    #[actix_web::test]
    async fn over_http_2_a_body_is_refused_before_it_has_ended() {
        for (limit, budget, error) in [(7, 100, BodyError::TooLarge), (100, 7, BodyError::BudgetExhausted)] {
            let budget = Budget::new(budget);
            let mut reservation = Reservation::of(&budget);

            let outcome = read_or_answer(unfinished_body(), limit, &mut reservation).now_or_never();

            assert_eq!(outcome, Some(Err(error)));
            assert_eq!(budget.used.load(Ordering::Relaxed), 0);
        }
    }
}
