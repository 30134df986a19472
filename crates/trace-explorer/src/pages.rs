//! The pages, made on the server: HTML for people, text for terminals. No script: they work in any browser.

mod bars;
mod errors;
mod format;
mod layout;
mod list;
mod logs;
mod panel;
mod style;
mod trace;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use crate::api::{self, Explorer, Parameters, get, pairs, wants_text};
use crate::colors::Colors;
use crate::query;
use crate::text;
use crate::waterfall::Waterfall;
use layout::page;

/// Registers `/`, `/traces`, `/traces/{id}`, `/logs`, `/errors` and below, and the style sheet.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    for (path, handler) in [
        ("/", get().to(traces)),
        ("/traces", get().to(traces)),
        ("/traces/{trace_id}", get().to(trace)),
        ("/logs", get().to(logs::list)),
        ("/errors", get().to(errors::list)),
        ("/errors/groups/{id}", get().to(errors::group)),
        ("/errors/items/{uuid}", get().to(errors::item)),
        (style::PATH, get().to(style::sheet)),
    ] {
        let only_get = web::to(|| async { api::method_not_allowed() });
        config.service(web::resource(path).route(handler).default_service(only_get));
    }
}

async fn traces(explorer: web::Data<Explorer>, parameters: Parameters) -> HttpResponse {
    let parsed = query::parse(pairs(&parameters));
    let status = if parsed.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let services = explorer.store.services();
    let found = parsed.map(|query| explorer.store.traces(&query));
    let list =
        list::List { parameters: &parameters, services: &services, found, stats: explorer.store.stats() };
    html_response(status, page("Traces", &list.render()))
}

async fn trace(
    request: HttpRequest,
    explorer: web::Data<Explorer>,
    id: web::Path<String>,
    parameters: Parameters,
) -> HttpResponse {
    let parameters = match trace::View::parse(pairs(&parameters)) {
        Ok(view) => view,
        Err(message) => return failure(&request, None, StatusCode::BAD_REQUEST, &message),
    };
    let format = parameters.format;
    let trace_id = match api::parse_trace_id(&id) {
        Ok(trace_id) => trace_id,
        Err(message) => return failure(&request, format, StatusCode::BAD_REQUEST, &message),
    };
    let reports = errors::Reports::of(&explorer, trace_id, parameters.span);
    let lines = logs::TraceLines::of(&explorer, trace_id);
    let trace = explorer.store.trace(trace_id);
    if trace.is_none() && !(reports.is_empty() && lines.is_empty()) && !wants_text(&request, format) {
        let body = reports.without_spans(trace_id, &lines.without_spans());
        return html_response(StatusCode::OK, page("A trace without spans", &body));
    }
    let Some(waterfall) = trace.as_ref().and_then(Waterfall::of) else {
        return failure(&request, format, StatusCode::NOT_FOUND, api::UNKNOWN_TRACE);
    };
    if wants_text(&request, format) {
        let text = text::render(&waterfall, parameters.width) + &reports.text() + &lines.text();
        return text_response(StatusCode::OK, text);
    }
    let services = explorer.store.services();
    let colors = Colors::assign(services.iter().map(|service| service.name.as_str()));
    let title = format!("{} {}", waterfall.root.service(), waterfall.root.name);
    let body = trace::render(
        &waterfall,
        &colors,
        &parameters,
        &trace::Beside { reports, lines, links: explorer.links.clone() },
    );
    html_response(StatusCode::OK, page(&title, &body))
}

fn failure(request: &HttpRequest, format: Option<&str>, status: StatusCode, message: &str) -> HttpResponse {
    if wants_text(request, format) {
        return text_response(status, format!("{message}\n"));
    }
    let title = if status == StatusCode::NOT_FOUND { "No such trace" } else { "This cannot be shown" };
    let body = html! {
        div.empty {
            h1 { (title) }
            p { (message) }
            p { a href="/traces" { "All traces" } }
        }
    };
    html_response(status, page(title, &body))
}

fn html_response(status: StatusCode, page: Markup) -> HttpResponse {
    HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.into_string())
}

fn text_response(status: StatusCode, text: String) -> HttpResponse {
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(text)
}
