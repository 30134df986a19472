//! What a request notices of a service that writes 25,000 log lines a second, against one that writes none: both go to stdout and
//! to a receiver of the CloudWatch Logs API.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::callgrind;
use crate::http::{Connection, get};
use crate::load;
use crate::stack::Service;
use crate::target::{Limit, Target};
use crate::turns::median;

/// Turns of each service, of which every figure is the median.
const TURNS: usize = 31;
const TURN: Duration = Duration::from_secs(1);

/// What a request does: a span below its own.
const REQUEST: &str = "/spans/1";
/// Between two requests of one connection: a service that has nothing left to give shows what its processors do, and not what lines
/// cost.
const PAUSE: Duration = Duration::from_millis(2);

/// Lines that are written at once, and how often: 25,000 a second.
const AT_ONCE: &str = "/lines/250";
const EVERY: Duration = Duration::from_millis(10);

/// Measures, prints, and answers what the figures are held against.
pub(crate) fn measure(binaries: &Path, services: &Path) -> anyhow::Result<Vec<Target>> {
    let receiver = callgrind::receiver(binaries, false)?;
    let variables = vec![
        ("CLOUDWATCH_LOG_GROUP", "bench".to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
        ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", receiver.port()?)),
        ("WORKERS", "2".to_owned()),
        // The lines of the requests themselves would differ in number.
        ("RUST_LOG", "info,access=off".to_owned()),
    ];
    let start = || Service::start("burst", &services.join("burst"), variables.clone());
    let (quiet, writing) = (start()?, start()?);
    let [mut of_quiet, mut of_writing] = [Vec::new(), Vec::new()];
    for turn in 0..=TURNS {
        let without = p99(quiet.port)?;
        let with = while_writing(writing.port)?;
        // The first turn is for what is done only once.
        if turn > 0 {
            of_quiet.push(without);
            of_writing.push(with);
        }
    }
    let lines = writing.settled("logs")?;
    let (without, with) = (median(of_quiet), median(of_writing));
    println!(
        "GET {REQUEST}, {} connections with a pause of {} ms, {TURNS} turns of {} s\n\n\
         p99 without lines {without:.3} ms, with 25,000 lines a second {with:.3} ms\n{lines}\n",
        load::CONNECTIONS,
        PAUSE.as_millis(),
        TURN.as_secs()
    );
    ensure!(lines.lost() == 0, "lines that are dropped are not paid for");
    quiet.stop()?;
    writing.stop()?;
    Ok(vec![Target { what: "p99, lines to none", measured: with / without, limit: Limit::AtMost(1.2) }])
}

fn p99(port: u16) -> anyhow::Result<f64> {
    Ok(load::paced(TURN, PAUSE, port, REQUEST)?.within(99))
}

fn while_writing(port: u16) -> anyhow::Result<f64> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let writing = scope.spawn(|| write(port, &over));
        let measured = p99(port);
        over.store(true, Ordering::Relaxed);
        writing.join().expect("asking for lines does not panic")?;
        measured
    })
}

/// Has lines written until it is over.
fn write(port: u16, over: &AtomicBool) -> anyhow::Result<()> {
    let (mut connection, request) = (Connection::open(port)?, get(AT_ONCE));
    let mut next = Instant::now();
    while !over.load(Ordering::Relaxed) {
        ensure!(connection.send(&request)?.status == 200, "GET {AT_ONCE} is refused");
        next += EVERY;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(())
}
