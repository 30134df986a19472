//! The stack of a failure.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::panic::{Location, PanicHookInfo};
use std::sync::{LazyLock, Mutex, PoisonError};

use rollbar_rust::Frame;

/// Calls that are kept: the innermost ones.
const MOST: usize = 100;

/// Characters of a function's name that are kept: that of a future of a future fills pages, and says no more.
const NAME_CHARS: usize = 200;

/// What a panic calls before its hook.
const BEGIN: [&str; 2] = ["rust_begin_unwind", "begin_panic"];

/// What stands between the code that panicked and those: `unwrap`, `expect`, an index, a slice.
const MACHINERY: [&str; 6] =
    ["core::panicking::", "core::option::", "core::result::", "core::slice::", "core::str::", "alloc::"];

/// What stands for a file that the build does not name.
pub(super) const UNKNOWN: &str = "<unknown>";

/// What addresses of the program are called. To find that out takes milliseconds, seconds where nothing is optimised, on the thread
/// that answers requests; a program that panics does so again and again in the same place.
static NAMES: LazyLock<Mutex<HashMap<usize, Vec<Frame>>>> = LazyLock::new(Mutex::default);

/// Addresses beyond this are not remembered.
const MOST_NAMES: usize = 4096;

/// Calls, the most recent one last.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Stack(pub(crate) Vec<Frame>);

impl fmt::Debug for Stack {
    /// A stack fills pages, and errors that hold one are printed.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Stack({} calls)", self.0.len())
    }
}

thread_local! {
    /// Whether a panic of this moment is caught by the middleware, which then tells of it.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
    /// The stack of the panic that unwinds on this thread.
    static LEFT: RefCell<Option<Stack>> = const { RefCell::new(None) };
}

impl Stack {
    /// The one call that is known of an error that was returned: where it became a failure.
    pub(crate) fn at(place: &Location<'_>) -> Self {
        Self(vec![frame(place)])
    }

    /// The calls that led to a panic. Called by the hook.
    pub(crate) fn of_panic(panic: &PanicHookInfo<'_>) -> Self {
        let mut frames = walk();
        if let Some(place) = panic.location() {
            // The function is known from the stack, the line from the panic itself, in any build.
            let method = frames.pop().and_then(|frame| frame.method);
            let mut innermost = frame(place);
            innermost.method = method;
            frames.push(innermost);
        }
        Self(frames)
    }
}

fn frame(place: &Location<'_>) -> Frame {
    Frame::new(place.file()).line(place.line()).column(place.column())
}

/// The calls at an address, several where some were built into one, the innermost first.
fn calls_at(frame: &backtrace::Frame) -> Vec<Frame> {
    let address = frame.ip().addr();
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(&address) {
        return known.clone();
    }
    let mut calls = Vec::new();
    backtrace::resolve_frame(frame, |symbol| calls.push(call(symbol)));
    if names.len() < MOST_NAMES {
        names.insert(address, calls.clone());
    }
    calls
}

fn walk() -> Vec<Frame> {
    let mut calls = Vec::new();
    backtrace::trace(|frame| {
        calls.extend(calls_at(frame));
        true
    });
    let calls = calls
        .into_iter()
        .skip_while(|call| !is(call, |method| BEGIN.iter().any(|begin| method.ends_with(begin))))
        .skip(1);
    let calls =
        calls.skip_while(|call| is(call, |method| MACHINERY.iter().any(|module| method.starts_with(module))));
    let mut frames: Vec<Frame> = calls.take(MOST).collect();
    // A stack is walked from the innermost call on; Rollbar has that last.
    frames.reverse();
    frames
}

fn is(call: &Frame, what: impl Fn(&str) -> bool) -> bool {
    call.method.as_deref().is_some_and(|method| what(method.trim_start_matches('<')))
}

fn call(symbol: &backtrace::Symbol) -> Frame {
    let file = symbol.filename().map_or_else(|| UNKNOWN.into(), |file| file.to_string_lossy());
    let mut frame = Frame::new(file);
    (frame.lineno, frame.colno) = (symbol.lineno(), symbol.colno());
    frame.method = symbol.name().map(|name| short(format!("{name:#}")));
    frame
}

fn short(mut name: String) -> String {
    if let Some((end, _)) = name.char_indices().nth(NAME_CHARS) {
        name.truncate(end);
        name.push('…');
    }
    name
}

// === From the hook to the middleware ===

/// Whether the middleware will tell of a panic of this moment.
pub(crate) fn is_caught() -> bool {
    CAUGHT.get()
}

/// Runs `poll`, whose panics the caller catches and tells of.
pub(crate) fn catching<R>(poll: impl FnOnce() -> R) -> R {
    /// Also when `poll` panics.
    struct Reset(bool);
    impl Drop for Reset {
        fn drop(&mut self) {
            CAUGHT.set(self.0);
        }
    }
    let _reset = Reset(CAUGHT.replace(true));
    poll()
}

/// Leaves the stack of a panic to whoever catches it on this thread.
pub(crate) fn leave(stack: Stack) {
    LEFT.set(Some(stack));
}

/// The stack that was left on this thread; empty when there is none.
pub(crate) fn take() -> Stack {
    LEFT.take().unwrap_or_default()
}
