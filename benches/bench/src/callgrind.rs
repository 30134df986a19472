//! Counts the instructions of a program, of all its threads, while it answers requests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::http::{Connection, get};
use crate::load;
use crate::process::Process;
use crate::subject::{Program, Subject};

/// Requests of the short and of the long run. What the long one costs more is the cost of its further requests: starting
/// and stopping are in both.
pub(crate) const SHORT: usize = 300;
pub(crate) const LONG: usize = 1300;

/// Runs programs under callgrind.
pub(crate) struct Callgrind<'a> {
    /// Where the programs are.
    pub(crate) binaries: &'a Path,
    /// Where callgrind may write.
    pub(crate) folder: &'a Path,
    /// Whether each thread gets a file of its own.
    pub(crate) by_thread: bool,
}

impl Callgrind<'_> {
    /// One run. The file that callgrind wrote (with `by_thread` its name is the beginning of the threads' files), and how
    /// many bytes the spans were.
    ///
    /// The program is stopped as a service is, so that the spans that wait in its queue are sent and count too. A run in
    /// which they did not all arrive is none.
    pub(crate) fn run(&self, subject: Subject, requests: usize) -> anyhow::Result<(PathBuf, usize)> {
        let receiver = receiver(self.binaries, true)?;
        let receiver_port = receiver.port()?;
        let out = self.folder.join(format!("{}-{requests}", subject.name()));

        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--quiet"]);
        command.arg(format!("--separate-threads={}", if self.by_thread { "yes" } else { "no" }));
        command.arg(format!("--callgrind-out-file={}", out.display()));
        command.arg(self.binaries.join(subject.program.binary())).args(subject.argument());
        let server = Process::start(&subject.name(), &mut command, &subject.variables(receiver_port))?;
        load::exactly(requests, server.port()?, subject.path())
            .with_context(|| format!("{} under callgrind", subject.name()))?;
        server.stop()?;

        let (arrived, expected) = (arrived(receiver_port)?, subject.spans(requests));
        ensure!(
            arrived.spans == expected,
            "{}: {} spans of {requests} requests arrived, not {expected}",
            subject.name(),
            arrived.spans
        );
        let compressed = if subject.compresses() { expected } else { 0 };
        ensure!(
            arrived.compressed == compressed,
            "{}: {} of {expected} spans arrived with gzip, not {compressed}",
            subject.name(),
            arrived.compressed
        );
        Ok((out, arrived.bytes))
    }

    /// What one request costs.
    pub(crate) fn cost(&self, subject: Subject) -> anyhow::Result<Cost> {
        let total = |file: &Path| {
            let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            total(&text).with_context(|| format!("{} has no total", file.display()))
        };
        let ((short, short_bytes), (long, long_bytes)) =
            (self.run(subject, SHORT)?, self.run(subject, LONG)?);
        let instructions = a_request(total(&short)?, total(&long)?);
        Ok(Cost { instructions, bytes: a_request(short_bytes as u64, long_bytes as u64) })
    }
}

/// What one request costs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) instructions: f64,
    /// Sent to the receiver.
    pub(crate) bytes: f64,
}

/// What one request costs, by the costs of a short and of a long run.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52 instructions")]
pub(crate) fn a_request(short: u64, long: u64) -> f64 {
    (long as f64 - short as f64) / (LONG - SHORT) as f64
}

/// Starts the receiver, which counts spans or only discards them.
pub(crate) fn receiver(binaries: &Path, count: bool) -> anyhow::Result<Process> {
    let mut command = Command::new(binaries.join("receiver"));
    command.args(count.then_some("count"));
    Process::start("receiver", &mut command, &Vec::new())
}

/// What came to a receiver that counts.
struct Arrived {
    spans: usize,
    /// Those of them that came with gzip.
    compressed: usize,
    bytes: usize,
}

fn arrived(receiver: u16) -> anyhow::Result<Arrived> {
    let answer = Connection::open(receiver)?.send(&get("/spans"))?;
    ensure!(answer.status == 200, "the receiver answers {}", answer.status);
    let numbers = String::from_utf8(answer.body)?;
    let numbers = numbers.split(' ').map(str::parse).collect::<Result<Vec<_>, _>>()?;
    let [spans, compressed, bytes] = numbers[..] else { bail!("the receiver tells {numbers:?}") };
    Ok(Arrived { spans, compressed, bytes })
}

/// The total in a file of callgrind.
fn total(text: &str) -> Option<u64> {
    let total = |line: &str| {
        line.strip_prefix("totals:").or_else(|| line.strip_prefix("summary:"))?.trim().parse().ok()
    };
    text.lines().rev().find_map(total)
}

/// Whether valgrind is there.
pub(crate) fn check() -> anyhow::Result<()> {
    let version = Command::new("valgrind").arg("--version").output();
    ensure!(
        version.is_ok_and(|output| output.status.success()),
        "valgrind is not installed (Debian, Ubuntu: sudo apt-get install valgrind)"
    );
    Ok(())
}

impl Program {
    /// Those that must be built.
    pub(crate) const ALL: [Self; 4] = [Self::Bare, Self::Floor, Self::Stock, Self::Ours];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_the_last_of_the_file() {
        assert_eq!(total("events: Ir\nfn=(1) main\n0 5\n\ntotals: 123456\n"), Some(123_456));
        assert_eq!(total("events: Ir\nsummary: 77\n"), Some(77));
        assert_eq!(total("events: Ir\n"), None);
    }

    #[test]
    fn a_request_costs_what_the_long_run_costs_more() {
        assert!((a_request(5_000_000, 31_000_000) - 26_000.0).abs() < 1e-9);
    }
}
