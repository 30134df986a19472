//! From what went wrong to what the caller hears.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use clients::ClientError;
use server::ApiError;
use telemetry::server::Failure;

/// Type of a failure of the store, as telemetry groups it.
pub(crate) const STORE: &str = "notifications.store";

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("no handle was asked for")]
    NothingAsked,
    #[error("the message holds the character NUL")]
    HoldsNul,
    #[error("failed to ask which mentioned users exist")]
    Users(#[source] ClientError),
    #[error(transparent)]
    Store(#[from] database::Error),
}

impl Error {
    fn to_api(&self) -> ApiError {
        match self {
            Self::NothingAsked => ApiError::bad_request("bad_query", "Ask for a handle."),
            Self::HoldsNul => ApiError::bad_request("bad_text", "The text holds the character NUL."),
            Self::Users(error @ ClientError::TimedOut { .. }) => {
                ApiError::gateway_timeout("The users service did not answer in time.", self.of(error))
            }
            Self::Users(error) => {
                ApiError::bad_gateway("The users service could not be asked.", self.of(error))
            }
            Self::Store(error) => ApiError::internal(STORE, error),
        }
    }

    /// A failed call is reported once: by the callee when it answered 5xx, and here otherwise.
    fn of(&self, error: &ClientError) -> Failure {
        if error.is_reported_by_callee() {
            Failure::of_callee(error.kind(), self)
        } else {
            Failure::here(error.kind(), self)
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
