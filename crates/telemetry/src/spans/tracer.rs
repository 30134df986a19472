//! Where spans begin: ids, the sampling decision, the context.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{
    IdGenerator, RandomIdGenerator, Sampler, SamplingDecision, ShouldSample, SpanData, SpanEvents, SpanLinks,
};

use tracing::Span;

use super::limits::Limits;
use super::live::{Handle, Live};
use super::recording::Recording;
use crate::propagation::traceparent::RANDOM;

/// The instrumentation scope of all spans.
const SCOPE: &str = env!("CARGO_PKG_NAME");

/// Begins spans and takes them when they end.
pub(crate) struct Tracer {
    pub(crate) sampler: Sampler,
    pub(crate) limits: Limits,
    /// Keys of baggage that become attributes of each span.
    pub(crate) baggage: Vec<String>,
    /// Nothing is recorded, and a caller's context is passed on as it came: specification, `OTEL_SDK_DISABLED`.
    pub(crate) is_disabled: bool,
    sink: Box<dyn Fn(SpanData) + Send + Sync>,
    scope: InstrumentationScope,
    ids: RandomIdGenerator,
}

/// What is known of a span before it is decided whether it is recorded.
pub(crate) struct Start {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: SpanKind,
    pub(crate) time: SystemTime,
}

impl Start {
    /// A span that begins now. [`Recording::name`] may name it better once it is known to be recorded.
    pub(crate) fn now(name: &'static str, kind: SpanKind) -> Self {
        Self { name: Cow::Borrowed(name), kind, time: SystemTime::now() }
    }
}

/// A span that has begun.
pub(crate) struct Begun {
    /// The context in which the work of the span runs.
    pub(crate) context: Context,
    /// What is recorded of it; `None` when it is not sampled.
    pub(crate) live: Option<Arc<Live>>,
}

impl fmt::Debug for Tracer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tracer").field("sampler", &self.sampler).finish_non_exhaustive()
    }
}

impl Tracer {
    /// A tracer that hands ended spans to `sink`, on whatever thread they end; `sink` must not block.
    pub(crate) fn new(
        sampler: Sampler,
        limits: Limits,
        sink: impl Fn(SpanData) + Send + Sync + 'static,
    ) -> Self {
        let scope = InstrumentationScope::builder(SCOPE).with_version(env!("CARGO_PKG_VERSION")).build();
        Self {
            sampler,
            limits,
            baggage: Vec::new(),
            is_disabled: false,
            sink: Box::new(sink),
            scope,
            ids: RandomIdGenerator::default(),
        }
    }

    /// Begins a span below `parent`, or a trace when `parent` has no span. `describe` is asked only if it is sampled.
    pub(crate) fn begin(
        self: &Arc<Self>,
        parent: &Context,
        start: Start,
        describe: impl FnOnce(&mut Recording<'_>),
    ) -> Begun {
        let above = parent.span();
        let above = above.span_context();
        if self.is_disabled {
            return Begun::unrecorded(parent);
        }
        let (trace_id, flags) = if above.is_valid() {
            (above.trace_id(), above.trace_flags())
        } else {
            // Trace Context level 2, section 3.2.5.2: who makes a trace id at random says so.
            (self.ids.new_trace_id(), TraceFlags::new(RANDOM))
        };
        let (sampled, state) = self.decide(parent, above, trace_id, &start);
        let flags = flags.with_sampled(sampled);
        let ids = SpanContext::new(trace_id, self.ids.new_span_id(), flags, false, state);
        if !sampled {
            return Begun { context: parent.with_remote_span_context(ids), live: None };
        }
        let mut data = self.data(ids.clone(), above, start);
        let mut recording = Recording::of(&mut data, &self.limits);
        describe(&mut recording);
        for key in &self.baggage {
            if let Some(value) = parent.baggage().get(key) {
                recording.set(KeyValue::new(key.clone(), value.to_string()));
            }
        }
        let live = Arc::new(Live::new(data, Arc::clone(self)));
        let handle = Handle::new(ids, Arc::clone(&live));
        Begun { context: parent.with_span(handle), live: Some(live) }
    }

    fn decide(
        &self,
        parent: &Context,
        above: &SpanContext,
        trace_id: TraceId,
        start: &Start,
    ) -> (bool, TraceState) {
        let parent = above.is_valid().then_some(parent);
        let result = self.sampler.should_sample(parent, trace_id, &start.name, &start.kind, &[], &[]);
        (result.decision == SamplingDecision::RecordAndSample, result.trace_state)
    }

    fn data(&self, ids: SpanContext, above: &SpanContext, start: Start) -> SpanData {
        let attributes = Vec::with_capacity(usual_attributes(&start.kind));
        SpanData {
            span_context: ids,
            parent_span_id: if above.is_valid() { above.span_id() } else { SpanId::INVALID },
            parent_span_is_remote: above.is_valid() && above.is_remote(),
            span_kind: start.kind,
            name: start.name,
            start_time: start.time,
            end_time: start.time,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: self.scope.clone(),
        }
    }

    /// Takes a span that has ended.
    pub(crate) fn end(&self, span: SpanData) {
        (self.sink)(span);
    }

    /// Ids of a trace that nobody samples, for an answer that must carry some.
    pub(crate) fn unsampled() -> SpanContext {
        let ids = RandomIdGenerator::default();
        let (trace_id, span_id) = (ids.new_trace_id(), ids.new_span_id());
        SpanContext::new(trace_id, span_id, TraceFlags::new(RANDOM), false, TraceState::NONE)
    }
}

/// Room for the attributes that spans of a kind usually have, so that it is taken once and none is wasted.
fn usual_attributes(kind: &SpanKind) -> usize {
    match kind {
        SpanKind::Server => 14,
        SpanKind::Client => 10,
        _ => 4,
    }
}

thread_local! {
    /// A span that was begun already, on its way through the `tracing` macro that makes its handle.
    static PREPARED: Cell<Option<Begun>> = const { Cell::new(None) };
}

/// Runs `make`, whose new span is `begun`.
pub(super) fn with_prepared(begun: Begun, make: impl FnOnce() -> Span) -> Span {
    PREPARED.set(Some(begun));
    let span = make();
    // Left over when the subscriber did not want the span.
    PREPARED.take();
    span
}

impl Begun {
    /// Work that nobody records: in the caller's context, or in one whose ids only tell requests apart in log lines.
    fn unrecorded(parent: &Context) -> Self {
        let context = if parent.span().span_context().is_valid() {
            parent.clone()
        } else {
            parent.with_remote_span_context(Tracer::unsampled())
        };
        Self { context, live: None }
    }

    /// The span that is on its way through the macro at this moment.
    pub(crate) fn prepared() -> Option<Self> {
        PREPARED.take()
    }
}
