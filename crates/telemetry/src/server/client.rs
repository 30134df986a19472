//! Who called.

use std::net::IpAddr;

use actix_web::dev::ServiceRequest;
use actix_web::http::header;

use crate::propagation::TrustPolicy;

/// The peer, or, where the peer is believed, whom it says that it asks for: the last address of `X-Forwarded-For` that is not
/// believed itself. Those before it can be written there by anybody.
pub(crate) fn address(request: &ServiceRequest, trust: &TrustPolicy) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let mut forwarded = request.headers().get_all(header::X_FORWARDED_FOR).peekable();
    if forwarded.peek().is_none() || !trust.believes(Some(peer)) {
        return Some(peer);
    }
    let lines = forwarded.filter_map(|value| value.to_str().ok());
    let addresses: Vec<_> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let addresses = addresses.iter().rev().map_while(|address| address.parse::<IpAddr>().ok());
    let is_stranger =
        |address: &IpAddr| !matches!(trust, TrustPolicy::Peers(_)) || !trust.believes(Some(*address));
    Some(addresses.into_iter().find(is_stranger).unwrap_or(peer))
}
