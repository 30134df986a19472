//! The check of a container that has no shell and no curl.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::settings::Settings;

/// An explorer that is well answers within milliseconds.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Why an explorer does not count as healthy.
#[derive(Debug, thiserror::Error)]
pub enum HealthcheckError {
    /// Nobody listens there, or nobody takes the connection.
    #[error("no answer from {address}")]
    NoAnswer {
        /// Who was asked.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The connection ended, or nothing more came, before the answer was whole.
    #[error("no whole answer from {address}")]
    Broken {
        /// Who was asked.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// It answers, and is not ready.
    #[error("{address} is not ready: {status}")]
    NotReady {
        /// Who was asked.
        address: SocketAddr,
        /// The first line of the answer.
        status: String,
    },
}

/// Asks the explorer of the same settings whether it is ready. Blocks for some seconds at most.
pub fn healthcheck(settings: &Settings) -> Result<(), HealthcheckError> {
    let address = SocketAddr::new(reachable(settings.host), settings.port);
    let mut connection = TcpStream::connect_timeout(&address, TIMEOUT)
        .map_err(|source| HealthcheckError::NoAnswer { address, source })?;
    let status =
        ask(&mut connection, address).map_err(|source| HealthcheckError::Broken { address, source })?;
    if status.starts_with("HTTP/1.1 200") {
        Ok(())
    } else {
        Err(HealthcheckError::NotReady { address, status })
    }
}

/// Who listens on all addresses is called by the loopback one.
fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    }
}

/// The first line of the answer.
fn ask(connection: &mut TcpStream, address: SocketAddr) -> io::Result<String> {
    connection.set_read_timeout(Some(TIMEOUT))?;
    write!(connection, "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
