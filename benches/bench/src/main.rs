//! Measures what tracing costs. `scripts/bench` builds what is needed and calls this.

mod callgrind;
mod empty;
mod faults;
mod home;
mod http;
mod lines;
mod load;
mod process;
mod processors;
mod profile;
mod stack;
mod subject;
mod target;
mod turns;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};

use crate::subject::{Program, Subject};

/// A target was missed.
const MISSED: u8 = 1;
/// Nothing can be said about the targets.
const NOT_MEASURED: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(MISSED),
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::from(NOT_MEASURED)
        }
    }
}

/// Whether all targets are met.
fn run(arguments: &[String]) -> anyhow::Result<bool> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (services, command) =
        arguments.split_first().context("the first argument is the folder of the services")?;
    let services = PathBuf::from(services);
    // The measured programs are built beside this one.
    let binaries = std::env::current_exe()?.parent().context("this program is in a folder")?.to_owned();
    for program in Program::ALL {
        ensure!(binaries.join(program.binary()).exists(), "{} is not built", program.binary());
    }
    let folder = tempfile::tempdir()?;
    let targets = match command {
        ["overhead", "empty"] => {
            callgrind::check()?;
            empty::measure(&binaries, folder.path())?
        }
        ["overhead", "home"] => home::measure(&binaries, &services, folder.path())?,
        ["overhead"] => {
            callgrind::check()?;
            let mut targets = empty::measure(&binaries, folder.path())?;
            println!();
            targets.extend(home::measure(&binaries, &services, folder.path())?);
            targets
        }
        ["lines"] => lines::measure(&binaries, &services)?,
        ["faults"] => faults::measure(&binaries, &services, folder.path())?,
        ["profile", name] => {
            callgrind::check()?;
            let names = || subject::ALL.map(Subject::name).join(", ");
            let subject =
                Subject::by_name(name).with_context(|| format!("no row `{name}`; there are {}", names()))?;
            profile::print(&binaries, folder.path(), subject)?;
            return Ok(true);
        }
        _ => bail!("use scripts/bench"),
    };
    Ok(target::judge(&targets))
}
