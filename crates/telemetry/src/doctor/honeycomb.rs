//! What is known of Honeycomb's keys: a wrong one is the most frequent reason why nothing arrives there.

use secrecy::ExposeSecret;

use crate::settings::Destination;

const US: &str = "api.honeycomb.io";
const EU: &str = "api.eu1.honeycomb.io";

/// Whether `to` is Honeycomb, by whichever variable.
pub(super) fn is(to: &Destination) -> bool {
    to.name == "honeycomb" || host(to).is_some_and(|host| host.ends_with(".honeycomb.io"))
}

fn host(to: &Destination) -> Option<String> {
    reqwest::Url::parse(&to.endpoint).ok()?.host_str().map(str::to_owned)
}

/// What to try when the key is refused although it looks right.
pub(super) fn other_region(to: &Destination) -> Option<String> {
    let other = match host(to)?.as_str() {
        US => format!("if it is of the EU, set HONEYCOMB_API_ENDPOINT=https://{EU}"),
        EU => format!("if it is of the US, set HONEYCOMB_API_ENDPOINT=https://{US}"),
        _ => return None,
    };
    (to.name == "honeycomb").then_some(other)
}

/// What looks wrong with the key of `to`, which is Honeycomb's. The forms are Honeycomb's to change, so this is no more
/// than a hint.
pub(super) fn hint(to: &Destination) -> Option<String> {
    let header = |wanted: &str| to.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let (_, key) = header("x-honeycomb-team")?;
    let key = key.expose_secret();
    match Form::of(key) {
        Form::Classic if header("x-honeycomb-dataset").is_none() => {
            Some("the key is a Classic one, which needs HONEYCOMB_DATASET too".to_owned())
        }
        Form::Environment if header("x-honeycomb-dataset").is_some() => Some(
            "HONEYCOMB_DATASET counts for Classic keys only; with this key each service is a dataset of its own name"
                .to_owned(),
        ),
        Form::Unknown => Some(format!(
            "the key has {} characters; an ingest key has 64 and begins with hcaik_ or alike, an older one has 22, a Classic one 32",
            key.chars().count()
        )),
        Form::Classic | Form::Environment => None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Of an environment: 22 letters and digits, or 64 that begin with `hc?ik_`.
    Environment,
    /// Of Classic: 32 hexadecimal digits, or 64 that begin with `hc?ic_`.
    Classic,
    Unknown,
}

impl Form {
    fn of(key: &str) -> Self {
        let begins = |kind: &[u8]| {
            let key = key.as_bytes();
            key.starts_with(b"hc")
                && key.get(2).is_some_and(u8::is_ascii_lowercase)
                && key[3..].starts_with(kind)
        };
        let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match key.len() {
            64 if begins(b"ik_") => Self::Environment,
            64 if begins(b"ic_") => Self::Classic,
            32 if key.bytes().all(|byte| byte.is_ascii_hexdigit()) => Self::Classic,
            22 if is_word(key) => Self::Environment,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_form() {
        let ingest = |start: &str| format!("{start}{}", "a".repeat(64 - start.len()));
        for (key, expected) in [
            (ingest("hcaik_"), Form::Environment),
            (ingest("hcxik_"), Form::Environment),
            (ingest("hcbik_"), Form::Environment),
            (ingest("hcaic_"), Form::Classic),
            ("0123456789abcdef".repeat(2), Form::Classic),
            ("a1B2".repeat(5) + "c3", Form::Environment),
            ("hcaik_".to_owned(), Form::Unknown),
            ("hc".to_owned(), Form::Unknown),
            ("a".repeat(21) + " ", Form::Unknown),
            ("ä".repeat(32), Form::Unknown),
        ] {
            assert_eq!(Form::of(&key), expected, "{key}");
        }
    }
}
