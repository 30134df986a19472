//! The second case: the real `home`, three services on SQLite, once with telemetry switched off and once exporting every
//! span to a receiver that discards. All of it, and the load too, shares the processors.
//!
//! Both stacks run all the time and get their load in turns, so that whatever else the machine does hits both alike.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;

use crate::callgrind;
use crate::load;
use crate::processors::{Meter, processor_time};
use crate::stack::{Account, Stack};
use crate::target::{Limit, Target};

/// Where the two stacks stand in what is kept of both.
const OFF: usize = 0;
const ON: usize = 1;

const HOME: &str = "/api/activities/home";

/// Rows of the table, and what each sums up. Odd numbers have a median of their own.
const ROUNDS: usize = 15;
const TURNS_A_ROUND: usize = 9;
/// A turn of a stack. It is short because of what the kernel, or a neighbour of a virtual machine, does every second or so,
/// for which a processor stands still: longer turns have one of those each, and their p99 shows little else. Of these most
/// have none, and the median is one of them.
const TURN: Duration = Duration::from_millis(400);
/// Before the first turn: connections, caches, and the first pages of the databases.
const WARM_UP: Duration = Duration::from_secs(3);

/// A share of the processors for other programs that moves the figures more than a target is wide.
const DISTURBED: f64 = 0.05;
const DISTURBANCE: &str = ": the figures of this case are disturbed, measure again when nothing else runs";

/// What one turn showed.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// Requests a second.
    throughput: f64,
    /// Milliseconds.
    p99: f64,
    /// Processor time of the three services, milliseconds a request.
    processor: f64,
}

/// Measures in turns, prints them, and answers what they are held against.
pub(crate) fn measure(binaries: &Path, services: &Path, folder: &Path) -> anyhow::Result<Vec<Target>> {
    println!(
        "GET {HOME}: three services on SQLite, telemetry off against on\n\
         (every span exported with gzip; {} connections; without pause, in turns of {} ms, {TURNS_A_ROUND} of each a round)\n",
        load::CONNECTIONS,
        TURN.as_millis()
    );
    let receiver = callgrind::receiver(binaries, false)?;
    let endpoint = format!("http://127.0.0.1:{}", receiver.port()?);
    let off = Stack::start(services, &folder.join("off"), &vec![("OTEL_SDK_DISABLED", "true".to_owned())])?;
    let exported = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip".to_owned()),
    ];
    let on = Stack::start(services, &folder.join("on"), &exported)?;
    ensure!(off.created()? == 0, "spans are sent although OTEL_SDK_DISABLED is set");

    let mut turns = [Vec::new(), Vec::new()];
    for stack in [&off, &on] {
        load::during(WARM_UP, stack.edge(), HOME)?;
    }
    let own = || -> anyhow::Result<Duration> {
        let mine = processor_time(std::process::id())? + processor_time(receiver.id())?;
        Ok(mine + off.processor()? + on.processor()?)
    };
    let meter = Meter::start(own()?)?;
    println!("{:<8}{:>21}{:>21}{:>27}", "", "requests/s", "p99 ms", "processor ms/request");
    println!("{:<8}{:>11}{:>10}{:>11}{:>10}{:>17}{:>10}", "round", "off", "on", "off", "on", "off", "on");
    for round in 1..=ROUNDS {
        for turn in 0..TURNS_A_ROUND {
            // Who comes second finds a warm machine; it is each one's turn.
            let order = if turn.is_multiple_of(2) { [OFF, ON] } else { [ON, OFF] };
            for one in order {
                turns[one].push(Turn::of([&off, &on][one])?);
            }
        }
        let [off, on] = [OFF, ON].map(|one| Turn::medians(&turns[one][(round - 1) * TURNS_A_ROUND..]));
        row(&round.to_string(), off, on);
    }
    let others = meter.others(own()?)?;
    let [off_all, on_all] = turns.map(|turns| Turn::medians(&turns));
    row("median", off_all, on_all);
    println!(
        "{:<8}{:>21.3}{:>21.3}{:>27.3}",
        "on/off",
        on_all.throughput / off_all.throughput,
        on_all.p99 / off_all.p99,
        on_all.processor / off_all.processor
    );

    println!(
        "\nother programs took {:.0} % of the processors meanwhile{}",
        others * 100.0,
        if others > DISTURBED { DISTURBANCE } else { "" }
    );
    let accounts = on.settle()?;
    for (service, account) in on.services.iter().zip(&accounts) {
        println!("{:<14} {account}", service.name);
    }
    ensure!(accounts.iter().all(|account| account.created > 0), "no span was made: telemetry was not on");
    let lost = accounts.iter().map(Account::lost).sum();
    off.stop()?;
    on.stop()?;
    Ok(targets(off_all, on_all, lost))
}

fn row(name: &str, off: Turn, on: Turn) {
    println!(
        "{name:<8}{:>11.0}{:>10.0}{:>11.2}{:>10.2}{:>17.3}{:>10.3}",
        off.throughput, on.throughput, off.p99, on.p99, off.processor, on.processor
    );
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52 spans")]
fn targets(off: Turn, on: Turn, lost: u64) -> Vec<Target> {
    vec![
        Target {
            what: "home, throughput, on to off (aim: 0.95)",
            measured: on.throughput / off.throughput,
            limit: Limit::AtLeast(0.85),
        },
        Target { what: "home, p99, on to off", measured: on.p99 / off.p99, limit: Limit::AtMost(1.15) },
        // A span that is dropped is not paid for.
        Target { what: "home, spans lost", measured: lost as f64, limit: Limit::AtMost(0.0) },
    ]
}

// === impl Turn ===

impl Turn {
    /// One turn of a stack.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 requests")]
    fn of(stack: &Stack) -> anyhow::Result<Self> {
        let before = stack.processor()?;
        let mut load = load::during(TURN, stack.edge(), HOME)?;
        let spent = stack.processor()?.saturating_sub(before);
        Ok(Self {
            throughput: load.a_second(),
            p99: load.p99(),
            processor: spent.as_secs_f64() * 1000.0 / load.requests() as f64,
        })
    }

    fn medians(turns: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(turns.iter().map(figure).collect());
        Self {
            throughput: of(|turn| turn.throughput),
            p99: of(|turn| turn.p99),
            processor: of(|turn| turn.processor),
        }
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_not_moved_by_one_odd_turn() {
        assert!((median(vec![3.0, 100.0, 1.0]) - 3.0).abs() < 1e-9);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn a_lost_span_misses_a_target() {
        let turn = Turn { throughput: 1.0, p99: 1.0, processor: 1.0 };

        let met = |lost| targets(turn, turn, lost).iter().all(Target::met);
        assert!(met(0) && !met(1));
    }
}
