//! Panics on stderr, without the secrets that their texts may hold.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic::PanicHookInfo;

use crate::redaction;

/// Takes the place of the standard library's hook, and says the same: thread, place, text, and the backtrace where
/// `RUST_BACKTRACE` asks for it. The text is redacted.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let told = told(panic);
        // Where stderr is closed there is nobody left to tell.
        let _ = writeln!(std::io::stderr().lock(), "{told}");
    }));
}

fn told(panic: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("<unnamed>");
    let place = panic.location().map_or_else(String::new, |location| format!(" at {location}"));
    let text = panic.payload_as_str().unwrap_or("a value that is no text");
    let text = redaction::text(text);
    let backtrace = Backtrace::capture();
    let backtrace = match backtrace.status() {
        BacktraceStatus::Captured => format!("\n{backtrace}"),
        _ => String::new(),
    };
    format!("thread '{name}' panicked{place}:\n{text}{backtrace}")
}
