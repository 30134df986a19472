//! The body of an answer, watched until it has left.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use opentelemetry_semantic_conventions::attribute;

use crate::metrics::Measure;
use crate::spans::Pending;

/// `error.type` of a body that failed.
const BROKEN: &str = "response_body";

pin_project_lite::pin_project! {
    /// A body that marks the request's span when it breaks off: `error.type` is `cancelled` when the caller went away,
    /// and `response_body` when the body itself failed. The duration of the request ends with it, like the span.
    pub struct Watched<B> {
        #[pin]
        body: B,
        pending: Pending,
        measure: Option<Measure>,
        // Bytes that are still to leave; `None` for a stream of unknown length, which ends when it says so.
        left: Option<u64>,
    }
}

impl<B: MessageBody> Watched<B> {
    /// Watches `body`; when `leaves` is false (the answer to a HEAD request), none of it is ever asked for.
    pub(super) fn new(body: B, pending: Pending, measure: Option<Measure>, leaves: bool) -> Self {
        let left = match body.size() {
            _ if !leaves => Some(0),
            BodySize::None => Some(0),
            BodySize::Sized(bytes) => Some(bytes),
            BodySize::Stream => None,
        };
        let mut watched = Self { body, pending, measure, left };
        if left == Some(0) {
            done(&mut watched.pending, &mut watched.measure);
        }
        watched
    }
}

/// All of it has left.
fn done(pending: &mut Pending, measure: &mut Option<Measure>) {
    pending.done();
    if let Some(measure) = measure.take() {
        measure.end();
    }
}

impl<B: MessageBody> MessageBody for Watched<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        let polled = this.body.poll_next(cx);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(None) => done(this.pending, this.measure),
            Poll::Ready(Some(Ok(bytes))) => {
                *this.left = this.left.map(|left| left.saturating_sub(bytes.len() as u64));
                if *this.left == Some(0) {
                    done(this.pending, this.measure);
                }
            }
            Poll::Ready(Some(Err(_))) => {
                this.pending.done();
                if let Some(measure) = this.measure.take() {
                    measure.fail(BROKEN);
                }
                if let Some(live) = this.pending.live() {
                    live.update(|span| {
                        span.set(KeyValue::new(attribute::ERROR_TYPE, BROKEN));
                        span.status(Status::error(""));
                    });
                }
            }
        }
        polled
    }
}
