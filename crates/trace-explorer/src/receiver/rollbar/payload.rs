//! A request as it was sent, and the JSON in it.

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use serde_json::Value;

use super::answer::Failure;
use crate::errors::Refusal;
use crate::receiver::decompress::{Compression, DecompressError, decompress};
use crate::receiver::header;

const TOKEN: &str = "x-rollbar-access-token";

/// What is needed of a request once its connection is out of sight.
pub(super) struct Sent {
    body: Vec<u8>,
    compression: Compression,
    /// Bytes after decompression.
    limit: usize,
    token: Option<String>,
    form: bool,
}

impl Sent {
    pub(super) fn of(request: &HttpRequest, body: Vec<u8>, compression: Compression, limit: usize) -> Self {
        let token = request.headers().get(TOKEN).and_then(|token| token.to_str().ok()).map(str::to_owned);
        let form = header(request, CONTENT_TYPE).is_some_and(|content| {
            content.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
        });
        Self { body, compression, limit, token, form }
    }

    /// The payload, and the token of the header.
    pub(super) fn into_payload(self) -> Result<(Value, Option<String>), Failure> {
        let body = decompress(self.body, self.compression, self.limit).map_err(|error| match error {
            DecompressError::TooLarge => Failure::TooLarge(self.limit),
            DecompressError::Broken => Refusal::Unreadable("the body is not valid gzip".to_owned()).into(),
        })?;
        // `curl -d` says that it sends a form, whatever it sends.
        let is_form = self.form && body.trim_ascii_start().first() != Some(&b'{');
        let payload = if is_form { of_form(&body)? } else { of_json(&body)? };
        Ok((payload, self.token))
    }
}

fn of_json(json: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(json)
        .map_err(|error| Refusal::Unreadable(format!("the payload is not valid JSON: {error}")))
}

/// A form of old clients: items are JSON in the field `payload`, deploys have a field for each of theirs.
fn of_form(form: &[u8]) -> Result<Value, Refusal> {
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(form)
        .map_err(|_| Refusal::Unreadable("the payload is not a form".to_owned()))?;
    match fields.iter().find(|(name, _)| name == "payload") {
        Some((_, payload)) => of_json(payload.as_bytes()),
        None => Ok(fields.into_iter().map(|(name, value)| (name, Value::String(value))).collect()),
    }
}
