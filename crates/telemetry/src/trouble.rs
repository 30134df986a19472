//! What goes wrong inside of telemetry itself: a rate-limited line on stderr, never a log line, a span or a report of
//! its own, which would feed on itself.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level};

/// One kind of trouble is told once in this time.
const EVERY: Duration = Duration::from_secs(30);

static TOLD: LazyLock<Mutex<HashMap<String, Told>>> = LazyLock::new(Mutex::default);

struct Told {
    last: Instant,
    unsaid: u64,
}

/// How much is told: `OTEL_LOG_LEVEL`.
static LEVEL: AtomicU8 = AtomicU8::new(rank(LevelFilter::WARN));

/// Tells of what is as bad as `level` or worse.
pub(crate) fn set_level(level: LevelFilter) {
    LEVEL.store(rank(level), Ordering::Relaxed);
}

/// Whether something of `level` is told of.
pub(crate) fn tells(level: Level) -> bool {
    rank(LevelFilter::from_level(level)) <= LEVEL.load(Ordering::Relaxed)
}

const fn rank(level: LevelFilter) -> u8 {
    match level.into_level() {
        None => 0,
        Some(Level::ERROR) => 1,
        Some(Level::WARN) => 2,
        Some(Level::INFO) => 3,
        Some(Level::DEBUG) => 4,
        Some(Level::TRACE) => 5,
    }
}

/// Whether an event comes from the OpenTelemetry crates.
pub(crate) fn is_telemetry(target: &str) -> bool {
    target.starts_with("opentelemetry")
}

/// Tells of a warning or an error of the OpenTelemetry crates.
pub(crate) fn event(event: &Event<'_>) {
    let mut text = Text(String::new());
    event.record(&mut text);
    report(event.metadata().name(), text.0.trim_end());
}

/// Tells of trouble of a `kind`, unless that was told of within the last half minute; the next telling says how often
/// it happened in between.
pub(crate) fn report(kind: &str, text: &str) {
    if !tells(Level::WARN) {
        return;
    }
    let Some(unsaid) = admit(kind, Instant::now()) else { return };
    let more = if unsaid == 0 { String::new() } else { format!(" ({unsaid} more since the last line)") };
    // Where stderr is closed there is nobody left to tell.
    let _ = writeln!(std::io::stderr().lock(), "telemetry: {kind}: {}{more}", text.escape_debug());
}

/// The number of tellings left out since the last one, `None` when this one is left out too.
fn admit(kind: &str, now: Instant) -> Option<u64> {
    let mut told = TOLD.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match told.get_mut(kind) {
        Some(told) if now.duration_since(told.last) < EVERY => {
            told.unsaid += 1;
            None
        }
        Some(told) => {
            told.last = now;
            Some(std::mem::take(&mut told.unsaid))
        }
        None => {
            told.insert(kind.to_owned(), Told { last: now, unsaid: 0 });
            Some(0)
        }
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // The name of the event is said already.
        if field.name() != "name" {
            write!(self.0, "{}={value:?} ", field.name()).expect("writing into a String cannot fail");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_kind_of_trouble_is_told_once_in_half_a_minute() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);

        assert_eq!(admit("test: queue full", start), Some(0));
        assert_eq!(admit("test: queue full", after(1)), None);
        assert_eq!(admit("test: queue full", after(29)), None);
        assert_eq!(admit("test: refused", after(29)), Some(0), "another kind is told at once");
        assert_eq!(admit("test: queue full", after(30)), Some(2));
        assert_eq!(admit("test: queue full", after(61)), Some(0));
    }
}
