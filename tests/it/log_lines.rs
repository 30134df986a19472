//! Log lines on their way to CloudWatch Logs, or to what stands in for it: many of them, odd ones, and those that cannot leave.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use integration_tests::faulty::{Act, Faulty};
use integration_tests::process::{Process, Variables, variables};
use integration_tests::stack::{Service, client};
use integration_tests::{callee, eventually};
use serde_json::Value;
use tempfile::TempDir;

/// A service that makes as many lines as it is asked for.
fn burst(more: Variables) -> (Process, String) {
    let mut all = variables([("PORT", "0".to_owned())]);
    all.extend(more);
    let mut process = spawn(&all);
    let address = process.address();
    (process, address)
}

fn spawn(variables: &Variables) -> Process {
    Process::spawn("burst", Command::new(env!("CARGO_BIN_EXE_burst")).env_clear().envs(variables))
}

fn explorer() -> (Service, TempDir) {
    let data = tempfile::tempdir().unwrap();
    let settings =
        variables([("EXPLORER_PORT", "0".to_owned()), ("EXPLORER_DATA", data.path().display().to_string())]);
    (Service::run("explorer", &settings), data)
}

fn account(address: &str, destination: &str) -> Value {
    let accounts: Value = client().get(format!("{address}/telemetry")).send().unwrap().json().unwrap();
    accounts["logs"][destination].clone()
}

fn dropped(account: &Value) -> u64 {
    account["dropped"].as_object().unwrap().values().filter_map(Value::as_u64).sum()
}

/// All lines of the explorer that a search finds, the newest first, as they were sent.
fn lines(explorer: &Service, query: &str) -> Vec<Value> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page: Value =
            explorer.get(&format!("/api/logs?limit=1000&{query}&after={after}")).json().unwrap();
        found.extend(page["logs"].as_array().unwrap_or_else(|| panic!("{page}")).iter().cloned());
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return found,
        }
    }
}

#[test]
fn a_burst_of_lines_arrives_once_each_and_in_order() {
    const LINES: u64 = 25_000;
    let (explorer, _data) = explorer();
    let (_service, address) = burst(variables([("EXPLORER_URL", explorer.address.clone())]));

    let response = client().get(format!("{address}/lines/{LINES}")).send().unwrap();

    assert_eq!(response.status(), 200);
    let account = eventually("delivery", || {
        let account = account(&address, "explorer");
        (account["delivered"].as_u64() >= Some(LINES)).then_some(account)
    });
    assert_eq!(dropped(&account), 0, "{account}");
    let found = lines(&explorer, "q=A+line+of+the+burst");
    let numbers: Vec<_> = found.iter().rev().map(|line| line["data"]["number"].as_u64().unwrap()).collect();
    assert!(numbers.iter().copied().eq(0..LINES), "{} lines", numbers.len());
}

/// Texts that would begin another line, clear a terminal, or turn the direction of writing round.
const ODD: [&str; 6] = [
    "a\r\n{\"level\":\"ERROR\",\"message\":\"forged\"}",
    "a\nb",
    "\u{1b}[2J\u{1b}[31mred",
    "\u{2028}and\u{2029}",
    "\u{202e}live",
    "\u{9b}31m\u{7f}\u{0}",
];

#[test]
fn one_event_is_one_line_whatever_it_says() {
    let (explorer, _data) = explorer();
    let (service, address) = burst(variables([("EXPLORER_URL", explorer.address.clone())]));
    let large = "x".repeat(1 << 20);
    let texts: Vec<&str> = ODD.into_iter().chain([large.as_str()]).collect();

    for text in &texts {
        let said = client().post(format!("{address}/say")).body((*text).to_owned()).send().unwrap();
        assert_eq!(said.status(), 200);
    }

    let arrived = eventually("all lines", || {
        let arrived = lines(&explorer, "level=warn");
        (arrived.len() >= texts.len()).then_some(arrived)
    });
    let printed: Vec<Value> = service.log().into_iter().filter(|line| line["level"] == "WARN").collect();
    assert_eq!((printed.len(), arrived.len()), (texts.len(), texts.len()));
    for (text, line) in texts.iter().zip(&printed) {
        assert_eq!((line["message"].as_str(), line["text"].as_str()), (Some(*text), Some(*text)));
    }
    for line in service.stdout() {
        assert!(!line.contains(|c: char| c.is_control() || is_separator(c)), "{line:?}");
    }
    let cut = &arrived[0]["data"];
    for text in ["message", "text"] {
        let text = cut[text].as_str().unwrap_or_else(|| panic!("2 MiB are cut to JSON"));
        assert!(text.len() < large.len() && text.ends_with("[cut: it had 1048576 bytes]"), "{}", text.len());
    }
    for (text, line) in ODD.iter().zip(arrived.iter().rev()) {
        assert_eq!(line["data"]["message"].as_str(), Some(*text));
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}')
}

