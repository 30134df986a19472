//! Whose trace context is believed.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// Decides whether a caller's context becomes ours.
///
/// Anybody can send a `traceparent`. On a public edge it must neither choose our trace id nor switch our sampling on
/// or off, so there a new trace begins and the caller's span is only *linked*; its baggage is dropped. The default is
/// the safe one. See "Security Considerations" in [W3C Trace Context](https://www.w3.org/TR/trace-context-2/).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TrustPolicy {
    /// Nobody is believed: for a service that strangers can reach.
    #[default]
    Public,
    /// Everybody is believed: for a service that only our own services can reach.
    Internal,
    /// Only peers from these networks are believed, by the address of the connection, never by a header.
    Peers(Vec<IpNet>),
}

impl TrustPolicy {
    /// Whether the context that came over a connection from `peer` becomes ours.
    #[must_use]
    pub fn believes(&self, peer: Option<IpAddr>) -> bool {
        match self {
            Self::Public => false,
            Self::Internal => true,
            // An IPv4 caller on a dual-stack socket shows as ::ffff:a.b.c.d.
            Self::Peers(networks) => peer
                .map(|peer| peer.to_canonical())
                .is_some_and(|peer| networks.iter().any(|network| network.contains(&peer))),
        }
    }
}

impl FromStr for TrustPolicy {
    type Err = ParseTrustError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "public" => Ok(Self::Public),
            "internal" => Ok(Self::Internal),
            list => {
                let networks = list.split(',').map(|entry| network(entry.trim())).collect::<Option<Vec<_>>>();
                networks.map(Self::Peers).ok_or_else(|| ParseTrustError(list.to_owned()))
            }
        }
    }
}

fn network(entry: &str) -> Option<IpNet> {
    entry.parse().ok().or_else(|| entry.parse::<IpAddr>().ok().map(IpNet::from))
}

/// A trust policy that is none of the three forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseTrustError(String);

impl fmt::Display for ParseTrustError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` is neither public, internal nor a list like 10.0.0.0/8,127.0.0.1", self.0)
    }
}

impl std::error::Error for ParseTrustError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn believes(policy: &str, peer: &str) -> bool {
        policy.parse::<TrustPolicy>().unwrap().believes(peer.parse().ok())
    }

    #[test]
    fn a_policy_believes_whom_it_names() {
        assert!(!believes("public", "127.0.0.1"));
        assert!(believes("internal", "203.0.113.9"));
        assert!(believes("10.0.0.0/8, 127.0.0.1", "10.20.30.40"));
        assert!(believes("10.0.0.0/8, 127.0.0.1", "127.0.0.1"));
        assert!(believes("127.0.0.1", "::ffff:127.0.0.1"));
        assert!(!believes("10.0.0.0/8,127.0.0.1", "192.168.1.1"));
        assert!(believes("::1", "::1"));
    }

    #[test]
    fn an_unknown_peer_is_believed_by_internal_only() {
        assert!(!TrustPolicy::Peers(vec!["0.0.0.0/0".parse().unwrap()]).believes(None));
        assert!(TrustPolicy::Internal.believes(None));
    }

    #[test]
    fn anything_else_is_refused_in_words() {
        for text in ["everybody", "10.0.0.0/33", "public,internal", "10.0.0.1,"] {
            let error = text.parse::<TrustPolicy>().unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("internal"), "{error}");
        }
    }
}
