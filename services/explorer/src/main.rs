//! The explorer as a process: settings, start, stop, exit code. All else is in `trace-explorer`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use trace_explorer::{Server, Settings, announcement, healthcheck};

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
        ["healthcheck"] => healthcheck(&settings).map_err(Into::into),
        _ => return fail(USAGE, "usage: explorer [healthcheck]"),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &format!("{error:#}")),
    }
}

fn fail(code: u8, message: &str) -> ExitCode {
    tell(message);
    ExitCode::from(code)
}

/// A sentence for a person. That nobody reads stderr any more is no reason to end, as `eprintln!` would.
fn tell(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "{sentence}");
}

async fn run(settings: Settings) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let server = Server::start(settings, tell)?;
    let line = announcement(server.address(), server.grpc_address().port());
    writeln!(std::io::stdout(), "{line}").context("cannot write to stdout")?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    Ok(server.serve(stop).await?)
}
