//! The explorer as a process: settings, start, stop, exit code. All else is in `trace-explorer`.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};
use trace_explorer::{Server, Settings};

/// The exit code for a mistake in the settings or on the command line.
const USAGE: u8 = 2;

#[actix_web::main]
async fn main() -> ExitCode {
    let settings = match Settings::from_env(|name| std::env::var(name).ok()) {
        Ok(settings) => settings,
        Err(mistakes) => return fail(USAGE, &mistakes.to_string()),
    };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => run(settings).await,
        ["healthcheck"] => healthcheck(&settings),
        _ => return fail(USAGE, "usage: explorer [healthcheck]"),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &format!("{error:#}")),
    }
}

fn fail(code: u8, message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(code)
}

async fn run(settings: Settings) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let server = Server::start(settings, |sentence| eprintln!("{sentence}"))?;
    announce(server.address())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    Ok(server.serve(stop).await?)
}

/// The line that scripts and tests wait for, in the form of the other services' log lines.
#[derive(Serialize)]
struct Listening {
    timestamp: String,
    level: &'static str,
    message: &'static str,
    #[serde(rename = "service.name")]
    service_name: &'static str,
    #[serde(rename = "server.address")]
    address: IpAddr,
    #[serde(rename = "server.port")]
    port: u16,
}

fn announce(address: SocketAddr) -> anyhow::Result<()> {
    let now = OffsetDateTime::now_utc();
    let (hour, minute, second, micro) = now.to_hms_micro();
    let line = Listening {
        timestamp: format!("{}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z", now.date()),
        level: "INFO",
        message: "Listening",
        service_name: "explorer",
        address: address.ip(),
        port: address.port(),
    };
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}", serde_json::to_string(&line)?).context("cannot write to stdout")
}

/// Asks the explorer of the same settings whether it is ready: the check of a container that has no shell and no curl.
fn healthcheck(settings: &Settings) -> anyhow::Result<()> {
    const TIMEOUT: Duration = Duration::from_secs(2);
    let host = match settings.host {
        IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    let address = SocketAddr::new(host, settings.port);
    let mut connection =
        TcpStream::connect_timeout(&address, TIMEOUT).with_context(|| format!("no answer from {address}"))?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    write!(connection, "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).with_context(|| format!("no whole answer from {address}"))?;
    let status = answer.lines().next().unwrap_or_default();
    anyhow::ensure!(status.starts_with("HTTP/1.1 200"), "{address} is not ready: {status}");
    Ok(())
}
