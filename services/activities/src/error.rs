//! From what went wrong to what the caller hears.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use clients::ClientError;
use server::ApiError;
use telemetry::server::Failure;

use crate::domain::Invalid;

/// Type of a failure of the store, as telemetry groups it.
pub(crate) const STORE: &str = "activities.store";

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("there is no such activity")]
    NoSuchActivity,
    #[error("the path leads elsewhere")]
    NothingHere,
    #[error("failed to ask users")]
    Users(#[source] ClientError),
    #[error(transparent)]
    Store(#[from] database::Error),
}

impl Error {
    fn to_api(&self) -> ApiError {
        match self {
            Self::Invalid(rule) => refusal(*rule),
            Self::NoSuchActivity => ApiError::not_found("There is no such activity."),
            Self::NothingHere => ApiError::not_found("There is nothing at this path."),
            Self::Users(error @ ClientError::TimedOut { .. }) => {
                ApiError::gateway_timeout("The users service did not answer in time.", failure(error, self))
            }
            Self::Users(error) => {
                ApiError::bad_gateway("The users service could not be asked.", failure(error, self))
            }
            Self::Store(error) => ApiError::internal(STORE, error),
        }
    }
}

fn refusal(rule: Invalid) -> ApiError {
    match rule {
        Invalid::MessageBlank => ApiError::unprocessable("message_blank"),
        Invalid::MessageTooLong => ApiError::unprocessable("message_exceed_max_chars"),
        Invalid::MessageHoldsNul => ApiError::bad_request("bad_text", "The text holds the character NUL."),
        Invalid::TtlUnknown => ApiError::unprocessable("ttl_blank"),
        Invalid::AuthorUnknown => ApiError::unprocessable("user_handle_blank"),
        Invalid::ParentUnknown => ApiError::unprocessable("activity_uuid_blank"),
        Invalid::SearchTermBlank => ApiError::unprocessable("search_term_blank"),
    }
}

/// A failed call is reported once: by the callee when it answered 5xx, and here otherwise.
pub(crate) fn failure(call: &ClientError, described_by: &dyn std::error::Error) -> Failure {
    if call.is_reported_by_callee() {
        Failure::of_callee(call.kind(), described_by)
    } else {
        Failure::here(call.kind(), described_by)
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.to_api().status_code()
    }

    fn error_response(&self) -> HttpResponse {
        self.to_api().error_response()
    }
}
