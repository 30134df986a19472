//! Keeps work running that nobody else would miss.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

/// Runs what `start` makes until it ends by itself. A panic is told at once, and after `pause` the work begins anew:
/// otherwise events would pile up in a service that looks healthy.
pub(crate) async fn supervise<F: Future<Output = ()>>(
    pause: Duration,
    stop: impl Future<Output = ()> + Clone,
    mut start: impl FnMut() -> F,
) {
    // What panicked is not used again: the next one is made from the start.
    while AssertUnwindSafe(start()).catch_unwind().await.is_err() {
        tracing::error!(
            "exception.type" = "activities.outbox",
            "exception.message" = "the dispatcher panicked",
            "Outbox dispatcher ended by panic and is started again"
        );
        tokio::select! {
            () = stop.clone() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{pending, ready};

    use super::*;

    #[actix_web::test]
    async fn work_that_panics_is_started_again_until_it_ends_by_itself() {
        let starts = Cell::new(0);

        supervise(Duration::ZERO, pending_stop(), || {
            starts.set(starts.get() + 1);
            let panics = starts.get() < 3;
            async move { assert!(!panics, "on purpose") }
        })
        .await;

        assert_eq!(starts.get(), 3);
    }

    #[actix_web::test]
    async fn the_pause_after_a_panic_ends_with_the_stop() {
        let starts = Cell::new(0);

        supervise(Duration::MAX, ready(()), || {
            starts.set(starts.get() + 1);
            async { panic!("on purpose") }
        })
        .await;

        assert_eq!(starts.get(), 1);
    }

    fn pending_stop() -> impl Future<Output = ()> + Clone {
        pending()
    }
}
