//! One error: its counts, its latest items, and what the latest of them says.

use std::sync::Arc;

use maud::{Markup, html};

use super::body::{self, SEEN};
use super::groups::title;
use super::item;
use super::parts::{badge, item_address, service, time, trace_link};
use crate::colors::Colors;
use crate::errors::{Item, Occurrence};
use crate::pages::format::number;
use crate::store::errors::{ErrorGroup, ErrorPage};
use crate::text::clean;
use crate::units;

/// Everything that the page shows.
pub(super) struct GroupPage {
    pub(super) error: ErrorGroup,
    pub(super) found: ErrorPage,
    pub(super) latest: Option<(Arc<Occurrence>, Item)>,
    /// It is the page of the newest items.
    pub(super) first_page: bool,
    pub(super) colors: Colors,
}

impl GroupPage {
    pub(super) fn render(&self) -> Markup {
        html! {
            div.head { h1 { (badge(self.error.level)) " " (title(&self.error)) } }
            (self.facts())
            @if let Some((one, item)) = self.latest.as_ref().filter(|_| self.first_page) {
                section.latest {
                    h2 { a href=(item_address(&one.uuid)) { "Latest item" } }
                    (body::render(item, SEEN))
                    (item::request(item))
                }
            }
            h2 { "All items" }
            (self.items())
            (self.paging())
        }
    }

    fn facts(&self) -> Markup {
        let group = &self.error;
        let environments: Vec<_> = group.environments.iter().map(|name| clean(name)).collect();
        html! {
            dl.facts {
                div { dt { "Count" } dd.strong { (number(group.occurrences)) } }
                @if group.reports != group.occurrences { div { dt { "Items" } dd { (number(group.reports)) } } }
                div { dt { "First seen (UTC)" } dd { (units::time(group.first_seen_unix_nano)) } }
                div { dt { "Last seen (UTC)" } dd { (units::time(group.last_seen_unix_nano)) } }
                @if !group.services.is_empty() {
                    div { dt { "Services" } dd { @for name in &group.services { (service(name, &self.colors)) } } }
                }
                div { dt { "Environments" } dd { (environments.join(", ")) } }
                @if !group.traces.is_empty() {
                    div { dt { "Latest traces" } dd { @for id in &group.traces { (trace_link(*id, None)) " " } } }
                }
                div.id { dt { "Fingerprint" } dd { code { (clean(&group.fingerprint)) } } }
            }
        }
    }

    fn items(&self) -> Markup {
        html! {
            table.traces.items {
                thead { tr { th { "Time (UTC)" } th { "Item" } th { "Service" } th { "Environment" } th.number { "Count" } th { "Trace" } } }
                tbody {
                    @for one in &self.found.errors {
                        tr {
                            td.time { (time(one.time_unix_nano)) }
                            td.root { a href=(item_address(&one.uuid)) title=(clean(&one.title)) { (clean(&one.title)) @if one.title.is_empty() { "(without a title)" } } }
                            td.services { @if let Some(name) = &one.service { (service(name, &self.colors)) } }
                            td { (clean(&one.environment)) }
                            td.number { (number(one.occurrences)) }
                            td.links { @if let Some(id) = one.trace_id { (trace_link(id, one.span_id)) } }
                        }
                    }
                }
            }
        }
    }

    fn paging(&self) -> Markup {
        let older = self.found.errors.last().filter(|_| self.found.more).map(|last| {
            let query = serde_urlencoded::to_string([("after", &*last.uuid)]).unwrap_or_default();
            format!("/errors/groups/{}?{query}", self.error.id)
        });
        html! {
            @if !self.first_page || older.is_some() {
                nav.paging {
                    @if !self.first_page { a href={ "/errors/groups/" (self.error.id) } { "← Newest" } }
                    @if let Some(older) = older { a href=(older) rel="next" { "Older →" } }
                }
            }
        }
    }
}
