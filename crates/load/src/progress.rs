//! How far a run is: a bar on a terminal, else a line now and then. On stderr, so that the report can be piped.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Between two lines where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(5);

/// Shows how much of some work is done.
pub(crate) struct Progress {
    what: &'static str,
    total: u64,
    done: u64,
    note: String,
    bar: Option<ProgressBar>,
    last_line: Instant,
}

impl Progress {
    pub(crate) fn new(what: &'static str, total: u64) -> Self {
        let bar = stderr().is_terminal().then(|| bar(what, total));
        Self { what, total, done: 0, note: String::new(), bar, last_line: Instant::now() }
    }

    /// `done` of the total, with a remark.
    pub(crate) fn set(&mut self, done: u64, note: String) {
        (self.done, self.note) = (done, note);
        match &self.bar {
            Some(bar) => {
                bar.set_position(done);
                bar.set_message(self.note.clone());
            }
            None if self.last_line.elapsed() >= INTERVAL => self.line(),
            None => {}
        }
    }

    /// Takes the bar away, or says that all is done.
    pub(crate) fn finish(mut self) {
        match &self.bar {
            Some(bar) => bar.finish_and_clear(),
            None => self.line(),
        }
    }

    fn line(&mut self) {
        self.last_line = Instant::now();
        let separator = if self.note.is_empty() { "" } else { ", " };
        eprintln!("{}: {} of {}{separator}{}", self.what, self.done, self.total, self.note);
    }
}

fn bar(what: &'static str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos} of {len}  {elapsed}  {msg}")
        .expect("the template is a constant that was tried");
    ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr())
        .with_style(style)
        .with_prefix(what)
}