/// Sends bytes as they are, and reads the answer's first line.
fn send(address: &str, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    connection.write_all(request).unwrap();
    let mut answer = String::new();
    // Who refuses a request may close before all of it was read.
    let _ = connection.read_to_string(&mut answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn nobody_writes_a_line_of_somebody_else() {
    let (explorer, _data) = explorer();
    let (service, address) = burst(variables([("EXPLORER_URL", explorer.address.clone())]));
    let paths = [
        "/nope%0a%7b%22level%22:%22ERROR%22%7d",
        "/nope%0d%0aGET%20/admin",
        "/nope%e2%80%a8%1b%5b2J",
        "/nope?a=%0a&token=hunter2",
    ];
    let get = |path: &str, agent: &str| {
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: a\r\nUser-Agent: {agent}\r\nConnection: close\r\n\r\n");
        send(&address, head.as_bytes())
    };
    for path in paths {
        let answer = get(path, "\u{2028}x\u{9b}");
        assert!(answer.contains(" 404 "), "{path}: {answer}");
        assert!(get(path, "\u{1b}[2J").contains(" 400 "), "no header may have control characters");
    }
    let large = "x".repeat(1 << 20);
    for (path, agent) in [(&*format!("/{large}"), "curl"), ("/", &large)] {
        assert!(!get(path, agent).contains(" 200 "), "1 MiB is more than a server reads");
    }
    assert!(get("/health/live", "curl").contains(" 200 "), "and it goes on");

    let arrived = eventually("the lines", || {
        let arrived = lines(&explorer, "q=Request+refused");
        (arrived.len() >= paths.len()).then_some(arrived)
    });
    // `log` fails where a line is none.
    let printed: Vec<Value> =
        service.log().into_iter().filter(|line| line["message"] == "Request refused").collect();
    assert_eq!((printed.len(), arrived.len()), (paths.len(), paths.len()), "{printed:#?}");
    for line in service.stdout() {
        assert!(!line.contains(|c: char| c.is_control() || is_separator(c)), "{line:?}");
        assert!(!line.contains("hunter2"), "{line}");
    }
    assert!(service.log().iter().all(|line| line["level"] != "ERROR"), "{:#?}", service.log());
}

#[test]
fn lines_for_people_do_not_command_their_terminal() {
    // Where it listens is not told in JSON either.
    let port = callee::free(&callee::nobody());
    let service = spawn(&variables([("LOG_FORMAT", "pretty".to_owned()), ("PORT", port.clone())]));
    let address = format!("http://127.0.0.1:{port}");
    eventually("listening", || service.stdout().iter().any(|line| line.contains("Listening")).then_some(()));

    for text in ODD {
        let said = client().post(format!("{address}/say")).body(text.to_owned()).send().unwrap();
        assert_eq!(said.status(), 200);
    }

    let printed = eventually("all lines", || {
        let printed = service.stdout();
        (printed.iter().filter(|line| line.contains("WARN")).count() == ODD.len()).then_some(printed)
    });
    for line in printed {
        assert!(!line.contains(|c: char| c.is_control() || is_separator(c)), "{line:?}");
    }
}

/// Memory that the process has in RAM, in bytes.
fn memory(process: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// As much as a minute of 1,000 lines a second, and as much again.
#[test]
fn a_destination_that_hangs_takes_no_more_memory_than_its_queue_has() {
    const A_SECOND: u64 = 1000;
    const SECONDS: u64 = 120;
    const QUEUE_BYTES: u64 = 32 << 20;
    const AND_MORE: u64 = 16 << 20;
    let hanging = Faulty::start(&[Act::Hang]);
    let (service, address) = burst(variables([("EXPLORER_URL", hanging.address.clone())]));
    let _ = account(&address, "explorer");
    let before = memory(&service);

    for _ in 0..SECONDS {
        let response = client().get(format!("{address}/lines/{A_SECOND}")).send().unwrap();
        assert_eq!(response.status(), 200);
        eventually("lines on stdout", || {
            (account(&address, "stdout")["pending"].as_u64().unwrap() <= 2).then_some(())
        });
    }

    let account = account(&address, "explorer");
    let number = |key: &str| account[key].as_u64().unwrap();
    assert_eq!(number("created"), number("delivered") + dropped(&account) + number("pending"), "{account}");
    assert!(number("created") >= A_SECOND * SECONDS && dropped(&account) > 0, "{account}");
    assert_eq!(account["dropped"]["full"].as_u64(), Some(dropped(&account)), "{account}");
    let grown = memory(&service).saturating_sub(before);
    assert!(grown <= QUEUE_BYTES + AND_MORE, "{grown} bytes, {account}");
}

#[test]
fn what_the_senders_do_is_no_line_even_if_everything_is_logged() {
    let (explorer, _data) = explorer();
    let (service, address) = burst(variables([
        ("EXPLORER_URL", explorer.address.clone()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", explorer.address.clone()),
        ("RUST_LOG", "trace".to_owned()),
    ]));

    let said = client().post(format!("{address}/say")).body("Hello").send().unwrap();

    assert_eq!(said.status(), 200);
    for destination in ["explorer", "otlp"] {
        eventually("delivery", || {
            (account(&address, destination)["delivered"].as_u64() > Some(0)).then_some(())
        });
    }
    let of_senders = |line: &Value| {
        let target = line["target"].as_str().unwrap_or_default().to_owned();
        ["aws", "hyper", "reqwest", "h2", "rustls"].iter().any(|library| target.starts_with(library))
    };
    let told: Vec<Value> = service.log().into_iter().filter(of_senders).collect();
    assert!(told.is_empty(), "{told:#?}");
}
