//! How actix's extractors fail: in the one form of [`ApiError`].

use actix_web::error::{JsonPayloadError, PathError, PayloadError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::web;

use crate::error::ApiError;

/// The most bytes of a request's body. The longest valid one is a reply of 1024 characters; the rest is room for
/// escapes and for keys that are ignored.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// Registers the limits and the error forms of all extractors.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .app_data(
            web::JsonConfig::default().limit(MAX_BODY_BYTES).error_handler(|error, _| json(&error).into()),
        )
        .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
        .app_data(web::QueryConfig::default().error_handler(|error, _| query(&error).into()))
        .app_data(web::PathConfig::default().error_handler(|error, _| path(&error).into()));
}

fn json(error: &JsonPayloadError) -> ApiError {
    match error {
        JsonPayloadError::ContentType => ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the body as application/json.",
        ),
        JsonPayloadError::OverflowKnownLength { .. }
        | JsonPayloadError::Overflow { .. }
        | JsonPayloadError::Payload(PayloadError::Overflow) => too_large(),
        JsonPayloadError::Deserialize(error) => {
            // Where the body is wrong, without its content.
            let message = match error.classify() {
                serde_json::error::Category::Data => "The body has a value of the wrong type",
                _ => "The body is not valid JSON",
            };
            let place = format!("line {} column {}", error.line(), error.column());
            ApiError::bad_request("malformed_json", format!("{message} at {place}."))
        }
        _ => ApiError::bad_request("bad_request", "The body could not be read to its end."),
    }
}

fn too_large() -> ApiError {
    let message = format!("The body has more than {MAX_BODY_BYTES} bytes.");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", message)
}

fn query(_: &QueryPayloadError) -> ApiError {
    ApiError::bad_request("bad_query", "The query of the URL is not in the form that this endpoint takes.")
}

/// A path that does not parse names nothing that exists.
fn path(_: &PathError) -> ApiError {
    ApiError::not_found("There is nothing at this path.")
}

/// Answers paths that no route has.
pub(crate) async fn no_route() -> Result<actix_web::HttpResponse, ApiError> {
    Err(ApiError::not_found("There is nothing at this path."))
}
