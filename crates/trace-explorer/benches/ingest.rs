//! How many spans a second the explorer takes in on one core, and how long a large trace takes to open.
//!
//! `cargo bench -p trace-explorer --bench ingest`. The server is a process of its own, on one core and with one
//! worker, so that the sender's work is not counted. Durability is on, as always. Takes about ten seconds.

#[path = "ingest/client.rs"]
mod client;
#[path = "ingest/load.rs"]
mod load;

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use client::Connection;
use load::Batch;
use trace_explorer::{Server, Settings};

const BATCHES: usize = 400;
const CONNECTIONS: usize = 4;
const LARGE_TRACE: usize = 10_000;

fn main() -> anyhow::Result<()> {
    if let Some(directory) = std::env::args().skip_while(|argument| argument != "--serve").nth(1) {
        return serve(Path::new(&directory));
    }
    println!("{} spans in batches of {}, {CONNECTIONS} connections", BATCHES * load::BATCH, load::BATCH);
    println!(
        "{:<16} {:>9} {:>16} {:>8} {:>12} {:>11}",
        "", "spans/s", "spans/CPU second", "RSS", "disk B/span", "sent B/span"
    );
    let batches = load::batches(BATCHES);
    ingest("protobuf", &batches.iter().map(Batch::protobuf).collect::<Vec<_>>())?;
    ingest("protobuf, gzip", &batches.iter().map(Batch::gzip).collect::<Vec<_>>())?;
    ingest("JSON", &batches.iter().map(Batch::json).collect::<Vec<_>>())?;
    open()
}

/// The child: serves until its stdin ends.
fn serve(directory: &Path) -> anyhow::Result<()> {
    let settings = Settings { port: 0, data: directory.to_owned(), workers: 1, ..Settings::default() };
    actix_web::rt::System::new().block_on(async {
        let server = Server::start(settings, |sentence| eprintln!("{sentence}"))?;
        println!("{}", server.address());
        let parent_gone = || std::io::stdin().read_to_end(&mut Vec::new());
        Ok(server.serve(async move { drop(actix_web::rt::task::spawn_blocking(parent_gone).await) }).await?)
    })
}

/// A server process of its own.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(directory: &Path) -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let mut command = if Path::new("/usr/bin/taskset").exists() {
            let mut command = Command::new("/usr/bin/taskset");
            command.args(["-c", "0"]).arg(own);
            command
        } else {
            Command::new(own)
        };
        let mut child =
            command.arg("--serve").arg(directory).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped")).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()? })
    }

    fn stop(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        anyhow::ensure!(self.child.wait()?.success(), "the server did not stop well");
        Ok(())
    }

    /// User and system time so far. Linux counts in hundredths of a second.
    fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
    }

    fn rss_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        Ok(line.split_whitespace().nth(1).unwrap_or("0").parse::<f64>()? / 1024.0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn ingest(name: &str, requests: &[Vec<u8>]) -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let process = Process::start(directory.path())?;
    let started = Instant::now();
    thread::scope(|scope| {
        let send = |first: usize| {
            let mut connection = Connection::open(process.address)?;
            for request in requests.iter().skip(first).step_by(CONNECTIONS) {
                let answer = connection.send(request)?;
                anyhow::ensure!(answer.status == 200, "the server answered {}", answer.status);
            }
            Ok(())
        };
        let senders: Vec<_> = (0..CONNECTIONS).map(|first| scope.spawn(move || send(first))).collect();
        senders.into_iter().try_for_each(|sender| sender.join().expect("senders do not panic"))
    })?;
    let seconds = started.elapsed().as_secs_f64();
    let (cpu, rss) = (process.cpu_seconds()?, process.rss_mib()?);
    let spans = (requests.len() * load::BATCH) as f64;
    let stats = Connection::open(process.address)?.get("/api/stats", "*/*")?.body;
    let stats: serde_json::Value = serde_json::from_slice(&stats)?;
    anyhow::ensure!(stats["spans"] == BATCHES * load::BATCH, "not all spans were kept: {stats}");
    let disk = stats["bytes"].as_f64().unwrap_or_default() / spans;
    let sent = requests.iter().map(Vec::len).sum::<usize>() as f64 / spans;
    println!(
        "{name:<16} {:>9.0} {:>16.0} {:>4.0} MiB {disk:>12.0} {sent:>11.0}",
        spans / seconds,
        spans / cpu,
        rss
    );
    if name == "protobuf" {
        let started = Instant::now();
        Connection::open(process.address)?.get("/api/traces?attr=no.such%3Dattribute", "*/*")?;
        println!(
            "  searched all of them for an attribute that none has in {:.0} ms",
            started.elapsed().as_secs_f64() * 1e3
        );
    }
    process.stop()?;
    if name == "protobuf" {
        let started = Instant::now();
        let process = Process::start(directory.path())?;
        let replay = started.elapsed().as_secs_f64();
        println!("  started again with these spans in {:.2} s, RSS {:.0} MiB", replay, process.rss_mib()?);
        process.stop()?;
    }
    Ok(())
}

fn open() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let process = Process::start(directory.path())?;
    let mut connection = Connection::open(process.address)?;
    println!("empty: RSS {:.1} MiB", process.rss_mib()?);
    let (trace_id, requests) = load::one_trace(LARGE_TRACE);
    for request in &requests {
        anyhow::ensure!(connection.send(request)?.status == 200, "the large trace was not accepted");
    }
    println!("\na trace of {LARGE_TRACE} spans (median of 5)");
    for (name, path, accept) in [
        ("API", format!("/api/traces/{trace_id}"), "*/*"),
        ("page", format!("/traces/{trace_id}"), "text/html"),
        ("text", format!("/traces/{trace_id}"), "text/plain"),
    ] {
        let mut times: Vec<Duration> = Vec::new();
        let mut bytes = 0;
        for _ in 0..5 {
            let started = Instant::now();
            let answer = connection.get(&path, accept)?;
            times.push(started.elapsed());
            anyhow::ensure!(answer.status == 200, "{path} answered {}", answer.status);
            bytes = answer.body.len();
        }
        times.sort_unstable();
        println!("{name:<5} {:>6.0} ms  {:>6} KiB", times[2].as_secs_f64() * 1e3, bytes / 1024);
    }
    process.stop()
}
