//! One list of what never leaves, for every signal.

use std::borrow::Cow;

/// What stands in place of a secret.
pub const REDACTED: &str = "REDACTED";

/// Names whose values are secrets, in lower case without `-` and `_`: a key is compared in the same form.
const SECRET_NAMES: &[&str] = &[
    "accesstoken",
    "apikey",
    "apitoken",
    "auth",
    "authentication",
    "authorization",
    "authtoken",
    "awsaccesskeyid",
    "awssecretaccesskey",
    "bearer",
    "clientsecret",
    "code",
    "confirmpassword",
    "connectsid",
    "cookie",
    "credential",
    "credentials",
    "csrf",
    "csrfmiddlewaretoken",
    "csrftoken",
    "email",
    "hmac",
    "idtoken",
    "jwt",
    "key",
    "mysqlpwd",
    "otp",
    "passphrase",
    "passwd",
    "password",
    "passwordconfirmation",
    "phpsessid",
    "pin",
    "privatekey",
    "proxyauthorization",
    "pw",
    "pwd",
    "refreshtoken",
    "secret",
    "secretkey",
    "session",
    "sessionid",
    "setcookie",
    "sid",
    "sig",
    "signature",
    "token",
    "xamzcredential",
    "xamzsecuritytoken",
    "xamzsignature",
    "xapikey",
    "xcsrftoken",
    "xgoogsignature",
    "xsrftoken",
];

/// Whether the value that stands behind `name` is a secret, whatever its case and separators.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    SECRET_NAMES.binary_search(&plain.as_str()).is_ok()
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
    let mut clean = url.clone();
    clean.set_fragment(None);
    if !url.username().is_empty() || url.password().is_some() {
        // These fail for URLs without a host only, and such a URL has no credentials.
        let _ = clean.set_username(REDACTED);
        let _ = clean.set_password(Some(REDACTED));
    }
    if let Some(text) = url.query() {
        clean.set_query(Some(&query(text)));
    }
    clean.into()
}

/// `value` as it may leave under `name`.
#[must_use]
pub fn value<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    if is_secret(name) { Cow::Borrowed(REDACTED) } else { text(value) }
}

/// Free text as it may leave.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_in_its_plain_form() {
        assert!(SECRET_NAMES.is_sorted(), "binary search needs it");
        assert!(SECRET_NAMES.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase())));
    }

    #[test]
    fn a_name_is_known_in_any_spelling() {
        for name in ["password", "Password", "access_token", "accessToken", "ACCESS-TOKEN", "X-Amz-Signature"]
        {
            assert!(is_secret(name), "{name}");
        }
        for name in ["handle", "term", "uuids", "passenger", "author", "monkey"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn secret_values_leave_a_query_and_keys_stay() {
        assert_eq!(query("term=hi&password=hunter2&Api-Key=1"), "term=hi&password=REDACTED&Api-Key=REDACTED");
        assert_eq!(query("pass%77ord=hunter2"), "pass%77ord=REDACTED");
        assert_eq!(query("token"), "token");
        assert!(matches!(query("handles=a,b"), Cow::Borrowed(_)));
    }

    #[test]
    fn credentials_and_fragments_leave_a_url() {
        let dirty = "https://user:hunter2@example.org:8443/a?sig=abc&b=1#access_token=x".parse().unwrap();

        assert_eq!(url(&dirty), "https://REDACTED:REDACTED@example.org:8443/a?sig=REDACTED&b=1");
    }
}
