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
    let not_modified = known.is_some_and(|known| is_listed(&etag, known));
    let mut response = if not_modified { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"));
    if not_modified {
        return response.finish();
    }
    response.content_type("text/css; charset=utf-8").body(SHEET)
}

/// Whether a list of entity tags has this one. They are compared weakly: RFC 9110, 13.1.2.
fn is_listed(etag: &str, list: &str) -> bool {
    list.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
}
