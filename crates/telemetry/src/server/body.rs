//! The body of an answer, watched until it has left.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use opentelemetry_semantic_conventions::attribute;
use tracing::Span;

use crate::spans::{self, Pending};

pin_project_lite::pin_project! {
    /// A body that marks the request's span when it breaks off: `error.type` is `cancelled` when the caller went away,
    /// and `response_body` when the body itself failed.
    pub struct Watched<B> {
        #[pin]
        body: B,
        span: Span,
        pending: Pending,
        // Bytes that are still to leave; `None` for a stream of unknown length, which ends when it says so.
        left: Option<u64>,
    }
}

impl<B: MessageBody> Watched<B> {
    /// Watches `body`; when `leaves` is false (the answer to a HEAD request), none of it is ever asked for.
    pub(super) fn new(body: B, span: Span, leaves: bool) -> Self {
        let left = match body.size() {
            _ if !leaves => Some(0),
            BodySize::None => Some(0),
            BodySize::Sized(bytes) => Some(bytes),
            BodySize::Stream => None,
        };
        let mut pending = Pending::new(span.clone());
        if left == Some(0) {
            pending.done();
        }
        Self { body, span, pending, left }
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
            Poll::Ready(None) => this.pending.done(),
            Poll::Ready(Some(Ok(bytes))) => {
                *this.left = this.left.map(|left| left.saturating_sub(bytes.len() as u64));
                if *this.left == Some(0) {
                    this.pending.done();
                }
            }
            Poll::Ready(Some(Err(_))) => {
                this.pending.done();
                spans::update(this.span, |span| {
                    span.set(KeyValue::new(attribute::ERROR_TYPE, "response_body"));
                    span.status(Status::error(""));
                });
            }
        }
        polled
    }
}
