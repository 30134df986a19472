//! The threads that format, encode and send: they give way to requests.

use std::cell::Cell;

/// How much a thread gives way, on the scale of `nice(1)`, whose last step is 19.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Lines that are made before others go first: a tenth of a millisecond.
pub(crate) const PIECE: usize = 32;

thread_local! {
    static GIVES_WAY: Cell<bool> = const { Cell::new(false) };
    static IS_SENDER: bool = std::thread::current().name() == Some(BLOCKING_CLIENT);
}

/// The thread on which a blocking client of reqwest does its work.
const BLOCKING_CLIENT: &str = "reqwest-internal-sync-runtime";

/// Whether the calling thread sends telemetry. What the libraries there say of themselves is no telemetry: under
/// `RUST_LOG=debug` each batch of lines would make lines of its own, for ever.
pub(crate) fn is_sender() -> bool {
    GIVES_WAY.get() || IS_SENDER.with(|is_sender| *is_sender)
}

/// Lets others go first. Niceness decides who gets how much; whoever runs keeps its processor for some milliseconds all the
/// same, and for as long a request may have to wait. So work that takes long is done in pieces, with this between them.
pub(crate) fn pause() {
    std::thread::yield_now();
}

/// Makes the calling thread give way to others, once. Where processors are few, a batch that is encoded at the wrong moment
/// would otherwise be what the slowest requests wait for. On Linux niceness belongs to a thread; elsewhere it belongs to
/// the process, and nothing is done.
pub(crate) fn give_way() {
    if !GIVES_WAY.replace(true) {
        #[cfg(target_os = "linux")]
        {
            // A system that does not allow it only makes the thread as important as the others.
            let _ = rustix::process::nice(NICENESS);
        }
    }
}
