//! The least HTTP client that can measure a server: one connection that is kept, one request after the other.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::Context;

/// Longer than any answer takes, also under callgrind.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Whether a service said that it answers without what another service should have told it.
    pub(crate) degraded: bool,
    pub(crate) body: Vec<u8>,
}

/// `GET` of a path, as bytes to send.
pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n").into_bytes()
}

impl Connection {
    pub(crate) fn open(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), line: String::new() })
    }

    /// Sends a whole request and reads the whole answer.
    pub(crate) fn send(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.get_mut().write_all(request)?;
        let status = self.next_line()?.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.context("no HTTP answer")?;
        let (mut length, mut degraded) = (0, false);
        loop {
            let line = self.next_line()?.to_ascii_lowercase();
            let Some((name, value)) = line.split_once(':') else { break };
            match name {
                "content-length" => length = value.trim().parse()?,
                "x-degraded" => degraded = true,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, degraded, body })
    }

    fn next_line(&mut self) -> anyhow::Result<&str> {
        self.line.clear();
        self.stream.read_line(&mut self.line)?;
        Ok(self.line.trim_end())
    }
}
