//! The pages, made on the server: HTML for people, text for terminals.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::{self, Explorer, Parameters, pairs};
use crate::text;
use crate::waterfall::Waterfall;

/// Registers `/`, `/traces` and `/traces/{id}`.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    {
        let (path, handler) = ("/traces/{trace_id}", web::get().to(trace));
        let only_get = web::to(|| async { api::method_not_allowed() });
        config.service(web::resource(path).route(handler).default_service(only_get));
    }
}

async fn trace(
    request: HttpRequest,
    explorer: web::Data<Explorer>,
    id: web::Path<String>,
    parameters: Parameters,
) -> HttpResponse {
    let trace_id = match api::parse_trace_id(&id) {
        Ok(trace_id) => trace_id,
        Err(message) => return api::bad_request("bad_trace_id", &message),
    };
    let Some(trace) = explorer.store.trace(trace_id) else { return api::unknown_trace() };
    let Some(waterfall) = Waterfall::of(&trace) else { return api::unknown_trace() };
    let format = pairs(&parameters).find(|(name, _)| *name == "format").map(|(_, value)| value);
    let _ = api::wants_text(&request, format);
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(text::render(&waterfall, text::DEFAULT_WIDTH))
}
