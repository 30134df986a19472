//! What the front end asks of users, through this one address.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use clients::{ClientError, ForwardPath, ForwardRequest, Forwarded, UsersClient};
use server::Viewer;
use server::viewer::VIEWER_HEADER;

use crate::error::{self, Error};

/// Hands the request on to users, and the answer back.
pub(crate) async fn to_users(
    request: HttpRequest,
    viewer: Viewer,
    body: Bytes,
    users: Data<UsersClient>,
) -> Result<HttpResponse, Error> {
    let path = ForwardPath::parse(request.uri().path()).ok_or(Error::NothingHere)?;
    // The viewer is always named: users may have another default.
    let mut headers = vec![(VIEWER_HEADER, viewer.0.as_bytes())];
    if let Some(content_type) = request.headers().get(CONTENT_TYPE) {
        headers.push(("content-type", content_type.as_bytes()));
    }
    let query = Some(request.query_string()).filter(|query| !query.is_empty());
    let template = if request.uri().path().starts_with("/api/users/") {
        "/api/users/{path}"
    } else {
        "/api/profile/{path}"
    };
    let request = ForwardRequest { method: request.method().as_str(), path, query, template, headers, body };
    let answer = users.forward(request).await.map_err(Error::Users)?;
    Ok(respond(answer))
}

fn respond(answer: Forwarded) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::build(status);
    for (name, value) in [(CONTENT_TYPE, answer.content_type), (ALLOW, answer.allow)] {
        insert(&mut response, name, value);
    }
    let mut response = response.body(answer.body);
    if let Ok(status) = reqwest::StatusCode::from_u16(answer.status)
        && status.is_server_error()
    {
        let failed = ClientError::Status { service: "users", status };
        response.extensions_mut().insert(error::failure(&failed, &failed));
    }
    response
}

fn insert(response: &mut actix_web::HttpResponseBuilder, name: HeaderName, value: Option<Vec<u8>>) {
    if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(&value).ok()) {
        response.insert_header((name, value));
    }
}
