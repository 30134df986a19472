//! One real binary of the workspace, running.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, Once};
use std::thread;

use serde_json::Value;

use crate::eventually;

/// A running service. It is killed when it is dropped.
pub struct Process {
    name: String,
    child: Child,
    output: Arc<Mutex<Output>>,
}

#[derive(Default)]
struct Output {
    stdout: Vec<String>,
    stderr: Vec<String>,
}

/// How a process ended, with all that it said.
pub struct Ended {
    /// Exit code and signal.
    pub status: ExitStatus,
    /// Lines of stdout.
    pub stdout: Vec<String>,
    /// Lines of stderr.
    pub stderr: Vec<String>,
}

/// The variables of one process. It gets these and no others, but `PATH`.
pub type Variables = BTreeMap<String, String>;

/// Variables from pairs.
#[must_use]
pub fn variables<const N: usize>(pairs: [(&str, String); N]) -> Variables {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl Process {
    /// Starts a binary of the workspace, and builds it first where that is needed.
    #[must_use]
    pub fn start(binary: &str, variables: &Variables) -> Self {
        Self::spawn(binary, Command::new(path_of(binary)).env_clear().envs(variables))
    }

    /// Starts `command` under the name `name`.
    #[must_use]
    pub fn spawn(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let output = Arc::new(Mutex::new(Output::default()));
        collect(child.stdout.take().unwrap(), Arc::clone(&output), |output| &mut output.stdout);
        collect(child.stderr.take().unwrap(), Arc::clone(&output), |output| &mut output.stderr);
        Self { name: name.to_owned(), child, output }
    }

    /// Waits until it listens; its address as `http://127.0.0.1:PORT`.
    pub fn address(&mut self) -> String {
        let port = eventually(&format!("listening of {}", self.name), || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("{} ended with {status}: {:#?}", self.name, self.stderr());
            }
            let lines = self.stdout();
            let line = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            line.filter(|line| line["message"] == "Listening").find_map(|line| line["server.port"].as_u64())
        });
        format!("http://127.0.0.1:{port}")
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All lines of stdout so far.
    #[must_use]
    pub fn stdout(&self) -> Vec<String> {
        self.output.lock().unwrap().stdout.clone()
    }

    /// All lines of stderr so far.
    #[must_use]
    pub fn stderr(&self) -> Vec<String> {
        self.output.lock().unwrap().stderr.clone()
    }

    /// The lines of stdout so far, as JSON. A line that is none is a failure.
    #[must_use]
    pub fn log(&self) -> Vec<Value> {
        let parse = |line: &String| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        self.stdout().iter().map(parse).collect()
    }

    /// Sends a signal by name, `TERM` or `INT`.
    pub fn signal(&self, signal: &str) {
        let status =
            Command::new("kill").arg(format!("-{signal}")).arg(self.id().to_string()).status().unwrap();
        assert!(status.success(), "{} is gone", self.name);
    }

    /// Sends SIGTERM and waits for the end.
    #[must_use]
    pub fn stop(self) -> Ended {
        self.signal("TERM");
        self.wait()
    }

    /// Waits until it ends by itself.
    #[must_use]
    pub fn wait(mut self) -> Ended {
        let status = eventually(&format!("end of {}", self.name), || self.child.try_wait().unwrap());
        // The pipes end with the process; their readers may be a moment behind.
        eventually("end of the output", || (Arc::strong_count(&self.output) == 1).then_some(()));
        Ended { status, stdout: self.stdout(), stderr: self.stderr() }
    }
}

impl Ended {
    /// The lines that were log events too: all but those that tell of losses, when everything else has ended.
    #[must_use]
    pub fn log_events(&self) -> Vec<&String> {
        self.stdout.iter().filter(|line| !line.contains(r#""message":"Telemetry lost"#)).collect()
    }

    /// How many `spans`, `reports` or `records` the last lines say were lost.
    #[must_use]
    pub fn lost(&self, what: &str) -> usize {
        let lines = self.stdout.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let told: Vec<String> = lines.filter_map(|line| line[what].as_str().map(ToOwned::to_owned)).collect();
        let [line] = &told[..] else {
            assert!(told.is_empty(), "{told:?}");
            return 0;
        };
        let number = line.split(" dropped").next().and_then(|head| head.rsplit(' ').next());
        number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no count in {line}"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- {}: stdout\n{}", self.name, self.stdout().join("\n"));
            eprintln!("--- {}: stderr\n{}", self.name, self.stderr().join("\n"));
        }
    }
}

fn collect(
    pipe: impl Read + Send + 'static,
    output: Arc<Mutex<Output>>,
    part: fn(&mut Output) -> &mut Vec<String>,
) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            part(&mut output.lock().unwrap()).push(line);
        }
    });
}

/// Where cargo puts the binary, beside this test's own. They are brought up to date once, so that no test runs
/// yesterday's services; `CRUDDUR_BIN_DIR` names a folder of finished ones instead.
#[must_use]
pub fn path_of(binary: &str) -> PathBuf {
    static BUILT: Once = Once::new();
    if let Some(folder) = std::env::var_os("CRUDDUR_BIN_DIR") {
        return PathBuf::from(folder).join(binary);
    }
    BUILT.call_once(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let packages = ["-p", "activities", "-p", "users", "-p", "notifications", "-p", "explorer"];
        let status =
            Command::new(cargo).args(["build", "--quiet", "--bins"]).args(packages).status().unwrap();
        assert!(status.success(), "the services do not build");
    });
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(std::path::Path::parent).unwrap().join(binary)
}
