//! The body of an answer, watched until it has left.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::ending::Ending;
use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

pin_project_lite::pin_project! {
    /// A body that marks the request's span when it breaks off: `error.type` is `cancelled` when the caller went away,
    /// and `response_body` when the body itself failed. The duration of the request ends with it, like the span.
    pub struct Watched<B> {
        #[pin]
        body: B,
        // `None` once the request has ended.
        ending: Option<Ending>,
        // Bytes that are still to leave; `None` for a stream of unknown length, which ends when it says so.
        left: Option<u64>,
    }
}

impl<B: MessageBody> Watched<B> {
    /// Watches `body`; when `leaves` is false (the answer to a HEAD request), none of it is ever asked for.
    pub(super) fn new(body: B, ending: Ending, leaves: bool) -> Self {
        let left = match body.size() {
            _ if !leaves => Some(0),
            BodySize::None => Some(0),
            BodySize::Sized(bytes) => Some(bytes),
            BodySize::Stream => None,
        };
        let mut ending = Some(ending);
        if left == Some(0) {
            done(&mut ending);
        }
        Self { body, ending, left }
    }
}

/// All of it has left.
fn done(ending: &mut Option<Ending>) {
    if let Some(ending) = ending.take() {
        ending.done();
    }
}

impl<B: MessageBody> MessageBody for Watched<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        let polled = ready!(this.body.poll_next(cx)).map(|read| read.map_err(Into::into));
        match &polled {
            None => done(this.ending),
            Some(Ok(bytes)) => {
                if let Some(ending) = this.ending {
                    ending.sent(bytes.len() as u64);
                }
                *this.left = this.left.map(|left| left.saturating_sub(bytes.len() as u64));
                if *this.left == Some(0) {
                    done(this.ending);
                }
            }
            Some(Err(error)) => {
                if let Some(ending) = this.ending.take() {
                    ending.broke_off(error.as_ref());
                }
            }
        }
        Poll::Ready(polled)
    }
}
