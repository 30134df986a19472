//! Spans to any collector that speaks OTLP, with the settings in code instead of in the environment.
//!
//! ```text
//! cargo run -p telemetry --example foreign_collector -- http://localhost:4318/v1/traces [api-key]
//! ```
//!
//! By the environment the same is `OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318` and
//! `OTEL_EXPORTER_OTLP_HEADERS=x-api-key=…`.

use telemetry::Settings;
use telemetry::settings::{Compression, Destination};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let endpoint = arguments.next().ok_or("give me the URL of the collector's traces")?;
    let headers = arguments.next().map(|key| ("x-api-key".to_owned(), key.into()));
    let collector = Destination {
        headers: headers.into_iter().collect(),
        compression: Compression::Gzip,
        ..Destination::http("collector", endpoint)
    };

    let mut settings = Settings::default();
    settings.traces.destinations = vec![collector];
    let telemetry = telemetry::init(telemetry::service_info!(), &settings)?;
    tracing::info_span!("work").in_scope(|| tracing::info!("Working"));
    // Sends what is queued, and says in a log line what could not be sent.
    telemetry.shutdown();
    Ok(())
}
