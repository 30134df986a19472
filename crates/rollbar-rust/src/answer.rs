//! What the server answered. Nothing is sent or received here.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::error::Error;

/// More of an answer is not read: the API's are far shorter.
pub(crate) const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// More of what the server said is not told.
const MAX_MESSAGE_CHARS: usize = 200;

/// An item was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The name of the occurrence: the item's own, as the server repeats it. With it the occurrence is found at
    /// `https://rollbar.com/occurrence/uuid/?uuid=…`.
    pub uuid: String,
    /// A number that older servers gave.
    pub id: Option<u64>,
    /// What the headers say about the limit.
    pub limit: RateLimit,
}

/// What the headers say about how many requests are allowed. The API's documentation leaves these headers open: each of
/// them may be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// How many are allowed in a window: `X-Rate-Limit-Limit`.
    pub limit: Option<u64>,
    /// How many of them are left: `X-Rate-Limit-Remaining`.
    pub remaining: Option<u64>,
    /// When the next window begins: `X-Rate-Limit-Reset`, in seconds since 1970.
    pub reset: Option<SystemTime>,
    /// How long until then: `X-Rate-Limit-Remaining-Seconds`.
    pub remaining_time: Option<Duration>,
}

impl RateLimit {
    fn of(headers: &HeaderMap) -> Self {
        let number = |name| text(headers, name)?.parse::<u64>().ok();
        Self {
            limit: number("x-rate-limit-limit"),
            remaining: number("x-rate-limit-remaining"),
            reset: number("x-rate-limit-reset")
                .and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds))),
            remaining_time: number("x-rate-limit-remaining-seconds").map(Duration::from_secs),
        }
    }

    /// How long to wait for the next window.
    fn wait(&self, now: SystemTime) -> Option<Duration> {
        self.remaining_time.or_else(|| Some(self.reset?.duration_since(now).unwrap_or_default()))
    }
}

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// At most [`MAX_ANSWER_BYTES`] of it, or why it could not be read.
    pub(crate) body: Result<Vec<u8>, &'static str>,
}

impl Answer {
    /// What became of an item.
    pub(crate) fn into_receipt(self, token: &str) -> Result<Receipt, Error> {
        let (status, limit) = (self.status, RateLimit::of(&self.headers));
        let body = self.into_success(token)?;
        let result = &body["result"];
        let uuid = result["uuid"].as_str().ok_or_else(|| unreadable(status, "it names no uuid"))?;
        Ok(Receipt { uuid: uuid.to_owned(), id: number(&result["id"]), limit })
    }

    /// The number of a new deploy; servers give it in one of two places.
    pub(crate) fn into_deploy_id(self, token: &str) -> Result<u64, Error> {
        let status = self.status;
        let body = self.into_success(token)?;
        [&body["data"]["deploy_id"], &body["result"]["deploy_id"], &body["result"]["id"]]
            .into_iter()
            .find_map(number)
            .ok_or_else(|| unreadable(status, "it names no deploy"))
    }

    /// The body of a success, or the error that the answer is.
    pub(crate) fn into_success(self, token: &str) -> Result<Value, Error> {
        if !(200..300).contains(&self.status) {
            return Err(self.into_error(token, SystemTime::now()));
        }
        let bytes = self.body.map_err(|reason| unreadable(self.status, reason))?;
        let body: Value =
            serde_json::from_slice(&bytes).map_err(|_| unreadable(self.status, "it is no JSON"))?;
        // What is an error by its body is none of the documented ones, so nothing can be said about it but what it says.
        if body["err"].as_u64().is_some_and(|err| err != 0) {
            return Err(unreadable(self.status, &format!("it says {}", told(&bytes, token))));
        }
        Ok(body)
    }

    fn into_error(self, token: &str, now: SystemTime) -> Error {
        let message = told(&self.body.unwrap_or_default(), token);
        let retry_after = text(&self.headers, RETRY_AFTER.as_str()).and_then(|value| retry_after(value, now));
        match self.status {
            300..400 => Error::Redirected { status: self.status },
            400 => Error::BadRequest { message },
            401 => Error::Unauthorized { message },
            403 => Error::Forbidden { message },
            404 => Error::NotFound { message },
            413 => Error::TooLarge { message },
            422 => Error::Unprocessable { message },
            429 => {
                let limit = RateLimit::of(&self.headers);
                Error::RateLimited { message, retry_after: retry_after.or_else(|| limit.wait(now)), limit }
            }
            status @ 500..600 => Error::Server { status, message, retry_after },
            status => Error::Unexpected { status, message },
        }
    }
}

fn unreadable(status: u16, reason: &str) -> Error {
    Error::Unreadable { status, reason: reason.to_owned() }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// A number, which may stand there as text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// Seconds or a date (RFC 9110, section 10.2.3). A date in the past is no wait.
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than a u64 holds are as good as for ever.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    Some(httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default())
}

/// What the server said: the `message` of its JSON or else its text, as one short line without the token, which servers
/// like to repeat when they refuse it.
fn told(body: &[u8], token: &str) -> String {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let text = json
        .as_ref()
        .and_then(|json| json["message"].as_str())
        .map_or_else(|| String::from_utf8_lossy(body).into_owned(), ToOwned::to_owned);
    let text = text.replace(token, "[token]");
    let line = text.split(|character: char| character.is_whitespace() || character.is_control());
    let line: Vec<&str> = line.filter(|word| !word.is_empty()).collect();
    line.join(" ").chars().take(MAX_MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_wait_is_told_in_seconds_or_as_a_date() {
        let now = at(784_111_777 - 5);

        assert_eq!(retry_after("119", now), Some(Duration::from_secs(119)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(5)));
        assert_eq!(retry_after("Thu, 01 Jan 1970 00:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("99999999999999999999999", now), Some(Duration::from_secs(u64::MAX)));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-1", now), None);
    }

    #[test]
    fn the_next_window_is_told_as_a_wait_or_a_time() {
        let wait = RateLimit { remaining_time: Some(Duration::from_secs(9)), ..RateLimit::default() };
        let reset = RateLimit { reset: Some(at(100)), ..RateLimit::default() };

        assert_eq!(wait.wait(at(0)), Some(Duration::from_secs(9)));
        assert_eq!(reset.wait(at(70)), Some(Duration::from_secs(30)));
        assert_eq!(reset.wait(at(170)), Some(Duration::ZERO));
        assert_eq!(RateLimit::default().wait(at(0)), None);
    }

    #[test]
    fn what_the_server_said_is_one_short_line_without_the_token() {
        let body = br#"{"err": 1, "message": "access token\nnot found: 0123abcd\u0007!"}"#;

        assert_eq!(told(body, "0123abcd"), "access token not found: [token] !");
        assert_eq!(told(b"<html>\r\n  0123abcd\r\n</html>", "0123abcd"), "<html> [token] </html>");
        assert_eq!(told("é".repeat(1000).as_bytes(), "0123abcd").chars().count(), MAX_MESSAGE_CHARS);
        assert_eq!(told(b"\xff\xfe", "0123abcd"), "\u{fffd}\u{fffd}");
    }
}
