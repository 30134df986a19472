//! Spans: begun by sampling first, recorded as data, handed on when they end.
//!
//! A span that is not sampled is a context and nothing else: it is carried and logged by id, and no attribute of it is
//! ever built.

mod fields;
mod limits;
mod live;
mod pending;
mod recording;
#[cfg(test)]
mod tests;
mod tracer;

pub(crate) use fields::Fields;
pub(crate) use limits::{Limits, cut};
pub(crate) use live::Live;
pub(crate) use pending::Pending;
pub(crate) use recording::Recording;
pub(crate) use tracer::{Begun, Start, Tracer};

use opentelemetry::Context;
use tracing::Span;

use crate::layer::Telemetry;

/// Begins a span that is described by typed data instead of by the fields of `make`'s macro. `describe` runs only when
/// the span is sampled. In a process without telemetry `make` makes whatever span its subscriber makes.
pub(crate) fn begin(
    parent: &Context,
    start: Start,
    describe: impl FnOnce(&mut Recording<'_>),
    make: impl FnOnce() -> Span,
) -> Span {
    let begun = tracer(|tracer| tracer.begin(parent, start, describe));
    match begun {
        Some(begun) => tracer::with_prepared(begun, make),
        None => make(),
    }
}

/// What is recorded of the current span, if it is sampled and has not ended.
pub(crate) fn current() -> Option<std::sync::Arc<Live>> {
    live(&Span::current())
}

/// What is recorded of `span`, if it is sampled and has not ended.
pub(crate) fn live(span: &Span) -> Option<std::sync::Arc<Live>> {
    span.with_subscriber(|(id, subscriber)| Telemetry::live(subscriber, id)).flatten()
}

/// Changes what is recorded of `span`. Nothing happens to a span that is not sampled or has ended.
pub(crate) fn update(span: &Span, change: impl FnOnce(&mut Recording<'_>)) {
    if let Some(live) = live(span) {
        live.update(change);
    }
}

/// The tracer of this thread's subscriber, if that has ours.
pub(crate) fn tracer<R>(with: impl FnOnce(&std::sync::Arc<Tracer>) -> R) -> Option<R> {
    tracing::dispatcher::get_default(|subscriber| {
        subscriber.downcast_ref::<Telemetry>().map(|layer| std::sync::Arc::clone(layer.tracer()))
    })
    .map(|tracer| with(&tracer))
}
