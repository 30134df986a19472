//! Context into work that leaves the request's own future.
//!
//! Futures need nothing of this: `.instrument(span)` and `.in_current_span()` of the `tracing` crate carry the context
//! through any executor. Closures and streams have no such thing, so here it is.
//!
//! ```
//! # use actix_web::web;
//! use telemetry::work;
//!
//! # async fn handler() -> Result<(), actix_web::error::BlockingError> {
//! let sum = web::block(work::carry(|| {
//!     let _span = tracing::info_span!("count").entered(); // a child of the request
//!     1 + 1
//! }))
//! .await?;
//!
//! std::thread::spawn(work::carry(|| tracing::info!("still in the trace")));
//! # Ok(())
//! # }
//! ```

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_util::Stream;
use opentelemetry::Context;
use tracing::Span;

/// A closure that runs `work` in the span and the context of the caller, on whatever thread it is called.
#[must_use = "the closure does nothing until it is called"]
pub fn carry<R>(work: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let (context, span) = (Context::current(), Span::current());
    move || {
        let _attached = context.attach();
        span.in_scope(work)
    }
}

/// A stream every item of which is made in the span of the caller. The span ends when the stream is dropped, and not
/// before.
///
/// The body of an answer needs none of this: it is polled inside of the request's span, which ends with the body.
pub fn stream<S: Stream>(stream: S) -> Carried<S> {
    Carried { stream, span: Span::current() }
}

pin_project_lite::pin_project! {
    /// The stream of [`stream`].
    #[must_use = "streams do nothing unless polled"]
    pub struct Carried<S> {
        #[pin]
        stream: S,
        span: Span,
    }
}

impl<S: Stream> Stream for Carried<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let stream = this.stream;
        this.span.in_scope(|| stream.poll_next(cx))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}
