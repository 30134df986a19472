//! The real program: how it starts, what it says, how it stops.
#![allow(clippy::unwrap_used, reason = "a panic is the failure report")]

#[path = "http/stack.rs"]
mod stack;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use clients::BaseUrl;
use clients::testing::{Answer, nowhere};
use serde_json::{Value, json};
use stack::{eventually, notifications, users};
use tempfile::TempDir;

/// A running program and the lines that it has printed.
struct Program {
    child: Child,
    lines: Arc<Mutex<Vec<Value>>>,
    directory: TempDir,
}

impl Program {
    async fn start(users: &BaseUrl, notifications: &BaseUrl) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), users, notifications).await
    }

    async fn start_in(directory: TempDir, users: &BaseUrl, notifications: &BaseUrl) -> Self {
        let mut child = command(&directory)
            .env("USERS_URL", users.to_string())
            .env("NOTIFICATIONS_URL", notifications.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (stdout, printed) = (child.stdout.take().unwrap(), Arc::clone(&lines));
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                printed.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        let program = Self { child, lines, directory };
        eventually(|| program.port().is_some()).await;
        program
    }

    fn port(&self) -> Option<u64> {
        let lines = self.lines.lock().unwrap();
        lines.iter().find(|line| line["message"] == "Listening")?["server.port"].as_u64()
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port().unwrap())
    }

    /// Level and message of every line above INFO.
    fn told(&self) -> Vec<(String, String)> {
        let lines = self.lines.lock().unwrap();
        let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
        let told = lines.iter().map(|line| (text(line, "level"), text(line, "message")));
        told.filter(|(level, _)| level != "INFO").collect()
    }

    /// Ends it as a container engine does, and answers whether it ended well.
    async fn terminate(mut self) -> (bool, TempDir) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let child = Mutex::new(&mut self.child);
        eventually(|| child.lock().unwrap().try_wait().unwrap().is_some()).await;
        let ended_well = self.child.wait().unwrap().success();
        (ended_well, std::mem::replace(&mut self.directory, tempfile::tempdir().unwrap()))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(directory: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_activities"));
    command.env_clear().env("PORT", "0").env("CRUDDUR_DATA", directory.path());
    command
}

async fn create(program: &Program, message: &str) -> u16 {
    let body = json!({"message": message, "ttl": "1-day"});
    let request = reqwest::Client::new().post(program.url("/api/activities")).json(&body);
    request.send().await.unwrap().status().as_u16()
}

async fn get(program: &Program, path: &str) -> u16 {
    reqwest::get(program.url(path)).await.unwrap().status().as_u16()
}

#[actix_web::test]
async fn a_database_that_cannot_be_used_is_named_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("activities.db");
    std::fs::write(&file, "no database").unwrap();

    let output = command(&directory).output().unwrap();

    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        said,
        format!("activities: the SQLite file {} is corrupt: file is not a database\n", file.display())
    );
}

#[actix_web::test]
async fn all_mistakes_in_the_environment_are_told_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = command(&directory);
    command.env("PORT", "many").env("USERS_URL", "http://me:hunter2@users").env("DATABASE_URL", "hunter2");

    let output = command.output().unwrap();

    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(said.lines().count(), 1, "{said}");
    for variable in ["PORT: ", "USERS_URL: ", "DATABASE_URL: "] {
        assert!(said.contains(variable), "{said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

#[actix_web::test]
async fn the_healthcheck_says_by_its_exit_code_whether_the_service_is_ready() {
    let program = Program::start(&nowhere(), &nowhere()).await;
    let port = program.port().unwrap().to_string();
    let check = |port: &str| {
        let mut command = command(&program.directory);
        command.arg("healthcheck").env("PORT", port).status().unwrap().code()
    };

    assert_eq!(check(&port), Some(0));
    assert_eq!(check(&nowhere().url().port().unwrap().to_string()), Some(1));
}

#[actix_web::test]
async fn a_failure_is_told_once_by_who_failed() {
    let (users, notifications) = (users(), notifications());
    let program = Program::start(&users.base(), &notifications.base()).await;
    let check = async |expected: &[(&str, &str)]| {
        let expected: Vec<_> =
            expected.iter().map(|(level, text)| ((*level).to_owned(), (*text).to_owned())).collect();
        eventually(|| program.told().len() >= expected.len()).await;
        assert_eq!(program.told(), expected);
        program.lines.lock().unwrap().retain(|line| line["message"] == "Listening");
    };

    assert_eq!(get(&program, "/api/activities/nonsense").await, 404);
    assert_eq!(create(&program, "").await, 422);
    check(&[("WARN", "Request refused"), ("WARN", "Request refused")]).await;

    users.behave(|_| Answer::status(500));
    assert_eq!(get(&program, "/api/activities/home").await, 200);
    check(&[("WARN", "Answered without a callee that failed")]).await;
    assert_eq!(create(&program, "a").await, 502);
    check(&[("WARN", "Request failed in a callee")]).await;
    assert_eq!(get(&program, "/api/users/@worf/short").await, 500);
    check(&[("WARN", "Request failed in a callee")]).await;

    users.stop().await;
    assert_eq!(get(&program, "/api/activities/home").await, 200);
    check(&[("ERROR", "Answered without a callee that could not be asked")]).await;
    assert_eq!(create(&program, "a").await, 502);
    check(&[("ERROR", "Request failed")]).await;
}

#[actix_web::test]
async fn an_event_that_waits_survives_the_stop_and_is_delivered_after_the_next_start() {
    let (users, notifications) = (users(), notifications());
    let program = Program::start(&users.base(), &nowhere()).await;
    assert_eq!(create(&program, "wait for me").await, 200);
    let (ended_well, directory) = program.terminate().await;
    assert!(ended_well);

    let _program = Program::start_in(directory, &users.base(), &notifications.base()).await;

    let told = || notifications.asked().iter().filter(|asked| asked.path.ends_with("/events")).count();
    eventually(|| told() == 1).await;
    assert!(notifications.asked()[0].body.contains("wait for me"));
}
