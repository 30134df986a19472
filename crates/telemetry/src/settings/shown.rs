//! Values as people may see them.

use std::borrow::Cow;

use crate::redaction;

/// What stands in place of a secret.
const SECRET: &str = "***";

/// The value of the variable `name`. Keys, tokens and headers are secrets whatever they hold; the path of a key is none.
pub(super) fn value(name: &str, value: &str) -> String {
    const ENDS: [&str; 5] = ["_KEY", "_HEADERS", "_TOKEN", "_SECRET", "_PASSWORD"];
    let is_path = name.ends_with("_CLIENT_KEY");
    let is_secret = ENDS.iter().any(|end| name.ends_with(end));
    if is_secret && !is_path {
        SECRET.to_owned()
    } else if name.ends_with("_ENDPOINT") || name.ends_with("_URL") {
        endpoint(value)
    } else {
        redaction::text(value).into_owned()
    }
}

/// An endpoint without the credentials in it, which may be no URL at all: what stands before an `@` of its authority, and
/// the values of its query.
pub(crate) fn endpoint(text: &str) -> String {
    let (scheme, rest) = text.find("://").map_or(("", text), |at| text.split_at(at + "://".len()));
    // A password may hold a slash where nobody encoded it, so the last `@` counts, unless it stands in the query.
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let place = match place.rsplit_once('@') {
        Some((_, place)) => Cow::Owned(format!("{SECRET}@{place}")),
        None => Cow::Borrowed(place),
    };
    let query = query.map(|query| format!("?{}", hidden(query))).unwrap_or_default();
    format!("{scheme}{place}{query}")
}

/// A query whose keys stay: any of them may be one that a vendor uses for secrets.
fn hidden(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, _)) => format!("{key}={SECRET}"),
        None => SECRET.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_shown_without_credentials_in_whatever_form_it_is() {
        for (written, expected) in [
            ("http://collector:4318/v1/traces", "http://collector:4318/v1/traces"),
            ("https://me:hunter2@collector/base", "https://***@collector/base"),
            ("me:hunter2@collector:4318", "***@collector:4318"),
            ("https://me:hun/ter2@collector", "https://***@collector"),
            ("https://collector?api_key=hunter2&x=1", "https://collector?api_key=***&x=***"),
            ("https://collector?hunter2", "https://collector?***"),
        ] {
            assert_eq!(endpoint(written), expected);
        }
    }

    #[test]
    fn a_value_is_shown_by_the_name_of_its_variable() {
        assert_eq!(value("HONEYCOMB_API_KEY", "hunter2"), "***");
        assert_eq!(value("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "key=hunter2"), "***");
        assert_eq!(value("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/client.key"), "/client.key");
        assert_eq!(value("EXPLORER_URL", "http://a:hunter2@b"), "http://***@b");
        assert_eq!(value("OTEL_SERVICE_NAME", "users"), "users");
    }
}
