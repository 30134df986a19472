//! The telemetry crate, as a service of one's own uses it. What it does comes from the environment; its log lines go to
//! stdout.

use actix_web::{App, HttpResponse, HttpServer, web};
use telemetry::propagation::TrustPolicy;
use telemetry::server::Tracing;

fn main() -> anyhow::Result<()> {
    let settings = telemetry::Settings::from_env();
    let telemetry = telemetry::init(telemetry::service_info!(), &settings)?;
    let outcome = actix_web::rt::System::new().block_on(serve());
    telemetry.shutdown();
    Ok(outcome?)
}

async fn serve() -> std::io::Result<()> {
    // The stock middleware believes every caller, so this one does too.
    let tracing = Tracing::new(TrustPolicy::Internal);
    HttpServer::new(move || App::new().wrap(tracing.clone()).route("/", web::get().to(HttpResponse::Ok)))
        .workers(1)
        .listen(served::listen()?)?
        .run()
        .await
}
