//! HTTP byte by byte, because a client library would put right what these tests send wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// No answer within this time is a failure.
const PATIENCE: Duration = Duration::from_secs(10);

/// The header lines of a request or an answer, in order, names in lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head(pub(crate) Vec<(String, String)>);

impl Head {
    /// The values of all lines of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| &**value).collect()
    }
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: Head,
    pub(crate) body: String,
}

/// Sends a request with exactly these header lines, and what it needs to be a request.
pub(crate) fn ask(to: SocketAddr, request_line: &str, lines: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let lines: Vec<String> = lines.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let fixed = format!(
        "host: {to}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n"
    );
    write!(stream, "{request_line} HTTP/1.1\r\n{fixed}{}\r\n{body}", lines.concat()).unwrap();
    let mut reader = BufReader::new(stream);
    let (first, head) = read_head(&mut reader);
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let mut body = String::new();
    reader.read_to_string(&mut body).unwrap();
    Answer { status, head, body }
}

/// A server that keeps the head of every request and answers all of them alike.
pub(crate) struct Callee {
    pub(crate) address: SocketAddr,
    received: Receiver<Head>,
}

impl Callee {
    /// One that answers with `status`, such as `200 OK`, and these header lines.
    pub(crate) fn answering(status: &str, lines: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer = format!("HTTP/1.1 {status}\r\n{lines}content-length: 0\r\nconnection: close\r\n\r\n");
        let (sender, received) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut reader = BufReader::new(stream);
                let (_, head) = read_head(&mut reader);
                let length = head.all("content-length").first().map_or(0, |length| length.parse().unwrap());
                std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).unwrap();
                // Before the answer, so that whoever has the answer finds the head here.
                if sender.send(head).is_err() || reader.get_mut().write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
        });
        Self { address, received }
    }

    /// The heads of all requests so far that no call of this has answered yet.
    pub(crate) fn received(&self) -> Vec<Head> {
        self.received.try_iter().collect()
    }
}

fn read_head(reader: &mut impl BufRead) -> (String, Head) {
    let mut lines = reader.lines().map(Result::unwrap);
    let first = lines.next().unwrap_or_default();
    let lines = lines.take_while(|line| !line.is_empty());
    let split = |line: String| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    (first, Head(lines.map(split).collect()))
}
