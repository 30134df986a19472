//! Failures that actix makes by itself, such as 405, in the form of all others.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};

use crate::error::{ApiError, code};

/// Gives a failure without a JSON body one.
pub(crate) async fn json_errors<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let response = next.call(request).await?;
    let status = response.status();
    if status.as_u16() < 400 || is_json(&response) {
        return Ok(response.map_into_left_body());
    }
    let message = match status.as_u16() {
        405 => "This path does not take this method.".to_owned(),
        _ => format!("{}.", status.canonical_reason().unwrap_or("The request was refused")),
    };
    let body = ApiError::new(status, code(status), message).error_response();
    let (request, made) = response.into_parts();
    // `Allow` of a 405 and the headers of CORS stay; what described the old body goes.
    let mut answer = body;
    for (name, value) in made.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(ServiceResponse::new(request, answer).map_into_right_body())
}

fn is_json<B>(response: &ServiceResponse<B>) -> bool {
    let is_json = |value: &HeaderValue| value.as_bytes().starts_with(b"application/json");
    response.headers().get(header::CONTENT_TYPE).is_some_and(is_json)
}
