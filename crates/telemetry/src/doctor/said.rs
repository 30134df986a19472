//! What a destination said, as a person may read it on a terminal.

use prost::Message;
use secrecy::ExposeSecret;

use crate::settings::Destination;

/// More of a message is not told.
const MAX_CHARS: usize = 200;

/// A secret shorter than this is a word that any message may hold.
const MIN_SECRET_CHARS: usize = 4;

/// The message of an answer: the text in it where it is a `google.rpc.Status` or JSON, without control characters, which
/// a terminal would obey, and without what we sent as a secret, which a destination may repeat.
pub(super) fn clean(message: &str, to: &Destination) -> String {
    let message = message.trim();
    if message.starts_with('<') {
        return "a web page".to_owned();
    }
    let told = status(message).or_else(|| json(message)).unwrap_or_else(|| message.to_owned());
    let printable: String =
        told.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let mut told = printable.split_whitespace().collect::<Vec<_>>().join(" ");
    for (_, secret) in &to.headers {
        let secret = secret.expose_secret();
        if secret.chars().count() >= MIN_SECRET_CHARS {
            told = told.replace(secret, "***");
        }
    }
    told.chars().take(MAX_CHARS).collect()
}

/// The body that OTLP prescribes for failures. In protobuf it begins with the tag of its first or second field, and no text
/// begins like that.
fn status(message: &str) -> Option<String> {
    let is_encoded = message.starts_with(['\u{8}', '\u{12}']);
    let status = is_encoded.then(|| tonic_types::Status::decode(message.as_bytes()).ok()).flatten()?;
    (!status.message.is_empty()).then_some(status.message)
}

/// Under the names that vendors and RFC 9457 use.
fn json(message: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(message).ok()?;
    ["message", "error", "detail", "title"]
        .into_iter()
        .find_map(|name| body.get(name)?.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    fn check(message: &str, expected: &str) {
        let headers = vec![("key".to_owned(), SecretString::from("hunter2"))];
        let to = Destination { headers, ..Destination::http("otlp", "http://collector".to_owned()) };
        assert_eq!(clean(message, &to), expected);
    }

    #[test]
    fn a_message_is_found_in_whatever_it_comes_in() {
        check("unknown key\n", "unknown key");
        check(
            r#"{"error":"unknown API key - check your credentials"}"#,
            "unknown API key - check your credentials",
        );
        check(r#"{"code":16,"message":"no"}"#, "no");
        check("<!DOCTYPE html><title>Sign in</title>", "a web page");
        check("", "");
        let status = tonic_types::Status { code: 16, message: "unknown key".into(), details: vec![] };
        check(std::str::from_utf8(&status.encode_to_vec()).unwrap(), "unknown key");
    }

    #[test]
    fn a_message_neither_moves_the_cursor_nor_repeats_a_secret() {
        check("\u{1b}[2Jno such key: hunter2\r\n\u{9b}1A", "[2Jno such key: *** 1A");
        assert_eq!(clean(&"a".repeat(900), &Destination::http("otlp", String::new())).len(), 200);
    }
}
