//! `OTEL_METRICS_EXPORTER=console`: OTLP as JSON on stdout, one line an export.

use std::io::Write;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

pub(super) struct Console;

impl PushMetricExporter for Console {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let failed = |error: &dyn std::fmt::Display| OTelSdkError::InternalFailure(error.to_string());
        let request = ExportMetricsServiceRequest::from(metrics);
        let mut line = serde_json::to_vec(&request).map_err(|error| failed(&error))?;
        line.push(b'\n');
        std::io::stdout().lock().write_all(&line).map_err(|error| failed(&error))
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}
