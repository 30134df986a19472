//! Words of HTTP that spans and metrics have in common.

use std::net::SocketAddr;
use std::sync::OnceLock;

/// Methods that stand in names and attributes; any other is `_OTHER`, so that a caller cannot make values without number.
const KNOWN_METHODS: &[&str] =
    &["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"];

/// The list that stands in place of [`KNOWN_METHODS`].
static METHODS: OnceLock<Vec<String>> = OnceLock::new();

/// Makes `methods` the known ones, instead of those of the conventions and not besides them, as the conventions ask. An
/// empty list changes nothing.
pub(crate) fn set_methods(methods: &[String]) {
    if !methods.is_empty() {
        // The first list stands, as there is one `init`.
        let _ = METHODS.set(methods.to_vec());
    }
}

/// A method that is known; the comparison is case-sensitive.
pub(crate) fn known_method(method: &str) -> Option<&'static str> {
    match METHODS.get() {
        Some(methods) => methods.iter().map(String::as_str).find(|known| *known == method),
        None => KNOWN_METHODS.iter().copied().find(|known| *known == method),
    }
}

/// `http.request.method`.
pub(crate) fn method(method: &str) -> &'static str {
    known_method(method).unwrap_or("_OTHER")
}

/// The port that a URL of this scheme means when it names none.
pub(crate) fn default_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

/// A host as attributes have it: an IPv6 address without the brackets that it wears in a URL.
pub(crate) fn address(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

/// The socket that a server listens on, unless that is every address of the machine and so the name of none.
pub(crate) fn listener(socket: SocketAddr) -> Option<(String, u16)> {
    (!socket.ip().is_unspecified()).then(|| (socket.ip().to_string(), socket.port()))
}

/// `network.protocol.version`. The server's and the client's library have a type of their own, with the same constants.
macro_rules! version {
    ($name:ident, $version:ty) => {
        pub(crate) fn $name(version: $version) -> Option<&'static str> {
            type Version = $version;
            match version {
                Version::HTTP_10 => Some("1.0"),
                Version::HTTP_11 => Some("1.1"),
                Version::HTTP_2 => Some("2"),
                Version::HTTP_3 => Some("3"),
                _ => None,
            }
        }
    };
}

version!(server_version, actix_web::http::Version);
version!(client_version, http::Version);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_brackets() {
        assert_eq!(address("[::1]"), "::1");
        assert_eq!(address("::1"), "::1");
        assert_eq!(address("users"), "users");
    }

    #[test]
    fn every_address_is_the_name_of_none() {
        assert_eq!(listener("0.0.0.0:80".parse().unwrap()), None);
        assert_eq!(listener("[::]:80".parse().unwrap()), None);
        assert_eq!(listener("[::1]:80".parse().unwrap()), Some(("::1".to_owned(), 80)));
    }
}
