//! The real `home` while the destinations of telemetry hang or are dead, against healthy ones: what a request, and a service,
//! notices of that.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::thread;

use crate::callgrind;
use crate::process::Variables;
use crate::stack::Stack;
use crate::target::{Limit, Target};
use crate::turns::{self, Turn};

/// Turns of each stack, of which every figure is the median.
const TURNS: usize = 61;

/// What the queues of spans and of reports may take in memory, and as much again as a queue of half the size for whatever they
/// are in: buffers, and what an allocator keeps.
const MEMORY_MIB: f64 = 32.0 + 16.0 + 16.0;

/// Measures both faults, prints them, and answers what they are held against.
pub(crate) fn measure(binaries: &Path, services: &Path, folder: &Path) -> anyhow::Result<Vec<Target>> {
    println!(
        "GET {}: healthy destinations of spans and reports against ones that hang, and ones that are dead\n\
         ({TURNS} turns of {} ms each, 8 connections, without pause)\n",
        turns::HOME,
        turns::TURN.as_millis()
    );
    let hanging = compare(binaries, services, &folder.join("hanging"), hanging()?)?;
    let dead = compare(binaries, services, &folder.join("dead"), dead()?)?;
    println!("{:<10}{:>12}{:>12}{:>18}{:>12}", "", "p50", "p99", "more memory MiB", "threads");
    for (name, effect) in [("hanging", &hanging), ("dead", &dead)] {
        println!(
            "{name:<10}{:>12.3}{:>12.3}{:>18.1}{:>12.0}",
            effect.p50, effect.p99, effect.memory, effect.threads
        );
    }
    println!(
        "\np50, p99: to those with healthy destinations; memory, at its peak, and threads: more than with them, of the service that differs most\n"
    );
    Ok([targets("hanging", &hanging), targets("dead", &dead)].concat())
}

/// What faulty destinations do to a stack.
struct Effect {
    p50: f64,
    p99: f64,
    /// MiB more than with healthy ones, of the service where that is most.
    memory: f64,
    threads: f64,
}

/// A port where connections are taken and nothing is ever answered, for as long as this program runs.
fn hanging() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        let mut kept = Vec::new();
        kept.extend(listener.incoming());
    });
    Ok(port)
}

/// A port where nobody listens.
fn dead() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn compare(binaries: &Path, services: &Path, folder: &Path, port: u16) -> anyhow::Result<Effect> {
    let receiver = callgrind::receiver(binaries, false)?;
    let healthy = Stack::start(services, &folder.join("healthy"), &telemetry_to(receiver.port()?))?;
    let faulty = Stack::start(services, &folder.join("faulty"), &telemetry_to(port))?;
    turns::warm_up([&healthy, &faulty])?;
    let [of_healthy, of_faulty] =
        turns::alternate([&healthy, &faulty], TURNS)?.map(|turns| Turn::medians(&turns));
    let more = |of: fn(&Stack) -> anyhow::Result<Vec<f64>>| -> anyhow::Result<f64> {
        let differences =
            of(&faulty)?.into_iter().zip(of(&healthy)?).map(|(faulty, healthy)| faulty - healthy);
        Ok(differences.fold(f64::NEG_INFINITY, f64::max))
    };
    let effect = Effect {
        p50: of_faulty.p50 / of_healthy.p50,
        p99: of_faulty.p99 / of_healthy.p99,
        memory: more(Stack::peak_mib)?,
        threads: more(Stack::threads)?,
    };
    healthy.stop()?;
    faulty.stop()?;
    Ok(effect)
}

fn telemetry_to(port: u16) -> Variables {
    let address = format!("http://127.0.0.1:{port}");
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", address.clone()),
        ("ROLLBAR_ACCESS_TOKEN", "bench".to_owned()),
        ("ROLLBAR_ENDPOINT", address),
    ]
}

fn targets(state: &str, effect: &Effect) -> Vec<Target> {
    let [p50, p99, memory, threads] = match state {
        "hanging" => ["hanging, p50", "hanging, p99", "hanging, more memory, MiB", "hanging, more threads"],
        _ => ["dead, p50", "dead, p99", "dead, more memory, MiB", "dead, more threads"],
    };
    vec![
        Target { what: p50, measured: effect.p50, limit: Limit::AtMost(1.05) },
        Target { what: p99, measured: effect.p99, limit: Limit::AtMost(1.2) },
        Target { what: memory, measured: effect.memory, limit: Limit::AtMost(MEMORY_MIB) },
        Target { what: threads, measured: effect.threads, limit: Limit::AtMost(0.0) },
    ]
}
