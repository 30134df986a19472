//! `activities healthcheck`: the service's image has no other program that could ask it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::settings::ServerSettings;

/// Limit of connecting, and of each read and write.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Why the service is not healthy.
#[derive(Debug, thiserror::Error)]
pub enum HealthcheckError {
    /// Nothing listens, or it does not answer in time.
    #[error("the service does not answer on port {port}")]
    Unreachable {
        /// The port that was asked.
        port: u16,
        /// What the connection said.
        #[source]
        source: std::io::Error,
    },
    /// It answers, but not 200.
    #[error("the service is not ready: it answers `{0}`")]
    NotReady(String),
}

/// Asks the service that runs with the same settings, on this machine, whether it is ready.
///
/// # Errors
/// When it is not.
pub fn run(settings: &ServerSettings) -> Result<(), HealthcheckError> {
    let port = settings.port;
    let status = ask(port).map_err(|source| HealthcheckError::Unreachable { port, source })?;
    if status.split_whitespace().nth(1) == Some("200") {
        Ok(())
    } else {
        Err(HealthcheckError::NotReady(status))
    }
}

/// The status line of `GET /health/ready`.
fn ask(port: u16) -> std::io::Result<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut connection = TcpStream::connect_timeout(&address, TIMEOUT)?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    connection.set_write_timeout(Some(TIMEOUT))?;
    connection.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    connection.take(64 * 1024).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
