//! What of a caller's context becomes ours.

use std::net::IpAddr;
use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::TrustPolicy;

/// Which baggage is kept of a caller that the [`TrustPolicy`] does not believe. None by default.
///
/// Baggage travels to every service behind this one. What a stranger may put into it is worth a list, such as the name
/// of an experiment; and what comes by the list is still a stranger's text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BaggageRules {
    /// Keys that a stranger may set, compared with case.
    pub from_strangers: Vec<String>,
}

/// Of `TELEMETRY_BAGGAGE`, once [`init`](crate::init) has read it.
static INSTALLED: OnceLock<BaggageRules> = OnceLock::new();

impl BaggageRules {
    /// Makes these the rules of every [`Tracing`](crate::server::Tracing) that is not given others.
    pub(crate) fn install(self) {
        // The first choice stands, as there is one `init`.
        let _ = INSTALLED.set(self);
    }

    /// The rules of this process.
    pub(crate) fn installed() -> Self {
        INSTALLED.get().cloned().unwrap_or_default()
    }

    /// The baggage of `context` that a stranger may set, with its properties.
    fn admitted(&self, context: &Context) -> Baggage {
        let mut admitted = Baggage::new();
        for key in &self.from_strangers {
            if let Some((value, properties)) = context.baggage().get_with_metadata(key) {
                admitted.insert_with_metadata(key.clone(), value.clone(), properties.clone());
            }
        }
        admitted
    }
}

/// A caller's context, judged.
#[derive(Debug)]
pub(crate) struct Received {
    /// The parent of the request's span; without a span of its own when a new trace begins.
    pub(crate) parent: Context,
    /// The span of a caller that is not believed, to link to.
    pub(crate) stranger: Option<SpanContext>,
}

impl TrustPolicy {
    /// Judges `theirs`, the context that came over a connection from `peer`. When it is not believed a new trace begins:
    /// neither ids nor flags nor state are taken over, and only the baggage that `rules` admit.
    pub(crate) fn receive(&self, theirs: Context, peer: Option<IpAddr>, rules: &BaggageRules) -> Received {
        if self.believes(peer) {
            return Received { parent: theirs, stranger: None };
        }
        let admitted = rules.admitted(&theirs);
        let parent = if admitted.is_empty() { Context::new() } else { Context::new().with_baggage(admitted) };
        let stranger = theirs.span().span_context().clone();
        Received { parent, stranger: stranger.is_valid().then_some(stranger) }
    }
}
