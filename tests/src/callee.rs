//! A callee that misbehaves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a callee does with each request.
#[derive(Debug, Clone, Copy)]
pub enum Manner {
    /// Answers with this status and an empty JSON object.
    Answers(u16),
    /// Takes the request and never answers.
    Hangs,
    /// Answers 200 with something that is no JSON.
    Garbles,
    /// Takes the request and closes the connection.
    Closes,
}

/// The heads of the requests that a callee was sent: request line and headers, in lower case.
pub type Heads = Arc<Mutex<Vec<String>>>;

/// Starts a callee; its address. It lives as long as the test's process.
#[must_use]
pub fn start(manner: Manner) -> String {
    start_recording(manner).0
}

/// Starts a callee that remembers what it was sent.
#[must_use]
pub fn start_recording(manner: Manner) -> (String, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let heads = Heads::default();
    let remembered = Arc::clone(&heads);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let heads = Arc::clone(&heads);
            thread::spawn(move || serve(connection, manner, &heads));
        }
    });
    (address, remembered)
}

/// An address where nobody listens.
#[must_use]
pub fn nobody() -> String {
    format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

fn serve(mut connection: TcpStream, manner: Manner, heads: &Heads) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    while let Some(head) = read_request(&mut reader) {
        heads.lock().unwrap().push(head);
        let (status, body) = match manner {
            Manner::Answers(status) => (status, "{}"),
            Manner::Garbles => (200, "<html>"),
            Manner::Hangs => return std::mem::forget(connection),
            Manner::Closes => return,
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}",
            body.len()
        );
        if connection.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads one request to the end of its body; its head.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = String::new();
    loop {
        let start = head.len();
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
        if head[start..].trim_end().is_empty() {
            break;
        }
    }
    head.make_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.map_or(Some(0), |value| value.trim().parse().ok())?;
    std::io::copy(&mut reader.take(length), &mut std::io::sink()).ok()?;
    Some(head)
}
