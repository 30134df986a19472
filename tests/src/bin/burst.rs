//! A service with the chassis of all others that makes as much telemetry as it is asked for: `/spans/{count}`,
//! `/failures/{count}`, `/lines/{count}`, and `/say`, which logs what it is sent.

use std::error::Error;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use actix_web::web::{self, Path, ServiceConfig};
use server::env::Env;
use server::{Application, Readiness, ServerSettings, Service};
use telemetry::propagation::TrustPolicy;
use telemetry::server::Failure;

/// Spans below the request's own, each ended before the answer is there.
async fn spans(count: Path<u32>) -> &'static str {
    for _ in 0..*count {
        tracing::info_span!("work").in_scope(|| ());
    }
    "made"
}

/// Failures that are alike.
async fn failures(count: Path<u32>) -> &'static str {
    for _ in 0..*count {
        tracing::error!("The burst failed");
    }
    "failed"
}

/// Log lines, each with its number, on a thread that answers no requests.
async fn lines(count: Path<u32>) -> &'static str {
    let write = move || {
        for number in 0..*count {
            tracing::info!(number, "A line of the burst");
        }
    };
    if web::block(write).await.is_ok() { "written" } else { "gone" }
}

/// A log line of whatever text, as its message and as a field.
async fn say(text: String) -> &'static str {
    tracing::warn!(text, "{text}");
    "said"
}

/// There is nothing that it could wait for.
struct Ready;

impl Readiness for Ready {
    fn check(&self) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + '_>> {
        Box::pin(ready(Ok(())))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut env = Env::from_process();
    let settings = ServerSettings::from_env(&mut env, 0);
    env.finish()?;
    let telemetry = telemetry::init(telemetry::service_info!(), &telemetry::Settings::from_env())?;
    let service = Service {
        configure: |config: &mut ServiceConfig| {
            config
                .route("/spans/{count}", web::get().to(spans))
                .route("/failures/{count}", web::get().to(failures))
                .route("/lines/{count}", web::get().to(lines))
                .app_data(web::PayloadConfig::new(4 << 20))
                .route("/say", web::post().to(say));
        },
        readiness: Arc::new(Ready),
        trust: TrustPolicy::Public,
        frontend: None,
    };
    let ran: Result<_, Box<dyn Error>> = actix_web::rt::System::new()
        .block_on(async { Ok(Application::build(&settings, service)?.run_until_stopped().await?) });
    telemetry.shutdown();
    ran.map(drop)
}
