//! The page of log lines, newest first; and what a waterfall shows of them.

mod lines;
mod of_trace;

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::format::{bytes, number};
use super::html_response;
use super::layout::{page, page_again};
use crate::api::logs::{cursor_after, parse};
use crate::api::{Explorer, Parameters, pairs};
use crate::colors::Colors;
use crate::links::Links;
use crate::logs::LogLevel;
use crate::store::log_events::{EventPage, LogStats};
use crate::text::{clean, count};
pub(super) use of_trace::{TraceLines, address};

/// While it follows, the page is loaded again after so many seconds. That needs no script.
const FOLLOW_SECONDS: u32 = 2;

/// Parameters that are no condition of their own.
const NOT_CONDITIONS: [&str; 3] = ["after", "limit", "follow"];

/// `GET /logs`
pub(super) async fn list(explorer: web::Data<Explorer>, parameters: Parameters) -> HttpResponse {
    let follow = pairs(&parameters).any(|pair| pair == ("follow", "1"));
    let parsed = parse(pairs(&parameters).filter(|(name, _)| *name != "follow"));
    let status = if parsed.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    // An earlier page does not change.
    let follow = follow && parsed.as_ref().is_ok_and(|query| query.after.is_none());
    let services = explorer.store.services();
    let list = Lines {
        parameters: &parameters,
        services: explorer.logs.services(),
        colors: Colors::assign(services.iter().map(|service| service.name.as_str())),
        found: parsed.map(|query| explorer.logs.search(&query)),
        stats: explorer.logs.stats(),
        follow,
        links: &explorer.links,
    };
    let body = list.render();
    html_response(
        status,
        if follow { page_again("Logs", &body, FOLLOW_SECONDS) } else { page("Logs", &body) },
    )
}

/// Everything that the page shows.
struct Lines<'a> {
    parameters: &'a Parameters,
    services: BTreeSet<Arc<str>>,
    colors: Colors,
    found: Result<EventPage, String>,
    stats: LogStats,
    follow: bool,
    links: &'a Links,
}

impl Lines<'_> {
    fn render(&self) -> Markup {
        html! {
            div.head {
                h1 { "Logs" }
                p.stats {
                    (number(self.stats.log_events)) " lines · " (bytes(self.stats.log_bytes)) " of "
                    (bytes(self.stats.max_log_bytes)) " in memory"
                }
            }
            (self.form())
            (self.switch())
            @match &self.found {
                Err(message) => p.notice { (message) },
                Ok(page) if page.events.is_empty() => (self.empty()),
                Ok(page) => {
                    ol.lines { @for event in &page.events { li { (lines::line(event, &self.colors, self.links)) } } }
                    (self.paging(page))
                }
            }
        }
    }

    fn value(&self, name: &str) -> &str {
        pairs(self.parameters).filter(|(n, _)| *n == name).map(|(_, value)| value).last().unwrap_or_default()
    }

    fn is_filtered(&self) -> bool {
        pairs(self.parameters).any(|(name, value)| !value.is_empty() && !NOT_CONDITIONS.contains(&name))
    }

    /// The address of this search with another end, or followed.
    fn address(&self, more: Option<(&str, &str)>) -> String {
        let kept = pairs(self.parameters)
            .filter(|(name, value)| !["after", "follow"].contains(name) && !value.is_empty());
        let query: Vec<_> = kept.chain(more).collect();
        format!("/logs?{}", serde_urlencoded::to_string(query).unwrap_or_default())
    }

    fn form(&self) -> Markup {
        html! {
            form.filter action="/logs" method="get" {
                label { "Text contains" input type="search" name="q" value=(self.value("q")); }
                (self.choice("level", "At least", "any level", LogLevel::ALL.into_iter().map(LogLevel::as_str)))
                (self.choice("service", "Service", "any", self.services.iter()))
                label { "Trace id" input type="search" name="trace_id" value=(self.value("trace_id")); }
                @if !self.value("span_id").is_empty() {
                    label { "Span id" input type="search" name="span_id" value=(self.value("span_id")); }
                }
                @for (text, name) in [("From (UTC)", "since"), ("To (UTC)", "until")] {
                    label { (text)
                        input type="text" name=(name) value=(self.value(name)) placeholder="2026-01-31T12:00:00Z";
                    }
                }
                @if self.follow { input type="hidden" name="follow" value="1"; }
                div.buttons {
                    button type="submit" { "Search" }
                    @if self.is_filtered() { a href="/logs" { "Clear" } }
                }
            }
        }
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

    fn switch(&self) -> Markup {
        html! {
            p.follow {
                @if self.follow {
                    a.on href=(self.address(None)) { "● Following" }
                    " " span.dim { "every " (FOLLOW_SECONDS) " s; select it to stop" }
                } @else {
                    a href=(self.address(Some(("follow", "1")))) { "○ Follow" }
                }
            }
        }
    }

    fn empty(&self) -> Markup {
        html! {
            div.empty {
                @if self.stats.log_events > 0 {
                    h2 { "No line matches" }
                    p { "Loosen a condition, or " a href="/logs" { "see all lines" } "." }
                } @else {
                    h2 { "No log lines yet" }
                    p { "Every SDK of AWS writes log events to here with another endpoint. Any credentials will do:" }
                    pre { "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=http://localhost:4318" }
                    p { "OTLP logs go to " code { "/v1/logs" } ". A line that names a " code { "trace_id" } " and a "
                        code { "span_id" } " is shown in that trace." }
                }
            }
        }
    }

    fn paging(&self, page: &EventPage) -> Markup {
        let next = page.events.last().filter(|_| page.more).map(|last| cursor_after(last));
        html! {
            nav.paging {
                @if !self.value("after").is_empty() { a href=(self.address(None)) { "← Newest" } }
                span { (count(page.events.len(), "line")) " on this page" }
                @if let Some(next) = next { a href=(self.address(Some(("after", &next)))) rel="next" { "Older →" } }
            }
        }
    }
}
