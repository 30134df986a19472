//! A callee that misbehaves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
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

/// Starts a callee; its address. It lives as long as the test's process.
#[must_use]
pub fn start(manner: Manner) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || serve(connection, manner));
        }
    });
    address
}

/// An address where nobody listens.
#[must_use]
pub fn nobody() -> String {
    format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

fn serve(mut connection: TcpStream, manner: Manner) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    while read_request(&mut reader).is_some() {
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

/// Reads one request to the end of its body.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<()> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink()).ok().map(drop)
}
