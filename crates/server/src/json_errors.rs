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
    let (request, mut made) = response.into_parts();
    // `Allow` of a 405 and the headers of CORS stay; what described the old body goes.
    let mut answer = body;
    for (name, value) in made.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    // So does what the handler attached: above all who failed.
    std::mem::swap(&mut *answer.extensions_mut(), &mut *made.extensions_mut());
    Ok(ServiceResponse::new(request, answer).map_into_right_body())
}

fn is_json<B>(response: &ServiceResponse<B>) -> bool {
    let is_json = |value: &HeaderValue| value.as_bytes().starts_with(b"application/json");
    response.headers().get(header::CONTENT_TYPE).is_some_and(is_json)
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};
    use telemetry::server::Failure;

    use super::*;

    #[actix_web::test]
    async fn who_failed_is_still_known_when_the_body_is_replaced() {
        let forwarded = async || {
            let mut response = HttpResponse::ServiceUnavailable().content_type("text/html").body("<html>");
            let error = std::io::Error::other("users answered 503");
            response.extensions_mut().insert(Failure::of_callee("callee_status", &error));
            response
        };
        let app = App::new().route("/", web::get().to(forwarded)).wrap(from_fn(json_errors));
        let app = init_service(app).await;

        let response = call_service(&app, TestRequest::get().uri("/").to_request()).await;

        assert!(is_json(&response));
        assert!(response.response().extensions().get::<Failure>().is_some());
    }
}
