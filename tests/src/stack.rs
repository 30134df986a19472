//! The four services, wired to each other.

use std::sync::OnceLock;

use reqwest::blocking::{Client, Response};
use serde_json::Value;
use telemetry::testing::semconv::{self, Observed};
use tempfile::TempDir;

use crate::process::{Process, Variables, variables};
use crate::trace::Trace;
use crate::{eventually, trace};

/// A running stack with data of its own.
pub struct Stack {
    /// The public service.
    pub activities: Service,
    /// Profiles.
    pub users: Service,
    /// Mentions and replies.
    pub notifications: Service,
    /// Knows the traces.
    pub explorer: Service,
    /// Holds the databases; removed at the end.
    pub data: TempDir,
}

/// One running service of a stack.
pub struct Service {
    /// Its process; `None` when it was stopped, or is played by somebody else.
    pub process: Option<Process>,
    /// `http://127.0.0.1:PORT`
    pub address: String,
}

/// How a stack differs from the usual one.
#[derive(Default)]
pub struct Changes {
    /// Who plays `users`, instead of the real one: its address.
    pub users: Option<String>,
    /// Who plays `notifications`, instead of the real one: its address.
    pub notifications: Option<String>,
    /// Further variables for the three services.
    pub variables: Variables,
}

impl Stack {
    /// The usual stack: everything real, on SQLite.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&Changes::default())
    }

    /// A stack with changes.
    #[must_use]
    pub fn start_with(changes: &Changes) -> Self {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().display().to_string();
        let explorer = Service::run(
            "explorer",
            &variables([("EXPLORER_PORT", "0".to_owned()), ("EXPLORER_DATA", format!("{folder}/explorer"))]),
        );
        let common = |urls: &[(&str, &str)]| {
            let mut all = variables([
                ("PORT", "0".to_owned()),
                ("WORKERS", "2".to_owned()),
                ("CRUDDUR_DATA", folder.clone()),
                ("EXPLORER_URL", explorer.address.clone()),
            ]);
            all.extend(urls.iter().map(|(name, url)| ((*name).to_owned(), (*url).to_owned())));
            all.extend(changes.variables.clone());
            all
        };
        let users = Service::played_or_run(changes.users.as_ref(), "users", &common(&[]));
        let to_users = ("USERS_URL", users.address.as_str());
        let notifications =
            Service::played_or_run(changes.notifications.as_ref(), "notifications", &common(&[to_users]));
        let to_notifications = ("NOTIFICATIONS_URL", notifications.address.as_str());
        let activities = Service::run("activities", &common(&[to_users, to_notifications]));
        Self { activities, users, notifications, explorer, data }
    }

    /// `GET` of a path of the public service.
    #[must_use]
    pub fn get(&self, path: &str) -> Response {
        self.activities.get(path)
    }

    /// `POST` of a JSON body to a path of the public service.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Response {
        self.activities.post(path, body)
    }

    /// The trace that an answer names, as soon as it is `complete`.
    #[must_use]
    pub fn trace(&self, response: &Response, complete: impl Fn(&Trace) -> bool) -> Trace {
        self.explorer.trace(&trace::id_of(response), complete)
    }
}

impl Drop for Service {
    /// An explorer shows, when its stack ends, what a test has made: every span of ours is held against the semantic
    /// conventions, whatever the test was about.
    fn drop(&mut self) {
        if self.process.is_some() && !std::thread::panicking() {
            semconv::assert_clean(&self.observed());
        }
    }
}

impl Service {
    /// Of an explorer: all spans that it holds of services in Rust. Another service has none, and one that cannot answer
    /// any more shows nothing.
    #[must_use]
    pub fn observed(&self) -> Vec<Observed> {
        let client = client();
        let get = |path: &str| -> Option<Value> {
            client.get(format!("{}{path}", self.address)).send().ok()?.json().ok()
        };
        let traces = get("/api/traces?limit=1000").unwrap_or_default();
        let ids =
            traces["traces"].as_array().into_iter().flatten().filter_map(|trace| trace["trace_id"].as_str());
        let traces: Vec<Value> = ids.filter_map(|id| get(&format!("/api/traces/{id}"))).collect();
        let spans = traces.iter().flat_map(|trace| trace["spans"].as_array().into_iter().flatten());
        let ours = spans.filter(|span| span["resource"]["telemetry.sdk.language"] == "rust");
        ours.map(Observed::from_explorer).collect()
    }

    /// Starts a binary and waits until it listens.
    #[must_use]
    pub fn run(binary: &str, variables: &Variables) -> Self {
        let mut process = Process::start(binary, variables);
        let address = process.address();
        Self { process: Some(process), address }
    }

    fn played_or_run(player: Option<&String>, binary: &str, variables: &Variables) -> Self {
        match player {
            Some(address) => Self { process: None, address: address.clone() },
            None => Self::run(binary, variables),
        }
    }

    /// `GET` of a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Response {
        client().get(format!("{}{path}", self.address)).send().unwrap()
    }

    /// `POST` of a JSON body to a path.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Response {
        client().post(format!("{}{path}", self.address)).json(body).send().unwrap()
    }

    /// The process, which somebody else now stops.
    #[must_use]
    pub fn take(&mut self) -> Process {
        self.process.take().expect("the service runs")
    }

    /// The log so far, with every line that belongs to what was answered so far: lines are written on a thread of their
    /// own, and the service tells how many there are.
    #[must_use]
    pub fn log(&self) -> Vec<Value> {
        let process = self.process.as_ref().expect("the service runs");
        eventually("all lines of the log", || {
            let accounts: Value = self.get("/telemetry").json().unwrap();
            let stdout = &accounts["logs"]["stdout"];
            let lines = process.log();
            (stdout["pending"] == 0 && stdout["delivered"] == lines.len()).then_some(lines)
        })
    }

    /// Of an explorer: where it takes OTLP/gRPC, as `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn grpc_address(&self) -> String {
        let lines = self.process.as_ref().expect("the service runs").log();
        let port = lines.iter().find_map(|line| line["server.grpc_port"].as_u64());
        format!("http://127.0.0.1:{}", port.expect("its first line tells it"))
    }

    /// Of an explorer: the trace with this id, as soon as it is `complete`.
    #[must_use]
    pub fn trace(&self, id: &str, complete: impl Fn(&Trace) -> bool) -> Trace {
        let mut last = None;
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually(&format!("completion of trace {id}"), || {
                let response = self.get(&format!("/api/traces/{id}"));
                let trace =
                    response.status().is_success().then(|| Trace::from_json(&response.json().unwrap()))?;
                last = Some(trace.clone());
                complete(&trace).then_some(trace)
            })
        }));
        found.unwrap_or_else(|_| {
            panic!("trace {id} never became complete, it is:\n{}", last.unwrap_or_default())
        })
    }
}

/// The one client of the tests, which sends no trace context and gives up in the end.
#[must_use]
pub fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| Client::builder().timeout(crate::PATIENCE).build().unwrap())
}
