//! Empty requests, which a receiver answers as it would answer others and which leave nothing behind.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::destination::transport;
use super::{Answer, BuildError, Signal};
use crate::settings::Destination;

/// What `destination` answers to a request without any item of a signal.
pub(crate) fn probe<S: Signal>(destination: &Destination, limit: Duration) -> Result<Answer, BuildError> {
    Ok(transport::<S>(destination)?.send(&[], &Resource::default(), limit))
}

/// The same for metrics.
pub(crate) fn probe_metrics(destination: &Destination, limit: Duration) -> Result<Answer, BuildError> {
    probe::<Metrics>(destination, limit)
}

/// Metrics are sent by the SDK; here they are only asked about.
struct Metrics;

impl Signal for Metrics {
    const PLURAL: &'static str = "metrics";
    const REFUSED: &'static str = "rejectedDataPoints";
    const METHOD: &'static str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    type Request = ExportMetricsServiceRequest;
    type Response = ExportMetricsServiceResponse;

    fn request(_: &[Arc<Self>], _: &Resource) -> Self::Request {
        Self::Request::default()
    }

    fn refused(response: Self::Response) -> (usize, String) {
        let partial = response.partial_success.unwrap_or_default();
        (usize::try_from(partial.rejected_data_points).unwrap_or(0), partial.error_message)
    }
}
