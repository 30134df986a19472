//! Reports as items of Rollbar, without secrets.

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_semantic_conventions::attribute;
use rollbar_rust::{Body, Exception, Item, ItemBuilder, Message, Person, Request, Server, Trace, TraceChain};

use super::{Report, RequestFacts};
use crate::settings::{Links, ReportsSettings};
use crate::{names, redaction, resource};

/// The environment of a service that nobody named one for.
const DEVELOPMENT: &str = "development";

/// `deployment.environment.name` and the name that it had before, both in use.
const ENVIRONMENTS: [&str; 2] = ["deployment.environment.name", "deployment.environment"];

/// Makes items: what all of a process have in common is known once.
pub(super) struct Items {
    service: String,
    environment: String,
    code_version: String,
    host: Option<String>,
    links: Links,
}

impl Items {
    pub(super) fn new(settings: &ReportsSettings, resource: &Resource) -> Self {
        let text = |key: &'static str| Some(resource::text(resource, key)).filter(|text| !text.is_empty());
        let environment = || ENVIRONMENTS.iter().find_map(|key| text(key));
        Self {
            service: text(attribute::SERVICE_NAME).unwrap_or_default(),
            environment: settings
                .environment
                .clone()
                .or_else(environment)
                .unwrap_or_else(|| DEVELOPMENT.to_owned()),
            code_version: settings
                .code_version
                .clone()
                .or_else(|| text(attribute::SERVICE_VERSION))
                .unwrap_or_default(),
            host: text(attribute::HOST_NAME).or_else(host_name),
            links: settings.links.clone(),
        }
    }

    /// The item of a report. Whatever is over a limit of the API is made to fit: a report must not fail.
    pub(super) fn item(&self, report: &Report) -> Item {
        let mut item = Item::builder(self.environment.clone(), body(report))
            .level(report.level)
            .timestamp(report.time)
            .uuid(report.uuid)
            .framework("actix-web")
            .fingerprint(report.fingerprint())
            .notifier(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .custom("service", self.service.clone());
        if let Some(host) = &self.host {
            item = item.server(Server::new(host.clone()));
        }
        if !self.code_version.is_empty() {
            item = item.code_version(self.code_version.clone());
        }
        if let Some(title) = title(report) {
            item = item.title(title);
        }
        if let Some(facts) = &report.request {
            item = about(facts, item);
        }
        for field in report.fields.iter().filter(|_| !report.causes.is_empty()) {
            item = item.custom(field.key.as_str(), json(field));
        }
        if report.merged > 0 {
            item = item.custom("occurrences", report.merged + 1);
        }
        self.join(report, item).build_lossy()
    }

    /// The ids of the trace and of the span, and where to look at them.
    fn join(&self, report: &Report, mut item: ItemBuilder) -> ItemBuilder {
        if !report.span.is_valid() {
            return item;
        }
        let ids = [
            ("trace_id", report.span.trace_id().to_string()),
            ("span_id", report.span.span_id().to_string()),
        ];
        for (name, id) in &ids {
            item = item.attribute(*name, id.clone()).custom(*name, id.clone());
        }
        let trace_id = &ids[0].1;
        if let Some(page) = &self.links.explorer {
            item = item.custom("explorer_url", format!("{page}{trace_id}"));
        }
        if let Some(page) = &self.links.honeycomb {
            item = item.custom("honeycomb_url", format!("{page}{trace_id}"));
        }
        item
    }
}

/// Errors with their stack; an event without an error is a message.
fn body(report: &Report) -> Body {
    let exception = |position: usize| {
        let cause = &report.causes[position];
        Exception::new(redaction::text(&cause.class)).message(redaction::text(&cause.message))
    };
    let frames = || report.frames.iter().cloned();
    match report.causes.len() {
        0 => {
            let mut message = Message::new(redaction::text(&report.message));
            for field in &report.fields {
                message = message.with(field.key.as_str(), json(field));
            }
            message.into()
        }
        1 => Trace::new(exception(0), frames()).into(),
        length => {
            let outermost = TraceChain::new(Trace::new(exception(0), frames()));
            (1..length)
                .fold(outermost, |chain, cause| chain.caused_by(Trace::new(exception(cause), [])))
                .into()
        }
    }
}

/// `{type}: {constant message}`, which is the same for all of a group.
fn title(report: &Report) -> Option<String> {
    let outermost = report.causes.first()?;
    Some(match report.request.as_ref().and_then(|request| request.route.as_ref()) {
        Some(route) => format!("{} in {route}: {}", outermost.class, report.message),
        None => format!("{}: {}", outermost.class, report.message),
    })
}

fn about(facts: &RequestFacts, mut item: ItemBuilder) -> ItemBuilder {
    let mut request = Request::new(facts.method.clone(), facts.url.clone());
    for (name, value) in &facts.headers {
        request = request.header(name.clone(), value.clone());
    }
    if let Some(address) = &facts.address {
        request = request.user_ip(address.clone());
    }
    if let Some(route) = &facts.route {
        item = item.context(format!("{} {route}", facts.method));
        request = request.with("route", route.clone());
    }
    if let Some(person) = facts.person() {
        item = item.person(Person::new(redaction::text(&person)));
    }
    item.request(request)
}

/// A field as it may leave.
fn json(field: &KeyValue) -> serde_json::Value {
    match &field.value {
        _ if names::is_secret(field.key.as_str()) => redaction::REDACTED.into(),
        Value::Bool(value) => (*value).into(),
        Value::I64(value) => (*value).into(),
        Value::F64(value) => (*value).into(),
        other => redaction::text(&other.as_str()).into(),
    }
}

fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}
