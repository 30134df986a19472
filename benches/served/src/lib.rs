//! Where a measured server listens, and how it says so. What it serves is its own.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// What stands before the port in the line that tells of it.
pub const LISTENING: &str = "listening on port ";

/// A free port of the loopback, told on stderr: stdout is for log lines, which are part of what is measured.
pub fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    eprintln!("{LISTENING}{}", listener.local_addr()?.port());
    Ok(listener)
}
