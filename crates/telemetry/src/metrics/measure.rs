//! The time of one request, from its begin to its outcome.

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
    is_ended: bool,
}

/// Begins to measure a request that came in; `None` when nobody asked for metrics.
pub(crate) fn server(request: &ServiceRequest) -> Option<Measure> {
    let instruments = INSTRUMENTS.get()?;
    let scheme = if request.app_config().secure() { "https" } else { "http" };
    let mut attributes = vec![
        KeyValue::new(attribute::HTTP_REQUEST_METHOD, http_words::method(request.method().as_str())),
        KeyValue::new(attribute::URL_SCHEME, scheme),
        KeyValue::new(attribute::NETWORK_PROTOCOL_NAME, "http"),
    ];
    attributes.extend(request.match_pattern().map(|route| KeyValue::new(attribute::HTTP_ROUTE, route)));
    let version = http_words::version(&format!("{:?}", request.version()));
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
    add(attribute::SERVER_ADDRESS, url.host_str().map(|host| host.to_owned().into()));
    add(attribute::SERVER_PORT, url.port_or_known_default().map(|port| i64::from(port).into()));
    add(attribute::URL_TEMPLATE, template.map(Value::from));
    Some(Measure::begin(&instruments.client, attributes))
}

impl Measure {
    fn begin(histogram: &'static Histogram<f64>, attributes: Vec<KeyValue>) -> Self {
        Self { histogram, begun: Instant::now(), attributes, is_ended: false }
    }

    /// Adds what was not known at the begin.
    pub(crate) fn add(&mut self, key: &'static str, value: impl Into<Value>) {
        self.attributes.push(KeyValue::new(key, value));
    }

    /// Ends with a status, where there was one, and the `error.type` of a failure.
    pub(crate) fn end(mut self, status: Option<u16>, error_type: Option<&str>) {
        if let Some(status) = status {
            self.add(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status));
        }
        self.record(error_type);
    }

    fn record(&mut self, error_type: Option<&str>) {
        self.is_ended = true;
        if let Some(error_type) = error_type {
            self.add(attribute::ERROR_TYPE, error_type.to_owned());
        }
        self.histogram.record(self.begun.elapsed().as_secs_f64(), &self.attributes);
    }
}

impl Drop for Measure {
    fn drop(&mut self) {
        if !self.is_ended {
            self.record(Some("cancelled"));
        }
    }
}
