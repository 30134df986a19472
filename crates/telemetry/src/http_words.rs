//! Words of HTTP that spans and metrics have in common.

/// Methods that stand in names and attributes; any other is `_OTHER`, so that a caller cannot make values without number.
const KNOWN_METHODS: &[&str] =
    &["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"];

/// A method that the conventions know.
pub(crate) fn known_method(method: &str) -> Option<&'static str> {
    KNOWN_METHODS.iter().copied().find(|known| *known == method)
}

/// `http.request.method`.
pub(crate) fn method(method: &str) -> &'static str {
    known_method(method).unwrap_or("_OTHER")
}

/// `network.protocol.version`, from the name that both HTTP libraries print, `HTTP/1.1`.
pub(crate) fn version(name: &str) -> Option<&'static str> {
    match name {
        "HTTP/1.0" => Some("1.0"),
        "HTTP/1.1" => Some("1.1"),
        "HTTP/2.0" => Some("2"),
        "HTTP/3.0" => Some("3"),
        _ => None,
    }
}
