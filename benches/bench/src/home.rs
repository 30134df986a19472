//! The second case: the real `home`, three services on SQLite, once with telemetry switched off and once exporting every
//! span to a receiver that discards. All of it, and the load too, shares the processors.
//!
//! Both stacks run all the time and get their load in turns, so that whatever else the machine does hits both alike.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::callgrind;
use crate::http::{Connection, get};
use crate::load;
use crate::process::{Process, Variables, wait_for};
use crate::target::{Limit, Target};

const HOME: &str = "/api/activities/home";

/// Turns of each stack: many short ones, so that what comes and goes on the machine meets both. An odd number has a median
/// of its own.
const ROUNDS: usize = 25;
const ROUND: Duration = Duration::from_secs(2);
/// Before the first turn: connections, caches, and the first pages of the databases.
const WARM_UP: Duration = Duration::from_secs(3);

/// Three services, wired to each other.
struct Stack {
    services: Vec<Service>,
}

struct Service {
    name: &'static str,
    process: Process,
    port: u16,
}

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
         (every span exported with gzip, load without pause over {} connections, turns of {} s)\n",
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
    for stack in [&off, &on] {
        load::during(WARM_UP, stack.edge(), HOME)?;
    }
    println!("{:<8}{:>21}{:>21}{:>27}", "", "requests/s", "p99 ms", "processor ms/request");
    println!("{:<8}{:>11}{:>10}{:>11}{:>10}{:>17}{:>10}", "round", "off", "on", "off", "on", "off", "on");
    for round in 1..=ROUNDS {
        // Who comes second finds a warm machine; it is each one's turn.
        if round % 2 == 1 {
            turns_off.push(off.turn()?);
            turns_on.push(on.turn()?);
        } else {
            turns_on.push(on.turn()?);
            turns_off.push(off.turn()?);
        }
        row(&round.to_string(), turns_off[round - 1], turns_on[round - 1]);
    }
    let (off_all, on_all) = (Turn::medians(&turns_off), Turn::medians(&turns_on));
    row("median", off_all, on_all);
    println!(
        "{:<8}{:>21.3}{:>21.3}{:>27.3}",
        "on/off",
        on_all.throughput / off_all.throughput,
        on_all.p99 / off_all.p99,
        on_all.processor / off_all.processor
    );

    let accounts = on.settle()?;
    println!();
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

// === impl Stack ===

