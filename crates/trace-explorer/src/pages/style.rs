//! The one style sheet, served under an address that changes with its content.

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse};

pub(super) const PATH: &str = "/assets/explorer.css";

const SHEET: &str = include_str!("style.css");

/// Eight hex digits that change with the style sheet.
fn version() -> String {
    format!("{:08x}", crc32c::crc32c(SHEET.as_bytes()))
}

/// The address for a `<link>`.
pub(super) fn href() -> String {
    format!("{PATH}?v={}", version())
}

pub(super) async fn sheet(request: HttpRequest) -> HttpResponse {
    let etag = format!("\"{}\"", version());
    let known = request.headers().get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let mut response = if known.is_some_and(|known| known.contains(&etag)) {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"));
    if known.is_some_and(|known| known.contains(&version())) {
        return response.finish();
    }
    response.content_type("text/css; charset=utf-8").body(SHEET)
}
