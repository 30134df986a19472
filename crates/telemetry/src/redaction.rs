//! One list of what never leaves, for every signal: attributes, log fields, messages, and URLs inside of them.
//!
//! A value goes when its name says so, wherever the two stand: as an attribute, as a parameter of a URL, as a member of
//! JSON, as a header, as a field that was printed with `Debug`. Credentials in URLs, bearer tokens, private keys and e-mail
//! addresses go without a name. What stands in a sentence without any sign (`the password is hunter2`) cannot be told from
//! other words, and stays: do not write such sentences.
//!
//! ```
//! use telemetry::redaction;
//!
//! assert_eq!(redaction::value("user.password", "hunter2"), "REDACTED");
//! assert_eq!(
//!     redaction::text("GET http://londo:hunter2@users/?api_key=k1 failed"),
//!     "GET http://REDACTED:REDACTED@users/?api_key=REDACTED failed"
//! );
//! assert_eq!(redaction::text(r#"{"handle": "londo", "passwd": "hunter2"}"#), r#"{"handle": "londo", "passwd": "REDACTED"}"#);
//! ```

mod clean;
mod names;
mod pairs;
mod text;
mod tokens;

use std::borrow::Cow;

pub(crate) use names::add;
pub use names::is_secret;
pub use text::text;

/// What stands in place of a secret.
pub const REDACTED: &str = "REDACTED";

/// `value` as it may leave under `name`.
#[must_use]
pub fn value<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    if is_secret(name) { Cow::Borrowed(REDACTED) } else { text(value) }
}

/// A query string with the values of secret keys replaced; the keys stay, so that one sees what was there.
#[must_use]
pub fn query(query: &str) -> Cow<'_, str> {
    let secret = |pair: &str| pair.split_once('=').is_some_and(|(key, _)| is_secret(&decoded(key)));
    if !query.split('&').any(secret) {
        return Cow::Borrowed(query);
    }
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, _)) if secret(pair) => Cow::Owned(format!("{key}={REDACTED}")),
        _ => Cow::Borrowed(pair),
    });
    Cow::Owned(pairs.collect::<Vec<_>>().join("&"))
}

/// `pass%77ord` is `password` to the server that reads it, so it is to us.
fn decoded(key: &str) -> Cow<'_, str> {
    if key.contains('%') {
        crate::propagation::percent::decode(key).map_or(Cow::Borrowed(key), Cow::Owned)
    } else {
        Cow::Borrowed(key)
    }
}

/// A URL without credentials, secret query values and fragment, as `url.full` asks: user and password become
/// `REDACTED:REDACTED` ([semantic conventions][url]).
///
/// [url]: https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/
#[must_use]
pub fn url(url: &reqwest::Url) -> String {
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    if !has_credentials && url.query().is_none() && url.fragment().is_none() {
        return url.as_str().to_owned();
    }
    let mut clean = url.clone();
    clean.set_fragment(None);
    if has_credentials {
        // These fail for URLs without a host only, and such a URL has no credentials.
        let _ = clean.set_username(REDACTED);
        let _ = clean.set_password(Some(REDACTED));
    }
    if let Some(text) = url.query() {
        clean.set_query(Some(&query(text)));
    }
    clean.into()
}

#[cfg(test)]
#[path = "redaction/tests.rs"]
mod tests;
