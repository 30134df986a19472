//! Reads a request body: within a limit, within the budget of all bodies together, within a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::web::Payload;
use futures_util::StreamExt;

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

/// Reads the body of a request.
pub(crate) async fn read(
    payload: Payload,
    limit: usize,
    reservation: &mut Reservation,
) -> Result<Vec<u8>, BodyError> {
    let reading = read_within(payload, limit, reservation);
    tokio::time::timeout(READ_TIMEOUT, reading).await.unwrap_or(Err(BodyError::TimedOut))
}

async fn read_within(
    mut payload: Payload,
    limit: usize,
    reservation: &mut Reservation,
) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        if body.len() + chunk.len() > limit {
            return refuse(BodyError::TooLarge, body, payload, reservation).await;
        }
        if !reservation.grow(chunk.len()) {
            return refuse(BodyError::BudgetExhausted, body, payload, reservation).await;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What was read is let go first: the rest may take its time, and others need the room.
async fn refuse(
    error: BodyError,
    body: Vec<u8>,
    payload: Payload,
    reservation: &mut Reservation,
) -> Result<Vec<u8>, BodyError> {
    drop(body);
    reservation.release();
    discard(payload).await;
    Err(error)
}

async fn discard(mut payload: Payload) {
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
    use actix_web::FromRequest;
    use actix_web::test::TestRequest;
    use actix_web::web::Bytes;
    use futures_util::{FutureExt, stream};

    use super::*;

    /// A body whose first ten bytes have arrived, and whose rest never does.
    async fn unfinished_body() -> Payload {
        let arrived = stream::iter([Ok(Bytes::from_static(b"01234")), Ok(Bytes::from_static(b"56789"))]);
        let payload = Box::pin(arrived.chain(stream::pending()));
        let request = TestRequest::default().to_http_request();
        Payload::from_request(&request, &mut actix_web::dev::Payload::Stream { payload }).await.unwrap()
    }

    #[actix_web::test]
    async fn a_body_that_is_refused_leaves_its_room_to_others_while_its_rest_is_read() {
        for (limit, budget) in [(7, 100), (100, 7)] {
            let budget = Budget::new(budget);
            let mut reservation = Reservation::of(&budget);
            let mut reading = Box::pin(read_within(unfinished_body().await, limit, &mut reservation));

            assert_eq!(reading.as_mut().now_or_never(), None, "the rest is waited for");

            assert_eq!(budget.used.load(Ordering::Relaxed), 0);
        }
    }
}
