//! A program that this one started. It is ended by its id, and never outlives its value.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// How long a program may take to start, and how long to end. Under callgrind everything takes fifty times as long.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at something that gives no sign.
const POLL: Duration = Duration::from_millis(20);

pub(crate) struct Process {
    name: String,
    child: Child,
    /// Lines of stderr.
    said: Receiver<String>,
}

/// Variables of one program.
pub(crate) type Variables = Vec<(&'static str, String)>;

impl Process {
    /// Starts `command` with these variables and no others. What it prints to stdout is thrown away, as cheaply as that
    /// can be.
    pub(crate) fn start(name: &str, command: &mut Command, variables: &Variables) -> anyhow::Result<Self> {
        let mut child = command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(variables.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {name}, {command:?}"))?;
        let stderr = BufReader::new(child.stderr.take().expect("it was asked to be a pipe"));
        let (sender, said) = mpsc::channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // Nobody may be listening any more, and the pipe is to be emptied all the same.
                let _ = sender.send(line);
            }
        });
        Ok(Self { name: name.to_owned(), child, said })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the line in which a measured server tells its port.
    pub(crate) fn port(&self) -> anyhow::Result<u16> {
        let (deadline, mut others) = (Instant::now() + PATIENCE, Vec::new());
        loop {
            match self.said.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => match line.strip_prefix(served::LISTENING) {
                    Some(port) => return Ok(port.parse()?),
                    None => others.push(line),
                },
                Err(_) => bail!("{} does not listen; it said: {others:#?}", self.name),
            }
        }
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Sends SIGTERM and waits for a good end.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let status = Command::new("kill").arg("-TERM").arg(self.id().to_string()).status()?;
        ensure!(status.success(), "{} has ended by itself: {:#?}", self.name, self.words());
        let status = wait_for(&format!("end of {}", self.name), || self.ended())?;
        ensure!(status.success(), "{} ended with {status}: {:#?}", self.name, self.words());
        Ok(())
    }

    /// What it said since the last time.
    pub(crate) fn words(&self) -> Vec<String> {
        self.said.try_iter().collect()
    }
}

/// Asks until there is an answer.
pub(crate) fn wait_for<T>(
    what: &str,
    mut ask: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        ensure!(Instant::now() < deadline, "waited {} s for the {what} in vain", PATIENCE.as_secs());
        thread::sleep(POLL);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
