//! The line that scripts wait for when they start an explorer.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;
use time::OffsetDateTime;

/// In the form of a service's log line.
#[derive(Serialize)]
struct Listening {
    timestamp: String,
    level: &'static str,
    message: &'static str,
    #[serde(rename = "service.name")]
    service_name: &'static str,
    #[serde(rename = "server.address")]
    address: IpAddr,
    #[serde(rename = "server.port")]
    port: u16,
    #[serde(rename = "server.grpc_port")]
    grpc_port: u16,
}

/// One line of JSON that says where an explorer listens since now, for its process to print. OTLP/gRPC has the same
/// address and another port.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "it does not panic")]
pub fn announcement(address: SocketAddr, grpc_port: u16) -> String {
    let now = OffsetDateTime::now_utc();
    let (hour, minute, second, micro) = now.to_hms_micro();
    let line = Listening {
        timestamp: format!("{}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z", now.date()),
        level: "INFO",
        message: "Listening",
        service_name: "explorer",
        address: address.ip(),
        port: address.port(),
        grpc_port,
    };
    serde_json::to_string(&line).expect("texts and a number are JSON")
}
