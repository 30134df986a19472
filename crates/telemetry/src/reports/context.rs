//! What an item says of the request in which something failed.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use opentelemetry::Context;

use crate::propagation::TrustPolicy;
use crate::redaction;
use crate::server::client;

/// Headers that say something about a failure and nothing about a person. All others stay here.
const HEADERS: &[HeaderName] = &[
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::HOST,
    header::IF_NONE_MATCH,
    header::USER_AGENT,
];

/// A request, as far as it may leave. It is made before anything fails, because a request is gone when its failure is known.
#[derive(Debug)]
pub(crate) struct RequestFacts {
    pub(crate) method: String,
    pub(crate) url: String,
    /// The template of the path.
    pub(crate) route: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    /// Who called.
    pub(crate) address: Option<String>,
    person: Mutex<Option<String>>,
}

/// Carried by the context, so that whatever works for a request finds it.
struct Carried(Arc<RequestFacts>);

impl RequestFacts {
    pub(crate) fn new(request: &ServiceRequest, trust: &TrustPolicy) -> Self {
        let scheme = if request.app_config().secure() { "https" } else { "http" };
        let host =
            request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("unknown");
        let url =
            format!("{scheme}://{host}{}", request.uri().path_and_query().map_or("/", |path| path.as_str()));
        Self {
            method: request.method().as_str().to_owned(),
            url: reqwest::Url::parse(&url)
                .map_or_else(|_| redaction::text(&url).into_owned(), |url| redaction::url(&url)),
            route: request.match_pattern(),
            headers: headers(request.headers()),
            address: client::address(request, trust).map(|address| address.to_string()),
            person: Mutex::default(),
        }
    }

    /// `context` with these facts.
    pub(crate) fn carry(self, context: &Context) -> Context {
        context.with_value(Carried(Arc::new(self)))
    }

    pub(crate) fn of(context: &Context) -> Option<Arc<Self>> {
        context.get::<Carried>().map(|carried| Arc::clone(&carried.0))
    }

    pub(crate) fn set_person(&self, id: &str) {
        *self.person.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.to_owned());
    }

    pub(crate) fn person(&self) -> Option<String> {
        self.person.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn headers(all: &HeaderMap) -> Vec<(String, String)> {
    let text = |name: &HeaderName| Some(redaction::text(all.get(name)?.to_str().ok()?).into_owned());
    HEADERS.iter().filter_map(|name| Some((name.as_str().to_owned(), text(name)?))).collect()
}
