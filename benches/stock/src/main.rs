//! The stock stack: tracing-actix-web with its default root span, tracing-opentelemetry, and the batch exporter of
//! OpenTelemetry 0.32, put together as the examples of these crates do, everything at its default.
//!
//! Endpoint, compression, sampler and batches come from the variables of the OpenTelemetry specification, which the SDK
//! reads itself. The argument `json` adds the JSON lines of tracing-subscriber, through a writer that does not block.

use actix_web::{App, HttpResponse, HttpServer, web};
use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_actix_web::TracingLogger;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> anyhow::Result<()> {
    let json = std::env::args().nth(1).as_deref() == Some("json");
    let (provider, lines) = start(json)?;
    actix_web::rt::System::new().block_on(serve())?;
    provider.shutdown()?;
    drop(lines);
    Ok(())
}

async fn serve() -> std::io::Result<()> {
    HttpServer::new(|| {
        App::new()
            .wrap(TracingLogger::default())
            .route("/", web::get().to(HttpResponse::Ok))
            .route("/line", web::get().to(line))
    })
    .workers(1)
    .listen(served::listen()?)?
    .run()
    .await
}

/// A request with a log line.
async fn line() -> HttpResponse {
    tracing::info!(answer = 42, "Answered");
    HttpResponse::Ok().finish()
}

/// The provider to shut down, and what keeps the writer of JSON lines going.
fn start(json: bool) -> anyhow::Result<(SdkTracerProvider, Option<WorkerGuard>)> {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).build()?;
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("stock").build())
        .with_batch_exporter(exporter)
        .build();
    global::set_tracer_provider(provider.clone());

    let (lines, guard) = if json {
        let (writer, guard) = tracing_appender::non_blocking(std::io::stdout());
        (Some(tracing_subscriber::fmt::layer().json().with_writer(writer)), Some(guard))
    } else {
        (None, None)
    };
    tracing_subscriber::registry()
        .with(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("stock")))
        .with(lines)
        .try_init()?;
    Ok((provider, guard))
}
