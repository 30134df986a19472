//! Spans in memory, to assert on in tests.
//!
//! ```
//! let recorder = telemetry::testing::record();
//! tracing::info_span!("work").in_scope(|| tracing::info_span!("part").in_scope(|| ()));
//!
//! assert_eq!(recorder.tree(), "INTERNAL work\n  INTERNAL part\n");
//! ```

pub mod semconv;

use std::fmt::Write;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use opentelemetry::Value;
use opentelemetry::trace::{SpanId, SpanKind};
use opentelemetry_sdk::trace::SpanData;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;

use crate::Settings;
use crate::layer::Telemetry;
use crate::logs::Logs;
use crate::spans::{Limits, Tracer};

/// Spans that were recorded.
#[must_use = "spans of a thread are recorded while its recorder lives"]
pub struct Recorder {
    spans: Spans,
    _subscriber: Option<DefaultGuard>,
}

type Spans = Arc<Mutex<Vec<SpanData>>>;

/// Records the spans of this thread, until the recorder is dropped, through the same layer that [`init`](crate::init)
/// installs. Every span is sampled,
/// unless `OTEL_TRACES_SAMPLER` says otherwise.
pub fn record() -> Recorder {
    let spans = Spans::default();
    let subscriber = tracing_subscriber::registry().with(layer(&spans));
    Recorder { spans, _subscriber: Some(tracing::subscriber::set_default(subscriber)) }
}

/// Records the spans of all threads of this process, from the first call on: for servers, whose workers are threads of
/// their own. All recorders that it answers share the spans.
///
/// # Panics
/// When the process has a global `tracing` subscriber of another kind.
pub fn record_process() -> Recorder {
    static SPANS: LazyLock<Spans> = LazyLock::new(|| {
        let spans = Spans::default();
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer(&spans)))
            .expect("the process has no other subscriber");
        spans
    });
    Recorder { spans: Arc::clone(&SPANS), _subscriber: None }
}

fn layer(spans: &Spans) -> Telemetry {
    let kept = Arc::clone(spans);
    let keep = move |span| kept.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    let tracer = Tracer::new(Settings::from_env().traces.sampler, Limits::default(), keep);
    Telemetry::new(Arc::new(tracer), Logs::none())
}

impl Drop for Recorder {
    /// Holds every span that a test made against the semantic conventions.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let observed: Vec<semconv::Observed> = self.spans().iter().map(Into::into).collect();
            semconv::assert_clean(&observed);
        }
    }
}

impl Recorder {
    /// The spans that have ended, in the order in which they ended.
    #[must_use]
    pub fn spans(&self) -> Vec<SpanData> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All ended spans as an indented tree, children in the order in which they started: `SERVER GET /a\n  CLIENT GET\n`.
    #[must_use]
    pub fn tree(&self) -> String {
        let mut spans = self.spans();
        spans.sort_by_key(|span| span.start_time);
        let is_known = |id: SpanId| spans.iter().any(|span| span.span_context.span_id() == id);
        let mut text = String::new();
        let mut open: Vec<(usize, &SpanData)> =
            spans.iter().rev().filter(|span| !is_known(span.parent_span_id)).map(|span| (0, span)).collect();
        while let Some((depth, span)) = open.pop() {
            let kind = kind(&span.span_kind);
            writeln!(text, "{:width$}{kind} {}", "", span.name, width = depth * 2)
                .expect("a String takes all text");
            let children =
                spans.iter().rev().filter(|child| child.parent_span_id == span.span_context.span_id());
            open.extend(children.map(|child| (depth + 1, child)));
        }
        text
    }
}

fn kind(kind: &SpanKind) -> &'static str {
    match kind {
        SpanKind::Server => "SERVER",
        SpanKind::Client => "CLIENT",
        SpanKind::Internal => "INTERNAL",
        SpanKind::Producer => "PRODUCER",
        SpanKind::Consumer => "CONSUMER",
    }
}

/// The value of an attribute of a span, `None` when it has none of that name.
#[must_use]
pub fn attribute<'s>(span: &'s SpanData, key: &str) -> Option<&'s Value> {
    span.attributes.iter().find(|attribute| attribute.key.as_str() == key).map(|attribute| &attribute.value)
}
