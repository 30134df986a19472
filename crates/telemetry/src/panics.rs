//! Panics on stderr, without the secrets that their texts may hold.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic::PanicHookInfo;

use crate::redaction;
use crate::reports;
use crate::reports::frames::{self, Stack};

/// Takes the place of the standard library's hook, and says the same: thread, place, text, and the backtrace where
/// `RUST_BACKTRACE` asks for it. The text is redacted.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let told = told(panic);
        // Where stderr is closed there is nobody left to tell.
        let _ = writeln!(std::io::stderr().lock(), "{told}");
        report(panic);
    }));
}

/// Where log lines about panics come from.
pub(crate) const LOG_TARGET: &str = module_path!();

/// What is said of a panic that nobody catches.
const MESSAGE: &str = "Panicked";

/// Logs and reports a panic, where the middleware will not do so: of work that was spawned, and of plain threads.
fn report(panic: &PanicHookInfo<'_>) {
    let reports = reports::current();
    if frames::is_caught() {
        // A stack costs milliseconds, and is for reports alone.
        if reports.is_some() {
            frames::leave(Stack::of_panic(panic));
        }
        return;
    }
    let text = text(panic);
    let uuid = reports.and_then(|reports| reports.panic(MESSAGE, text, Stack::of_panic(panic)));
    let uuid = uuid.map(|uuid| uuid.to_string());
    tracing::error!(
        "exception.type" = "panic",
        "exception.message" = text,
        rollbar.occurrence.uuid = uuid,
        "{MESSAGE}"
    );
}

fn text<'p>(panic: &'p PanicHookInfo<'_>) -> &'p str {
    panic.payload_as_str().unwrap_or("a value that is no text")
}

fn told(panic: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("<unnamed>");
    let place = panic.location().map_or_else(String::new, |location| format!(" at {location}"));
    let text = redaction::text(text(panic));
    let backtrace = Backtrace::capture();
    let backtrace = match backtrace.status() {
        BacktraceStatus::Captured => format!("\n{backtrace}"),
        _ => String::new(),
    };
    format!("thread '{name}' panicked{place}:\n{text}{backtrace}")
}
