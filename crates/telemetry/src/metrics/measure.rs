//! The time of one request, from its begin to its outcome.

use std::borrow::Cow;
use std::time::Instant;

use actix_web::dev::ServiceRequest;
use opentelemetry::metrics::Histogram;
use opentelemetry::{KeyValue, Value};
use opentelemetry_semantic_conventions::attribute;
use reqwest::Request;

use super::INSTRUMENTS;
use crate::http_words;

/// A request that is being measured. Dropped before its [`end`](Self::end) it counts as cancelled.
pub(crate) struct Measure {
    histogram: &'static Histogram<f64>,
    begun: Instant,
    attributes: Vec<KeyValue>,
    error_type: Option<Cow<'static, str>>,
    is_ended: bool,
}

/// Begins to measure a request that came in; `None` when nobody asked for metrics.
pub(crate) fn server(request: &ServiceRequest) -> Option<Measure> {
    let instruments = INSTRUMENTS.get()?;
    let scheme = if request.app_config().secure() { "https" } else { "http" };
    let mut attributes = vec![
        KeyValue::new(attribute::HTTP_REQUEST_METHOD, http_words::method(request.method().as_str())),
        KeyValue::new(attribute::URL_SCHEME, scheme),
    ];
    attributes.extend(request.match_pattern().map(|route| KeyValue::new(attribute::HTTP_ROUTE, route)));
    let version = http_words::server_version(request.version());
    attributes.extend(version.map(|version| KeyValue::new(attribute::NETWORK_PROTOCOL_VERSION, version)));
    Some(Measure::begin(&instruments.server, attributes))
}

/// Begins to measure a request that goes out; `None` when nobody asked for metrics.
pub(crate) fn client(request: &Request, template: Option<&'static str>) -> Option<Measure> {
    let instruments = INSTRUMENTS.get()?;
    let url = request.url();
    let mut attributes = vec![
        KeyValue::new(attribute::HTTP_REQUEST_METHOD, http_words::method(request.method().as_str())),
        KeyValue::new(attribute::URL_SCHEME, url.scheme().to_owned()),
    ];
    let mut add = |key: &'static str, value: Option<Value>| {
        attributes.extend(value.map(|value| KeyValue::new(key, value)));
    };
    add(attribute::SERVER_ADDRESS, url.host_str().map(|host| http_words::address(host).to_owned().into()));
    add(attribute::SERVER_PORT, url.port_or_known_default().map(|port| i64::from(port).into()));
    add(attribute::URL_TEMPLATE, template.map(Value::from));
    Some(Measure::begin(&instruments.client, attributes))
}

impl Measure {
    fn begin(histogram: &'static Histogram<f64>, attributes: Vec<KeyValue>) -> Self {
        Self { histogram, begun: Instant::now(), attributes, error_type: None, is_ended: false }
    }

    /// Adds what was not known at the begin.
    pub(crate) fn add(&mut self, key: &'static str, value: impl Into<Value>) {
        self.attributes.push(KeyValue::new(key, value));
    }

    /// There is an answer. A status that is a failure is its own `error.type`.
    pub(crate) fn answered(&mut self, status: u16, is_failure: bool) {
        self.add(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status));
        self.error_type = is_failure.then(|| status.to_string().into());
    }

    /// The end that it should come to.
    pub(crate) fn end(mut self) {
        self.record();
    }

    /// It broke off.
    pub(crate) fn fail(mut self, error_type: &'static str) {
        self.error_type = Some(error_type.into());
        self.record();
    }

    fn record(&mut self) {
        self.is_ended = true;
        if let Some(error_type) = self.error_type.take() {
            self.add(attribute::ERROR_TYPE, error_type);
        }
        self.histogram.record(self.begun.elapsed().as_secs_f64(), &self.attributes);
    }
}

impl Drop for Measure {
    fn drop(&mut self) {
        if !self.is_ended {
            self.error_type = Some("cancelled".into());
            self.record();
        }
    }
}