impl Stack {
    /// Starts the three in the order in which they need each other, on data of their own, which they seed themselves.
    fn start(binaries: &Path, data: &Path, variables: &Variables) -> anyhow::Result<Self> {
        fs::create_dir_all(data)?;
        let run = |name, others: &[(&'static str, &Service)]| {
            let mut all = variables.clone();
            all.push(("CRUDDUR_DATA", data.display().to_string()));
            all.extend(
                others.iter().map(|(name, other)| (*name, format!("http://127.0.0.1:{}", other.port))),
            );
            Service::start(name, &binaries.join(name), all)
        };
        let users = run("users", &[])?;
        let notifications = run("notifications", &[("USERS_URL", &users)])?;
        let activities = run("activities", &[("USERS_URL", &users), ("NOTIFICATIONS_URL", &notifications)])?;
        Ok(Self { services: vec![activities, notifications, users] })
    }

    /// The port of the public service.
    fn edge(&self) -> u16 {
        self.services[0].port
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 requests")]
    fn turn(&self) -> anyhow::Result<Turn> {
        let before = self.processor()?;
        let mut load = load::during(ROUND, self.edge(), HOME)?;
        let spent = self.processor()?.saturating_sub(before);
        Ok(Turn {
            throughput: load.a_second(),
            p99: load.p99(),
            processor: spent.as_secs_f64() * 1000.0 / load.requests() as f64,
        })
    }

    fn processor(&self) -> anyhow::Result<Duration> {
        self.services.iter().map(|service| processor_time(service.process.id())).sum()
    }

    fn created(&self) -> anyhow::Result<u64> {
        let accounts = self.services.iter().map(Service::account);
        accounts.map(|account| anyhow::Ok(account?.created)).sum()
    }

    /// Waits until nothing is pending. What became of the spans of each service.
    fn settle(&self) -> anyhow::Result<Vec<Account>> {
        wait_for("last spans", || {
            let accounts = self.services.iter().map(Service::account).collect::<anyhow::Result<Vec<_>>>()?;
            Ok(accounts.iter().all(|account| account.pending == 0).then_some(accounts))
        })
    }

    fn stop(self) -> anyhow::Result<()> {
        self.services.into_iter().try_for_each(|service| service.process.stop())
    }
}

// === impl Service ===

impl Service {
    /// Its log lines go where they cost least, so that it cannot tell its port: it gets one that was free just now.
    fn start(name: &'static str, binary: &Path, mut variables: Variables) -> anyhow::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        variables.push(("PORT", port.to_string()));
        let mut process = Process::start(name, &mut Command::new(binary), &variables)?;
        wait_for(&format!("readiness of {name}"), || {
            if let Some(status) = process.ended()? {
                bail!("{name} ended with {status}: {:#?}", process.words());
            }
            let ready =
                Connection::open(port).and_then(|mut connection| connection.send(&get("/health/ready")));
            Ok(ready.is_ok_and(|answer| answer.status == 200).then_some(()))
        })?;
        Ok(Self { name, process, port })
    }

    fn account(&self) -> anyhow::Result<Account> {
        let answer = Connection::open(self.port)?.send(&get("/telemetry"))?;
        Account::of(&serde_json::from_slice(&answer.body)?)
            .with_context(|| format!("GET /telemetry of {} is not understood", self.name))
    }
}

/// What became of the spans of a service, at all destinations together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Account {
    created: u64,
    pending: u64,
    /// By reason.
    dropped: BTreeMap<String, u64>,
}

impl Account {
    fn of(told: &Value) -> Option<Self> {
        let mut sum = Self::default();
        for account in told["traces"].as_object()?.values() {
            sum.created += account["created"].as_u64()?;
            sum.pending += account["pending"].as_u64()?;
            for (reason, dropped) in account["dropped"].as_object()? {
                *sum.dropped.entry(reason.clone()).or_default() += dropped.as_u64()?;
            }
        }
        Some(sum)
    }

    fn lost(&self) -> u64 {
        self.dropped.values().sum()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>9} spans, {} lost", self.created, self.lost())?;
        for (reason, dropped) in self.dropped.iter().filter(|(_, dropped)| **dropped > 0) {
            write!(f, " ({reason}: {dropped})")?;
        }
        Ok(())
    }
}

// === impl Turn ===

impl Turn {
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

/// User and system time of a process, all threads, in the kernel's units of 10 ms.
fn processor_time(id: u32) -> anyhow::Result<Duration> {
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
    use serde_json::json;

    use super::*;

    #[test]
    fn the_account_of_a_service_is_the_sum_of_its_destinations() {
        let told = json!({"traces": {
            "otlp": {"created": 5, "delivered": 2, "dropped": {"full": 1, "expired": 1}, "pending": 1},
            "explorer": {"created": 5, "delivered": 5, "dropped": {"full": 0}, "pending": 0},
        }});

        let account = Account::of(&told).unwrap();
        assert_eq!((account.created, account.pending, account.lost()), (10, 1, 2));
        assert_eq!(account.to_string().trim(), "10 spans, 2 lost (expired: 1) (full: 1)");
        assert_eq!(Account::of(&json!({"traces": {}})), Some(Account::default()));
        assert_eq!(Account::of(&json!({})), None);
    }

    #[test]
    fn a_program_may_have_any_name() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194304 100 0 0 0 17 3 0 0 20 0 4 0 1000 0 0";

        assert_eq!(ticks(stat), Some(20));
        assert_eq!(ticks("nonsense"), None);
    }

    #[test]
    fn the_median_is_not_moved_by_one_odd_round() {
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
