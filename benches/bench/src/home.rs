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

const HOME: &str = "/api/activities/home";

/// Turns of each stack: many short ones, so that what comes and goes on the machine meets both. An odd number has a median
/// of its own.
const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_secs(2);
/// The part of what `off` can do at the most that both get in the turns that latency is taken from. Without pause, latency is
/// only throughput said in another way (the requests under way, divided by those a second); what a user of a service feels is
/// how long a request takes at a load that the service was made for.
const PACE: f64 = 0.5;
/// Before the first turn: connections, caches, and the first pages of the databases.
const WARM_UP: Duration = Duration::from_secs(3);

/// A share of the processors for other programs that moves the figures more than a target is wide.
const DISTURBED: f64 = 0.05;
const DISTURBANCE: &str = ": the figures of this case are disturbed, measure again when nothing else runs";

/// What one turn showed.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// Requests a second, without pause.
    throughput: f64,
    /// Milliseconds, without pause.
    full_p99: f64,
    /// Milliseconds, at the pace that both stacks get.
    p99: f64,
    /// Processor time of the three services without pause, milliseconds a request.
    processor: f64,
}

/// Measures in turns, prints them, and answers what they are held against.
pub(crate) fn measure(binaries: &Path, services: &Path, folder: &Path) -> anyhow::Result<Vec<Target>> {
    println!(
        "GET {HOME}: three services on SQLite, telemetry off against on\n\
         (every span exported with gzip; {} connections; turns of {} s, one without pause and one at a pace)\n",
        load::CONNECTIONS,
        ROUND.as_secs()
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

    let (mut turns_off, mut turns_on) = (Vec::new(), Vec::new());
    load::during(WARM_UP, on.edge(), HOME)?;
    let pace = PACE * load::during(WARM_UP, off.edge(), HOME)?.a_second();
    let own = || -> anyhow::Result<Duration> {
        let mine = processor_time(std::process::id())? + processor_time(receiver.id())?;
        Ok(mine + off.processor()? + on.processor()?)
    };
    let meter = Meter::start(own()?)?;
    let at_pace = format!("p99 ms at {pace:.0}/s");
    println!(
        "{:<8}{:>21}{:>21}{:>21}{:>27}",
        "", "requests/s", "p99 ms, no pause", at_pace, "processor ms/request"
    );
    println!(
        "{:<8}{:>11}{:>10}{:>11}{:>10}{:>11}{:>10}{:>17}{:>10}",
        "round", "off", "on", "off", "on", "off", "on", "off", "on"
    );
    for round in 1..=ROUNDS {
        // Who comes second finds a warm machine; it is each one's turn.
        if round % 2 == 1 {
            turns_off.push(Turn::of(&off, pace)?);
            turns_on.push(Turn::of(&on, pace)?);
        } else {
            turns_on.push(Turn::of(&on, pace)?);
            turns_off.push(Turn::of(&off, pace)?);
        }
        row(&round.to_string(), turns_off[round - 1], turns_on[round - 1]);
    }
    let others = meter.others(own()?)?;
    let (off_all, on_all) = (Turn::medians(&turns_off), Turn::medians(&turns_on));
    row("median", off_all, on_all);
    println!(
        "{:<8}{:>21.3}{:>21.3}{:>21.3}{:>27.3}",
        "on/off",
        on_all.throughput / off_all.throughput,
        on_all.full_p99 / off_all.full_p99,
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
        "{name:<8}{:>11.0}{:>10.0}{:>11.2}{:>10.2}{:>11.2}{:>10.2}{:>17.3}{:>10.3}",
        off.throughput,
        on.throughput,
        off.full_p99,
        on.full_p99,
        off.p99,
        on.p99,
        off.processor,
        on.processor
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
        Target {
            what: "home, p99 at the same load, on to off",
            measured: on.p99 / off.p99,
            limit: Limit::AtMost(1.15),
        },
        // A span that is dropped is not paid for.
        Target { what: "home, spans lost", measured: lost as f64, limit: Limit::AtMost(0.0) },
    ]
}

// === impl Turn ===

impl Turn {
    /// One turn of a stack.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 requests")]
    fn of(stack: &Stack, pace: f64) -> anyhow::Result<Self> {
        let before = stack.processor()?;
        let mut load = load::during(ROUND, stack.edge(), HOME)?;
        let spent = stack.processor()?.saturating_sub(before);
        Ok(Self {
            throughput: load.a_second(),
            full_p99: load.p99(),
            p99: load::paced(pace, ROUND, stack.edge(), HOME)?.p99(),
            processor: spent.as_secs_f64() * 1000.0 / load.requests() as f64,
        })
    }

    fn medians(turns: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(turns.iter().map(figure).collect());
        Self {
            throughput: of(|turn| turn.throughput),
            full_p99: of(|turn| turn.full_p99),
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
    fn the_median_is_not_moved_by_one_odd_round() {
        assert!((median(vec![3.0, 100.0, 1.0]) - 3.0).abs() < 1e-9);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn a_lost_span_misses_a_target() {
        let turn = Turn { throughput: 1.0, full_p99: 1.0, p99: 1.0, processor: 1.0 };

        let met = |lost| targets(turn, turn, lost).iter().all(Target::met);
        assert!(met(0) && !met(1));
    }
}
