//! From what went wrong to what the caller hears.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use server::ApiError;

use crate::domain::Invalid;

/// Type of a failure of the store, as telemetry groups it.
pub(crate) const STORE: &str = "users.store";

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("more than the allowed number of users were asked for")]
    TooMany,
    #[error("neither handles nor uuids were asked for")]
    NothingAsked,
    #[error("there is no such user")]
    UnknownUser,
    #[error(transparent)]
    Store(#[from] database::Error),
}

impl Error {
    fn to_api(&self) -> ApiError {
        match self {
            Self::Invalid(Invalid::DisplayNameBlank) => ApiError::unprocessable("display_name_blank"),
            Self::Invalid(Invalid::HoldsNul) => {
                ApiError::bad_request("bad_text", "The text holds the character NUL.")
            }
            Self::TooMany => ApiError::unprocessable("too_many"),
            Self::NothingAsked => ApiError::bad_request("bad_query", "Ask for handles or for uuids."),
            Self::UnknownUser => ApiError::not_found("There is no such user."),
            Self::Store(error) => ApiError::internal(STORE, error),
        }
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
