//! The second case: the real `home`, three services on SQLite, once with telemetry switched off and once exporting every
//! span to a receiver that discards. All of it, and the load too, shares the processors.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;

use crate::callgrind;
use crate::load;
use crate::processors::{Meter, processor_time};
use crate::stack::{Account, Stack};
use crate::target::{Limit, Target};
use crate::turns::{self, HOME, TURN, Turn};

/// Rows of the table, and what each sums up. Odd numbers have a median of their own.
const ROUNDS: usize = 15;
const TURNS_A_ROUND: usize = 9;

/// A share of the processors for other programs that moves the figures more than a target is wide.
const DISTURBED: f64 = 0.05;
const DISTURBANCE: &str = ": the figures of this case are disturbed, measure again when nothing else runs";

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

    turns::warm_up([&off, &on])?;
    let own = || -> anyhow::Result<Duration> {
        let mine = processor_time(std::process::id())? + processor_time(receiver.id())?;
        Ok(mine + off.processor()? + on.processor()?)
    };
    let meter = Meter::start(own()?)?;
    println!("{:<8}{:>21}{:>21}{:>27}", "", "requests/s", "p99 ms", "processor ms/request");
    println!("{:<8}{:>11}{:>10}{:>11}{:>10}{:>17}{:>10}", "round", "off", "on", "off", "on", "off", "on");
    let mut all = [Vec::new(), Vec::new()];
    for round in 1..=ROUNDS {
        let turns = turns::alternate([&off, &on], TURNS_A_ROUND)?;
        let [off, on] = turns.each_ref().map(|turns| Turn::medians(turns));
        row(&round.to_string(), off, on);
        all.iter_mut().zip(turns).for_each(|(all, turns)| all.extend(turns));
    }
    let others = meter.others(own()?)?;
    let [off_all, on_all] = all.map(|turns| Turn::medians(&turns));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_span_misses_a_target() {
        let turn = Turn { throughput: 1.0, p50: 1.0, p99: 1.0, processor: 1.0 };

        let met = |lost| targets(turn, turn, lost).iter().all(Target::met);
        assert!(met(0) && !met(1));
    }
}
