//! The trace list with its filter form.

use maud::{Markup, html};

use super::format::{bytes, dot, number, percent};
use crate::api::{Parameters, pairs};
use crate::colors::Colors;
use crate::query::{self, QueryError};
use crate::store::{ServiceSummary, Stats, TracePage, TraceSummary};
use crate::text::{clean, count};
use crate::units;

/// Parameters that are no condition of their own.
const NOT_CONDITIONS: [&str; 2] = ["after", "limit"];

/// Everything that the page shows.
pub(super) struct List<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) services: &'a [ServiceSummary],
    pub(super) found: Result<TracePage, QueryError>,
    pub(super) stats: Stats,
}

impl List<'_> {
    pub(super) fn render(&self) -> Markup {
        let colors = Colors::assign(self.services.iter().map(|service| service.name.as_str()));
        html! {
            div.head {
                h1 { "Traces" }
                p.stats {
                    (number(self.stats.traces)) " traces · " (number(self.stats.spans)) " spans · "
                    (bytes(self.stats.bytes)) " of " (bytes(self.stats.max_bytes))
                }
            }
            (self.form())
            @match &self.found {
                Err(error) => p.notice { (error) },
                Ok(page) if page.traces.is_empty() => (self.empty()),
                Ok(page) => {
                    (table(&page.traces, &colors))
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

    fn form(&self) -> Markup {
        html! {
            form.filter action="/traces" method="get" {
                (self.service())
                label { "Span name contains"
                    input type="search" name="name" value=(self.value("name")) placeholder="GET /api/…";
                }
                (self.status())
                @for (text, name) in [("At least (ms)", "min_duration_ms"), ("At most (ms)", "max_duration_ms")] {
                    label.short { (text)
                        input type="text" inputmode="decimal" name=(name) value=(self.value(name));
                    }
                }
                (self.attributes())
                @for name in ["since", "until"] {
                    @if !self.value(name).is_empty() {
                        label { (name) input type="text" name=(name) value=(self.value(name)); }
                    }
                }
                div.buttons {
                    button type="submit" { "Search" }
                    @if self.is_filtered() { a href="/traces" { "Clear" } }
                }
            }
        }
    }

    fn service(&self) -> Markup {
        let chosen = self.value("service");
        html! {
            label { "Service"
                select name="service" {
                    option value="" { "any" }
                    @for service in self.services {
                        option value=(service.name) selected[service.name == chosen] { (clean(&service.name)) }
                    }
                }
            }
        }
    }

    fn status(&self) -> Markup {
        let chosen = self.value("status");
        html! {
            label { "Status"
                select name="status" {
                    option value="" { "any" }
                    option value="error" selected[chosen == "error"] { "with errors" }
                    option value="ok" selected[chosen == "ok"] { "without errors" }
                }
            }
        }
    }

    /// A field for each condition there is, and one for another.
    fn attributes(&self) -> Markup {
        let attributes = pairs(self.parameters).filter(|(name, value)| *name == "attr" && !value.is_empty());
        html! {
            @for (_, value) in attributes {
                label { "Attribute" input type="search" name="attr" value=(value); }
            }
            label { "Attribute"
                input type="search" name="attr" placeholder="http.route=/api/…";
            }
        }
    }

    fn empty(&self) -> Markup {
        html! {
            div.empty {
                @if self.stats.spans > 0 {
                    h2 { "No trace matches" }
                    p { "Loosen a condition, or " a href="/traces" { "see all traces" } "." }
                } @else {
                    h2 { "No traces yet" }
                    p { "Send OTLP over HTTP, protobuf or JSON, to " code { "/v1/traces" } " at this address. "
                        "Most SDKs need one variable:" }
                    pre { "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318\nOTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf" }
                    p { "Then make a request, and " a href="/traces" { "reload" } "." }
                }
            }
        }
    }

    fn paging(&self, page: &TracePage) -> Markup {
        let address = |after: Option<&str>| {
            let kept = pairs(self.parameters).filter(|(name, value)| *name != "after" && !value.is_empty());
            let query: Vec<_> = kept.chain(after.map(|after| ("after", after))).collect();
            format!("/traces?{}", serde_urlencoded::to_string(query).unwrap_or_default())
        };
        let next = page.traces.last().filter(|_| page.more).map(query::cursor_after);
        html! {
            nav.paging {
                @if !self.value("after").is_empty() { a href=(address(None)) { "← Newest" } }
                span { (count(page.traces.len(), "trace")) " on this page" }
                @if let Some(next) = next { a href=(address(Some(&next))) rel="next" { "Older →" } }
            }
        }
    }
}

fn table(traces: &[TraceSummary], colors: &Colors) -> Markup {
    let longest = traces.iter().map(|trace| trace.duration_nano).max().unwrap_or(0);
    html! {
        table.traces {
            thead {
                tr {
                    th { "Started (UTC)" }
                    th { "Trace" }
                    th { "Services" }
                    th { "Duration" }
                    th.number { "Spans" }
                    th { "Errors" }
                }
            }
            tbody { @for trace in traces { (line(trace, longest, colors)) } }
        }
    }
}

fn line(trace: &TraceSummary, longest: u64, colors: &Colors) -> Markup {
    let started = units::time(trace.start_unix_nano);
    let (date, time) = started.split_once(' ').unwrap_or(("", &started));
    let slot = colors.slot(&trace.root_service);
    html! {
        tr {
            td.time { span.date { (date) } " " (time) }
            td.root {
                a href={ "/traces/" (trace.trace_id) } title=(clean(&trace.root_name)) {
                    (dot(slot)) b { (clean(&trace.root_service)) } " " (clean(&trace.root_name))
                }
            }
            td.services {
                @for service in &trace.services {
                    span.service title=(clean(service)) { (dot(colors.slot(service))) (clean(service)) }
                }
            }
            td.duration {
                span { (units::duration(trace.duration_nano)) }
                svg width="100%" height="6" aria-hidden="true" {
                    rect class={ "c" (slot) } width={ (percent(trace.duration_nano, longest).max(1.0)) "%" } height="6" rx="1" {}
                }
            }
            td.number { (number(trace.span_count as u64)) }
            td.errors { (errors(trace)) }
        }
    }
}

/// A request that failed, and one that was answered although something inside it failed, are not the same.
fn errors(trace: &TraceSummary) -> Markup {
    let inside = trace.error_count - usize::from(trace.root_error).min(trace.error_count);
    html! {
        @if trace.root_error { span.failed { "failed" } }
        @if inside > 0 { " " span.inside { (count(inside, "error")) " inside" } }
    }
}
