//! A traced service of one's own: a span a request, a child span of its work, a traced call to another service, and log
//! lines that name their trace.
//!
//! ```text
//! EXPLORER_URL=http://127.0.0.1:4318 cargo run -p telemetry --example own_service
//! curl -i localhost:8080/hello/you
//! ```

use actix_web::{App, HttpServer, error, web};
use telemetry::client::{self, ClientSettings, UrlTemplate};
use telemetry::propagation::TrustPolicy;
use telemetry::server::Tracing;

#[tracing::instrument]
async fn greeting(name: &str) -> String {
    tracing::info!(greeted.name = name, "Greeting");
    format!("Hello, {name}!\n")
}

async fn hello(name: web::Path<String>, client: web::Data<client::Client>) -> actix_web::Result<String> {
    let call = client.get("http://localhost:8080/health").with_extension(UrlTemplate("/health"));
    call.send().await.map_err(error::ErrorBadGateway)?;
    Ok(greeting(&name).await)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = telemetry::init(telemetry::service_info!(), &telemetry::Settings::from_env())?;
    let tracing = Tracing::new(TrustPolicy::Public);
    let client =
        web::Data::new(client::traced(&ClientSettings::calling([&"http://localhost:8080".parse()?]))?);
    let app = move || {
        let app = App::new().app_data(client.clone()).route("/health", web::get().to(async || "fine"));
        app.route("/hello/{name}", web::get().to(hello)).wrap(tracing.clone())
    };
    actix_web::rt::System::new()
        .block_on(async { HttpServer::new(app).bind("127.0.0.1:8080")?.run().await })?;
    telemetry.shutdown();
    Ok(())
}
