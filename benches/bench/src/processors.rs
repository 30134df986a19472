//! Who has the processors: a program, or all of them together.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

/// What other programs take of the processors while we measure.
pub(crate) struct Meter {
    machine: Machine,
    own: Duration,
}

/// Processor time of the whole machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Machine {
    busy: Duration,
    idle: Duration,
}

impl Meter {
    pub(crate) fn start(own: Duration) -> anyhow::Result<Self> {
        Ok(Self { machine: Machine::now()?, own })
    }

    /// A share of all processors.
    pub(crate) fn others(&self, own: Duration) -> anyhow::Result<f64> {
        let now = Machine::now()?;
        let busy = now.busy.saturating_sub(self.machine.busy);
        let all = busy + now.idle.saturating_sub(self.machine.idle);
        let others = busy.saturating_sub(own.saturating_sub(self.own));
        Ok(others.as_secs_f64() / all.as_secs_f64())
    }
}

impl Machine {
    fn now() -> anyhow::Result<Self> {
        let text = fs::read_to_string("/proc/stat").context("reading /proc/stat")?;
        Self::of(&text).context("/proc/stat is odd")
    }

    /// The first line: user, nice, system, idle, waiting for disks, interrupts of both kinds, and what the host took.
    fn of(stat: &str) -> Option<Self> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<u64> = line.split_whitespace().take(8).map_while(|ticks| ticks.parse().ok()).collect();
        let [user, nice, system, idle, waiting, hard, soft, stolen] = ticks[..] else { return None };
        Some(Self { busy: time(user + nice + system + hard + soft + stolen), idle: time(idle + waiting) })
    }
}

/// The kernel's units are 10 ms for every program.
fn time(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 10)
}

/// User and system time of a process, all threads.
pub(crate) fn processor_time(id: u32) -> anyhow::Result<Duration> {
    let file = PathBuf::from(format!("/proc/{id}/stat"));
    let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    ticks(&text)
        .map(|ticks| Duration::from_millis(ticks * 10))
        .with_context(|| format!("{} is odd", file.display()))
}

/// Fields 14 and 15. The name of the program, the second, may hold anything, but nothing after it has a bracket.
fn ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_have_any_name() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194304 100 0 0 0 17 3 0 0 20 0 4 0 1000 0 0";

        assert_eq!(ticks(stat), Some(20));
        assert_eq!(ticks("nonsense"), None);
    }

    #[test]
    fn a_machine_is_busy_or_idle() {
        let stat = "cpu  10 1 2 100 5 3 4 7 0 0\ncpu0 1 1 1 1\n";

        assert_eq!(Machine::of(stat), Some(Machine { busy: time(27), idle: time(105) }));
        assert_eq!(Machine::of("cpu  10 1\n"), None);
    }
}
