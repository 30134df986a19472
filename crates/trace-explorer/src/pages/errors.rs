//! The pages of error reports: the list of groups with the deploys, one group, one item; and what a waterfall shows of
//! them.

mod body;
mod deploys;
mod group;
mod groups;
mod item;
pub(super) mod parts;
mod reports;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::html;

use super::html_response;
use super::layout::page;
use crate::api::Explorer;
use crate::api::errors::{UNKNOWN_ERROR, parse};
use crate::api::{Parameters, pairs};
use crate::colors::Colors;
use crate::errors::GroupId;
use crate::store::errors::ErrorQuery;
use crate::text::clean;
pub(super) use reports::Reports;

/// Deploys that the list shows.
const DEPLOYS: usize = 20;

const NO_SUCH_GROUP: &str =
    "there is no such group: none of its error reports has arrived, or they were dropped to make room";

/// `GET /errors`
pub(super) async fn list(explorer: web::Data<Explorer>, parameters: Parameters) -> HttpResponse {
    let parsed = parse(pairs(&parameters));
    let status = if parsed.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let (services, environments) = explorer.errors.error_names();
    let list = groups::Groups {
        parameters: &parameters,
        services: &services,
        environments: &environments,
        colors: colors(&explorer),
        found: parsed.map(|query| explorer.errors.error_groups(&query)),
        deploys: explorer.errors.deploys(DEPLOYS),
        stats: explorer.errors.error_stats(),
    };
    html_response(status, page("Errors", &list.render()))
}

/// `GET /errors/groups/{id}`
pub(super) async fn group(
    explorer: web::Data<Explorer>,
    id: web::Path<String>,
    parameters: Parameters,
) -> HttpResponse {
    let Some(id) = GroupId::parse(&id) else {
        return failure(StatusCode::BAD_REQUEST, "a group is named by 16 hex digits");
    };
    let query = match parse(pairs(&parameters)) {
        Ok(query) => ErrorQuery { group: Some(id), ..query },
        Err(message) => return failure(StatusCode::BAD_REQUEST, &message),
    };
    let all = ErrorQuery { group: Some(id), ..ErrorQuery::default() };
    let Some(group) = explorer.errors.error_groups(&all).pop() else {
        return failure(StatusCode::NOT_FOUND, NO_SUCH_GROUP);
    };
    let found = explorer.errors.errors(&query);
    let latest = found.errors.first().and_then(|latest| explorer.errors.error(&latest.uuid));
    let title = group.title.clone();
    let shown = group::GroupPage {
        error: group,
        found,
        latest,
        first_page: query.after.is_none(),
        colors: colors(&explorer),
    };
    html_response(StatusCode::OK, page(&clean(&title), &shown.render()))
}

/// `GET /errors/items/{uuid}`
pub(super) async fn item(explorer: web::Data<Explorer>, uuid: web::Path<String>) -> HttpResponse {
    let Some((occurrence, item)) = explorer.errors.error(&uuid) else {
        return failure(StatusCode::NOT_FOUND, UNKNOWN_ERROR);
    };
    let trace_is_here = occurrence.trace_id.is_some_and(|id| explorer.errors.has_trace(id));
    let body = item::render(&occurrence, &item, trace_is_here, &colors(&explorer), &explorer.links);
    html_response(StatusCode::OK, page(&clean(&occurrence.title), &body))
}

fn colors(explorer: &Explorer) -> Colors {
    let services = explorer.store.services();
    Colors::assign(services.iter().map(|service| service.name.as_str()))
}

fn failure(status: StatusCode, message: &str) -> HttpResponse {
    let title = if status == StatusCode::NOT_FOUND { "No such error" } else { "This cannot be shown" };
    let body = html! {
        div.empty {
            h1 { (title) }
            p { (message) }
            p { a href="/errors" { "All errors" } }
        }
    };
    html_response(status, page(title, &body))
}
