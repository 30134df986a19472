//! The list of errors, and the deploys below it.

use std::collections::BTreeSet;
use std::sync::Arc;

use maud::{Markup, html};

use super::deploys;
use super::parts::{badge, service, time, trace_link};
use crate::api::{Parameters, pairs};
use crate::colors::Colors;
use crate::errors::{Deploy, Level};
use crate::pages::format::number;
use crate::store::errors::{ErrorGroup, ErrorStats};
use crate::text::clean;

/// Groups of one page; a condition leads to the others.
const GROUPS: usize = 200;

/// Everything that the page shows.
pub(super) struct Groups<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) services: &'a BTreeSet<Arc<str>>,
    pub(super) environments: &'a BTreeSet<Arc<str>>,
    pub(super) colors: Colors,
    pub(super) found: Result<Vec<ErrorGroup>, String>,
    pub(super) deploys: Vec<Deploy>,
    pub(super) stats: ErrorStats,
}

impl Groups<'_> {
    pub(super) fn render(&self) -> Markup {
        html! {
            div.head {
                h1 { "Errors" }
                p.stats {
                    (counted(self.stats.errors, "report")) " · " (counted(self.stats.deploys, "deploy"))
                }
            }
            (self.form())
            @match &self.found {
                Err(message) => p.notice { (message) },
                Ok(groups) if groups.is_empty() => (self.empty()),
                Ok(groups) => {
                    (self.table(&groups[..groups.len().min(GROUPS)]))
                    @if groups.len() > GROUPS {
                        p.paging { (number(GROUPS as u64)) " of " (number(groups.len() as u64)) " errors: narrow the search to see the others" }
                    }
                }
            }
            (deploys::render(&self.deploys))
        }
    }

    fn value(&self, name: &str) -> &str {
        pairs(self.parameters).filter(|(n, _)| *n == name).map(|(_, value)| value).last().unwrap_or_default()
    }

    fn choice(
        &self,
        name: &str,
        label: &str,
        any: &str,
        values: impl Iterator<Item = impl AsRef<str>>,
    ) -> Markup {
        html! {
            label { (label)
                select name=(name) {
                    option value="" { (any) }
                    @for value in values {
                        option value=(value.as_ref()) selected[self.value(name) == value.as_ref()] { (clean(value.as_ref())) }
                    }
                }
            }
        }
    }

    fn form(&self) -> Markup {
        let filtered = pairs(self.parameters).any(|(_, value)| !value.is_empty());
        html! {
            form.filter action="/errors" method="get" {
                (self.choice("service", "Service", "any", self.services.iter()))
                (self.choice("environment", "Environment", "any", self.environments.iter()))
                (self.choice("level", "At least", "any level", Level::ALL.into_iter().map(Level::as_str)))
                div.buttons {
                    button type="submit" { "Search" }
                    @if filtered { a href="/errors" { "Clear" } }
                }
            }
        }
    }

    fn empty(&self) -> Markup {
        html! {
            div.empty {
                @if self.stats.errors > 0 {
                    h2 { "No error matches" }
                    p { "Loosen a condition, or " a href="/errors" { "see all errors" } "." }
                } @else {
                    h2 { "No errors yet" }
                    p { "Every SDK of Rollbar reports to here with another endpoint, for example in Python:" }
                    pre { "rollbar.init(\"any-token\", \"development\", endpoint=\"http://localhost:4318/api/1/\")" }
                    p { "An item that names a " code { "trace_id" } " and a " code { "span_id" }
                        ", in its attributes or its custom data, is shown in that trace." }
                }
            }
        }
    }

    fn table(&self, groups: &[ErrorGroup]) -> Markup {
        html! {
            table.traces.errors {
                thead {
                    tr {
                        th { "Level" }
                        th { "Error" }
                        th { "Services" }
                        th.number { "Count" }
                        th { "First seen (UTC)" }
                        th { "Last seen (UTC)" }
                        th { "Traces" }
                    }
                }
                tbody { @for group in groups { (self.line(group)) } }
            }
        }
    }

    fn line(&self, group: &ErrorGroup) -> Markup {
        let environments: Vec<_> = group.environments.iter().map(|name| clean(name)).collect();
        html! {
            tr {
                td.at { (badge(group.level)) }
                td.root {
                    a href={ "/errors/groups/" (group.id) } title=(clean(&group.title)) { (title(group)) }
                }
                td.services {
                    @for name in &group.services { (service(name, &self.colors)) }
                    span.dim { (environments.join(", ")) }
                }
                td.number title=(counted(group.reports, "report")) { (number(group.occurrences)) }
                td.time.first { (time(group.first_seen_unix_nano)) }
                td.time { (time(group.last_seen_unix_nano)) }
                td.links { @for id in group.traces.iter().take(2) { (trace_link(*id, None)) " " } }
            }
        }
    }
}

fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(count), if count == 1 { "" } else { "s" })
}

/// The title of a group, which may be empty.
pub(super) fn title(group: &ErrorGroup) -> Markup {
    html! { @if group.title.is_empty() { "(without a title)" } @else { (clean(&group.title)) } }
}
