//! The answers of the CloudWatch Logs API: what was asked for, or `{"__type": …, "message": …}`; each with an id.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::receiver::FAULT;
use crate::receiver::body::BodyError;
use crate::store::log_events::LogError;

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// Why there is no success.
#[derive(Debug)]
pub(super) enum Failure {
    UnknownOperation(String),
    /// No JSON, or a value of another type than that of the field.
    Serialization(String),
    /// A value that is not allowed.
    Parameter(String),
    Logs(LogError),
    TooLarge,
    /// Not now.
    Unavailable(String),
    TimedOut,
    Browser,
    /// A fault of the explorer's own.
    Fault,
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Self::Logs(error)
    }
}

impl Failure {
    pub(super) fn of_body(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge,
            BodyError::BudgetExhausted => {
                Self::Unavailable("too many requests are waiting to be written".to_owned())
            }
            BodyError::Broken => Self::Serialization("the request ended before its body did".to_owned()),
            BodyError::TimedOut => Self::TimedOut,
        }
    }

    /// A value that breaks the rule of its field, in the words of AWS.
    pub(super) fn constraint(value: &str, field: &str, rule: &str) -> Self {
        Self::Parameter(format!(
            "1 validation error detected: Value {value} at '{field}' failed to satisfy constraint: Member must {rule}"
        ))
    }

    /// How senders find out what they have to make first: nothing is refused.
    pub(super) fn is_usual(&self) -> bool {
        matches!(self, Self::Logs(error) if !matches!(error, LogError::TooMany))
    }

    /// The `match` from what went wrong to AWS's names and to HTTP.
    fn into_parts(self) -> (StatusCode, &'static str, String) {
        let bad = StatusCode::BAD_REQUEST;
        match self {
            Self::UnknownOperation(target) => (
                bad,
                "UnknownOperationException",
                format!("the explorer does not know the operation `{target}`"),
            ),
            Self::Serialization(message) => (bad, "SerializationException", message),
            Self::Parameter(message) => (bad, "InvalidParameterException", message),
            Self::Logs(error) => {
                let (kind, message) = of_logs(error);
                (bad, kind, message.to_owned())
            }
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLargeException",
                "the request is larger than the explorer takes".to_owned(),
            ),
            Self::Unavailable(message) => {
                (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableException", message)
            }
            Self::TimedOut => (bad, "RequestTimeoutException", "the body took too long to arrive".to_owned()),
            Self::Browser => (
                StatusCode::FORBIDDEN,
                "AccessDeniedException",
                "the explorer takes no log events from pages of other sites".to_owned(),
            ),
            Self::Fault => (StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", FAULT.to_owned()),
        }
    }
}

fn of_logs(error: LogError) -> (&'static str, &'static str) {
    match error {
        LogError::NoSuchGroup => ("ResourceNotFoundException", "The specified log group does not exist."),
        LogError::NoSuchStream => ("ResourceNotFoundException", "The specified log stream does not exist."),
        LogError::GroupExists => ("ResourceAlreadyExistsException", "The specified log group already exists"),
        LogError::StreamExists => {
            ("ResourceAlreadyExistsException", "The specified log stream already exists")
        }
        LogError::TooMany => {
            ("LimitExceededException", "the explorer holds no more log groups or log streams than these")
        }
    }
}

pub(super) fn response(outcome: Result<Option<Value>, Failure>) -> HttpResponse {
    match outcome {
        Ok(None) => builder(StatusCode::OK).finish(),
        Ok(Some(answer)) => builder(StatusCode::OK).body(answer.to_string()),
        Err(failure) => {
            let (status, kind, message) = failure.into_parts();
            builder(status).body(json!({"__type": kind, "message": message}).to_string())
        }
    }
}

fn builder(status: StatusCode) -> HttpResponseBuilder {
    let mut builder = HttpResponse::build(status);
    builder.content_type(CONTENT_TYPE).insert_header(("x-amzn-requestid", Uuid::new_v4().to_string()));
    builder
}
