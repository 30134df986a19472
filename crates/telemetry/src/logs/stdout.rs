//! Lines on their way to stdout.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use delivery::{Destination, Outcome};

use super::{Format, LogRecord};
use crate::background;

/// Writes each batch at once. While nobody reads stdout it waits, and the queue before it fills.
pub(super) struct Stdout {
    format: Format,
    lines: Vec<u8>,
}

impl Stdout {
    pub(super) fn new(format: Format) -> Self {
        Self { format, lines: Vec::new() }
    }
}

impl Destination<LogRecord> for Stdout {
    fn deliver(&mut self, batch: &[Arc<LogRecord>], _: Duration) -> Outcome {
        background::give_way();
        self.lines.clear();
        for records in batch.chunks(background::PIECE) {
            for record in records {
                self.format.write(record, &mut self.lines);
            }
            background::pause();
        }
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(&self.lines).and_then(|()| stdout.flush()) {
            Ok(()) => Outcome::Delivered,
            // A closed stdout stays closed, and is no reason to fail a request.
            Err(_) => Outcome::Rejected,
        }
    }
}
