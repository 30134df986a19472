//! `activities healthcheck`: the service's image has no other program that could ask it.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::settings::ServerSettings;

/// Limit of connecting, and of each read and write.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Why the service is not healthy.
#[derive(Debug, thiserror::Error)]
pub enum HealthcheckError {
    /// Nothing listens, or it does not answer in time.
    #[error("the service does not answer on {address}")]
    Unreachable {
        /// Host and port of the service.
        address: String,
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
    let address = address(&settings.host, settings.port);
    let status = address.and_then(ask).map_err(|source| HealthcheckError::Unreachable {
        address: format!("{}:{}", settings.host, settings.port),
        source,
    })?;
    if status.split_whitespace().nth(1) == Some("200") {
        Ok(())
    } else {
        Err(HealthcheckError::NotReady(status))
    }
}

/// Where a service can be reached that listens on `host`; one that listens everywhere also does so on the loopback interface.
fn address(host: &str, port: u16) -> std::io::Result<SocketAddr> {
    let mut address = (host, port)
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| std::io::Error::new(ErrorKind::NotFound, "the host has no address"))?;
    match address.ip() {
        ip if !ip.is_unspecified() => {}
        IpAddr::V4(_) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(_) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
    }
    Ok(address)
}

/// The status line of `GET /health/ready`.
fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut connection = TcpStream::connect_timeout(&address, TIMEOUT)?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    connection.set_write_timeout(Some(TIMEOUT))?;
    connection.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    connection.take(64 * 1024).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_asked_where_it_listens() {
        for (host, asked) in [
            ("127.0.0.1", "127.0.0.1:80"),
            ("0.0.0.0", "127.0.0.1:80"),
            ("::", "[::1]:80"),
            ("::1", "[::1]:80"),
            ("127.0.0.9", "127.0.0.9:80"),
        ] {
            assert_eq!(address(host, 80).unwrap().to_string(), asked, "{host}");
        }
    }
}
