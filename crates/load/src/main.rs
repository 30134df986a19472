//! `load`: an outside user of Cruddur. It sends no trace context, learns the trace of each request from the answer, and
//! then asks the explorer for every one of them.

mod args;
mod check;
mod error;
mod expectation;
mod explorer;
mod figures;
mod http;
mod outcome;
mod prepare;
mod progress;
mod report;
mod run;
mod scenario;
mod schedule;
mod summary;
mod table;
mod trace;
mod user;

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::iter;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::args::Args;
use crate::error::LoadError;
use crate::explorer::Explorer;
use crate::figures::Figures;
use crate::schedule::Schedule;
use crate::user::User;

/// Some request failed, or some trace is not complete.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    let args = Args::parse();
    let requests = args.requests().unwrap_or_else(|why| {
        Args::command().error(clap::error::ErrorKind::ValueValidation, why).exit();
    });
    let schedule = Schedule::new(requests, args.rate);
    match load(&args, schedule) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) => {
            let causes =
                iter::successors(error.source(), |&cause| cause.source()).map(|cause| format!(": {cause}"));
            eprintln!("load: {error}{}", causes.collect::<String>());
            ExitCode::from(FAILED)
        }
    }
}

/// Prepares, sends, checks and reports. Whether everything was as it should be.
fn load(args: &Args, schedule: Schedule) -> Result<bool, LoadError> {
    // Opened before anything is sent, so that a name that cannot be written does not cost a whole run.
    let mut json = args.json.as_ref().map(|path| open(path)).transpose()?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(LoadError::Start)?;
    let (figures, text) = runtime.block_on(measure(args, schedule))?;
    // Whoever reads the report may close the pipe early; the exit code still tells how it went.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if let Some(file) = &mut json {
        figures.write(file).map_err(|source| LoadError::Json { action: "write", source })?;
    }
    Ok(figures.passed)
}

async fn measure(args: &Args, schedule: Schedule) -> Result<(Figures, String), LoadError> {
    let user = User::new(args.url.clone(), args.timeout)?;
    let explorer = Explorer::new(args.explorer.clone())?;
    explorer.ready().await?;
    let activities = prepare::prepare(&user).await?;
    let outcomes = run::run(&user, args.scenario, schedule, &activities).await;
    let verdict = check::check(&explorer, &outcomes, args.patience).await;
    let figures = Figures::new(args, &outcomes, verdict);
    let waterfall = match &figures.slowest {
        Some(slowest) => Some(explorer.waterfall(&slowest.trace_id).await),
        None => None,
    };
    let text = report::report(&figures, waterfall);
    Ok((figures, text))
}

fn open(path: &std::path::Path) -> Result<File, LoadError> {
    File::create(path).map_err(|source| LoadError::Json { action: "create", source })
}
