//! The one layer: spans into OpenTelemetry's, events into log lines. Fields are read once, and what is made of them is
//! made elsewhere.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, ContextGuard};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_subscriber::registry::{LookupSpan, Registry, SpanRef};
use tracing_subscriber::{Layer, layer};

use crate::logs::{Logs, is_of_caller};
use crate::reports::Reports;
use crate::spans::{Begun, Fields, Live, Start, Tracer};
use crate::{background, panics, reports, trouble};

/// What [`init`](crate::init) puts on top of `tracing`'s registry.
///
/// It decides once a callsite what is wanted, so that an event below the level costs a load and a branch. Spans are
/// wanted from INFO up, whatever `RUST_LOG` says: a filter of log lines must not be able to cut a trace.
pub(crate) struct Telemetry {
    tracer: Arc<Tracer>,
    logs: Arc<Logs>,
    reports: Option<Arc<Reports>>,
}

thread_local! {
    /// Contexts that are attached because a span is entered. A guard cannot leave its thread, so it cannot live in the
    /// span's own data.
    static ENTERED: RefCell<Vec<(Id, ContextGuard)>> = const { RefCell::new(Vec::new()) };
}

impl Telemetry {
    pub(crate) fn new(tracer: Arc<Tracer>, logs: Logs) -> Self {
        Self { tracer, logs: Arc::new(logs), reports: None }
    }

    pub(crate) fn with_reports(self, reports: Option<Arc<Reports>>) -> Self {
        Self { reports, ..self }
    }

    pub(crate) fn logs(&self) -> &Arc<Logs> {
        &self.logs
    }

    pub(crate) fn reports(&self) -> Option<&Arc<Reports>> {
        self.reports.as_ref()
    }

    pub(crate) fn tracer(&self) -> &Arc<Tracer> {
        &self.tracer
    }

    /// What is recorded of the span `id` of `subscriber`, if it is sampled and has not ended.
    pub(crate) fn live(subscriber: &Dispatch, id: &Id) -> Option<Arc<Live>> {
        live(&subscriber.downcast_ref::<Registry>()?.span(id)?)
    }

    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        if metadata.is_span() {
            *metadata.level() <= Level::INFO
        } else if trouble::is_telemetry(metadata.target()) {
            trouble::tells(*metadata.level())
        } else {
            self.logs.wants(metadata) || self.reported(metadata).is_some()
        }
    }

    /// Who reports events of a callsite, if they are worth it: no mistakes of callers. The panic hook and [`reports::message`] report what they log,
    /// with more than an event can say.
    fn reported(&self, metadata: &Metadata<'_>) -> Option<&Reports> {
        let reports = self.reports.as_deref()?;
        let told = [panics::LOG_TARGET, reports::LOG_TARGET].contains(&metadata.target());
        (!told && !is_of_caller(metadata) && reports.wants(metadata)).then_some(reports)
    }

    /// A span as its macro describes it.
    fn begin<S>(&self, attributes: &Attributes<'_>, context: &layer::Context<'_, S>) -> Begun
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let start = Start::now(attributes.metadata().name(), SpanKind::Internal);
        let begin = |parent: &Context| {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            self.tracer.begin(parent, start, |span| fields.record(span))
        };
        match attributes.parent() {
            Some(parent) => begin(&context.span(parent).and_then(|span| work(&span)).unwrap_or_default()),
            None if attributes.is_root() => begin(&Context::new()),
            // A copy, because reading the fields may attach contexts.
            None => begin(&Context::current()),
        }
    }
}

/// The context in which the work of a span runs.
fn work<'span, R: LookupSpan<'span>>(span: &SpanRef<'span, R>) -> Option<Context> {
    span.extensions().get::<Begun>().map(|begun| begun.context.clone())
}

fn live<'span, R: LookupSpan<'span>>(span: &SpanRef<'span, R>) -> Option<Arc<Live>> {
    span.extensions().get::<Begun>().and_then(|begun| begun.live.clone())
}

impl<S> Layer<S> for Telemetry
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: layer::Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: layer::Context<'_, S>) {
        if background::is_sender() {
            return;
        }
        let begun = Begun::prepared().unwrap_or_else(|| self.begin(attributes, &context));
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(begun);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: layer::Context<'_, S>) {
        let Some(live) = context.span(id).and_then(|span| live(&span)) else { return };
        let mut fields = Fields::default();
        values.record(&mut fields);
        live.update(|span| fields.record(span));
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: layer::Context<'_, S>) {
        let Some(live) = context.span(id).and_then(|span| live(&span)) else { return };
        let followed = context.span(follows).and_then(|span| work(&span));
        if let Some(followed) = followed {
            live.update(|span| span.link(followed.span().span_context().clone(), Vec::new()));
        }
    }

    fn on_enter(&self, id: &Id, context: layer::Context<'_, S>) {
        let Some(work) = context.span(id).and_then(|span| work(&span)) else { return };
        let guard = work.attach();
        ENTERED.with_borrow_mut(|entered| entered.push((id.clone(), guard)));
    }

    fn on_exit(&self, id: &Id, _: layer::Context<'_, S>) {
        // Usually the last one; guards that are dropped out of order leave others above it.
        let left = ENTERED.with_borrow_mut(|entered| {
            let position = entered.iter().rposition(|(known, _)| known == id)?;
            Some(entered.remove(position))
        });
        drop(left);
    }

    fn on_close(&self, id: Id, context: layer::Context<'_, S>) {
        let begun = context.span(&id).and_then(|span| span.extensions_mut().remove::<Begun>());
        if let Some(live) = begun.and_then(|begun| begun.live) {
            live.end(SystemTime::now());
        }
    }

    fn on_event(&self, event: &Event<'_>, context: layer::Context<'_, S>) {
        if trouble::is_telemetry(event.metadata().target()) {
            trouble::event(event);
            return;
        }
        if background::is_sender() {
            return;
        }
        let ids = |context: &Context| context.span().span_context().clone();
        let parent = event.parent().and_then(|id| context.span(id)).and_then(|span| work(&span));
        let ids = parent.map_or_else(|| Context::map_current(ids), |parent| ids(&parent));
        let occurrence = self.reported(event.metadata()).and_then(|reports| {
            let live = context.event_span(event).and_then(|span| live(&span));
            reports.event(event, &ids, live.as_deref())
        });
        // It may be wanted as a report alone.
        if self.logs.wants(event.metadata()) {
            self.logs.event(event, ids, occurrence);
        }
    }
}
