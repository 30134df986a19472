//! A server that answers what it is told to, on a free port.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The token of all tests.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// What a server does with each request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Sends these bytes and closes the connection.
    Bytes(Vec<u8>),
    /// Closes the connection.
    Nothing,
    /// Waits until the client goes.
    Hang,
    /// Sends these bytes, and then one more in each 10 ms until the client goes.
    Drip(Vec<u8>),
    /// Sends these bytes, and then as many more as the client takes.
    Flood(Vec<u8>),
}

impl Answer {
    /// A status with headers, each a whole line, and a body.
    pub(crate) fn http(status: &str, headers: &[&str], body: &str) -> Self {
        let headers: String = headers.iter().flat_map(|header| [*header, "\r\n"]).collect();
        let length = body.len();
        Self::Bytes(
            format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
            )
            .into(),
        )
    }

    /// What Rollbar answers to an item that it takes.
    pub(crate) fn taken() -> Self {
        Self::http(
            "200 OK",
            &[],
            r#"{"err": 0, "result": {"id": null, "uuid": "d4c7acef55bf4c9ea95e4fe9428a8287"}}"#,
        )
    }
}

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Method and path.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Serves until the test ends.
pub(crate) struct Server {
    pub(crate) endpoint: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    pub(crate) fn answering(answer: Answer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, seen) = (answer.clone(), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream.unwrap(), &answer, &seen));
            }
        });
        Self { endpoint, received }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The one request that came.
    pub(crate) fn only(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received[0].clone()
    }
}

fn serve(mut stream: TcpStream, answer: &Answer, seen: &Mutex<Vec<Received>>) {
    let Some(request) = read(&mut stream) else { return };
    seen.lock().unwrap().push(request);
    // Whoever hangs up early is not served further.
    let _ = match answer {
        Answer::Bytes(bytes) => stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write)),
        Answer::Nothing => stream.shutdown(Shutdown::Both),
        Answer::Hang => {
            wait(&mut stream, None);
            Ok(())
        }
        Answer::Drip(bytes) => drip(&mut stream, bytes),
        Answer::Flood(bytes) => flood(&mut stream, bytes),
    };
}

fn drip(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes)?;
    loop {
        stream.write_all(b" ")?;
        wait(stream, Some(Duration::from_millis(10)));
    }
}

fn flood(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes)?;
    loop {
        stream.write_all(&[b' '; 4096])?;
    }
}

/// Waits for the client to go, for as long.
fn wait(stream: &mut TcpStream, limit: Option<Duration>) {
    stream.set_read_timeout(limit).unwrap();
    let _ = stream.read(&mut [0]);
}

fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        read_more(stream, &mut bytes)?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<_> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    while bytes.len() < end + 4 + length {
        read_more(stream, &mut bytes)?;
    }
    Some(Received { line, headers, body: String::from_utf8(bytes[end + 4..].to_vec()).unwrap() })
}

fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut chunk = [0; 8192];
    let length = stream.read(&mut chunk).ok().filter(|length| *length > 0)?;
    bytes.extend_from_slice(&chunk[..length]);
    Some(())
}
