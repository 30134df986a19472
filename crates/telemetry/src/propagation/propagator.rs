//! Which formats context is read and written in.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use http::{HeaderMap, HeaderName};
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::TraceContextExt;

use super::{b3, baggage, jaeger, strip, w3c, write};

/// A format of context in headers, by its name in `OTEL_PROPAGATORS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Propagator {
    /// `tracecontext`: W3C Trace Context, `traceparent` and `tracestate`.
    TraceContext,
    /// `baggage`: W3C Baggage.
    Baggage,
    /// `b3`: Zipkin's, in one line.
    B3,
    /// `b3multi`: Zipkin's, in several lines `X-B3-…`.
    B3Multi,
    /// `xray`: `X-Amzn-Trace-Id` of AWS X-Ray.
    XRay,
    /// `jaeger`: `uber-trace-id` of the old Jaeger clients.
    Jaeger,
}

impl Propagator {
    const ALL: [Self; 6] =
        [Self::TraceContext, Self::Baggage, Self::B3, Self::B3Multi, Self::XRay, Self::Jaeger];

    /// The name in `OTEL_PROPAGATORS`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TraceContext => "tracecontext",
            Self::Baggage => "baggage",
            Self::B3 => "b3",
            Self::B3Multi => "b3multi",
            Self::XRay => "xray",
            Self::Jaeger => "jaeger",
        }
    }

    /// The caller's span, when this format has a valid one.
    fn span<'h, L, I>(self, lines: &L) -> Option<Context>
    where
        L: Fn(&HeaderName) -> I,
        I: Iterator<Item = &'h [u8]>,
    {
        match self {
            Self::TraceContext => w3c::extract(lines),
            Self::Baggage => None,
            Self::B3 | Self::B3Multi => b3::extract(lines),
            Self::XRay => super::xray::extract(lines),
            Self::Jaeger => jaeger::extract(lines),
        }
    }

    fn write(self, context: &Context, headers: &mut HeaderMap) {
        let span = context.span();
        let span = span.span_context();
        match self {
            Self::Baggage => write(headers, super::BAGGAGE, Some(baggage::format(context.baggage()))),
            _ if !span.is_valid() => {}
            Self::TraceContext => w3c::inject(context, span, headers),
            Self::B3 => b3::inject_single(context, span, headers),
            Self::B3Multi => b3::inject_multiple(context, span, headers),
            Self::XRay => super::xray::inject(span, headers),
            Self::Jaeger => jaeger::inject(context, span, headers),
        }
    }
}

impl fmt::Display for Propagator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Propagator {
    type Err = ParsePropagatorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim();
        let known = Self::ALL.into_iter().find(|propagator| propagator.name() == name);
        known.ok_or_else(|| ParsePropagatorError(name.to_owned()))
    }
}

/// A propagator that this crate does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsePropagatorError(String);

impl fmt::Display for ParsePropagatorError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Propagator::ALL.map(Propagator::name).join(", ");
        write!(formatter, "`{}` is no propagator; there are {names}, and none by itself", self.0)
    }
}

impl std::error::Error for ParsePropagatorError {}

/// The formats in use, in the order in which they are asked for the caller's span. `tracecontext,baggage` by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propagators(Cow<'static, [Propagator]>);

/// The set that [`extract`](super::extract) and [`inject`](super::inject) work with, once chosen.
static INSTALLED: OnceLock<Propagators> = OnceLock::new();

static W3C: Propagators = Propagators::W3C;

impl Propagators {
    const W3C: Self = Self(Cow::Borrowed(&[Propagator::TraceContext, Propagator::Baggage]));

    /// The formats, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Propagator] {
        &self.0
    }

    /// The formats of W3C, whatever was chosen.
    pub(super) fn w3c() -> &'static Self {
        &W3C
    }

    /// Those of this process.
    pub(super) fn installed() -> &'static Self {
        INSTALLED.get().unwrap_or(&W3C)
    }

    /// Reads the context of the first format that has a valid one, and the baggage if that is wanted.
    pub(crate) fn extract<'h, L, I>(&self, lines: &L) -> Context
    where
        L: Fn(&HeaderName) -> I,
        I: Iterator<Item = &'h [u8]>,
    {
        let context = self.0.iter().find_map(|propagator| propagator.span(lines)).unwrap_or_default();
        if !self.0.contains(&Propagator::Baggage) {
            return context;
        }
        let baggage = baggage::parse(lines(&super::BAGGAGE));
        if baggage.is_empty() { context } else { context.with_baggage(baggage) }
    }

    /// Writes the context in all formats, in place of what any format left in the headers.
    pub(crate) fn inject(&self, context: &Context, headers: &mut HeaderMap) {
        strip(headers);
        for propagator in self.0.iter() {
            propagator.write(context, headers);
        }
    }
}

impl Default for Propagators {
    fn default() -> Self {
        Self::W3C
    }
}

impl FromIterator<Propagator> for Propagators {
    /// Keeps the first of each.
    fn from_iter<T: IntoIterator<Item = Propagator>>(propagators: T) -> Self {
        let mut set = Vec::new();
        for propagator in propagators {
            if !set.contains(&propagator) {
                set.push(propagator);
            }
        }
        Self(Cow::Owned(set))
    }
}

impl fmt::Display for Propagators {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|propagator| propagator.name()).collect();
        formatter.write_str(if names.is_empty() { "none" } else { "" })?;
        formatter.write_str(&names.join(","))
    }
}

impl FromStr for Propagators {
    type Err = ParsePropagatorError;

    /// Reads the form of `OTEL_PROPAGATORS`: names with commas between them, or `none`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim() == "none" {
            return Ok(Self(Cow::Borrowed(&[])));
        }
        text.split(',').map(str::parse).collect()
    }
}

/// Chooses the formats of this process. The first choice stands.
pub(crate) fn install(propagators: &[Propagator]) {
    let _ = INSTALLED.set(propagators.iter().copied().collect());
}

#[cfg(test)]
#[path = "propagator_tests.rs"]
mod tests;
