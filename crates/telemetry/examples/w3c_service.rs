//! The service that the test suite of W3C Trace Context drives.
//!
//! `POST /test` takes `[{"url": "…", "arguments": […]}]`; for each element it posts the arguments to the URL through the
//! traced client, and then answers 200. `PORT` is where it listens, 5000 by default.
//!
//! ```sh
//! PORT=5000 cargo run --example w3c_service
//! SERVICE_ENDPOINT=http://127.0.0.1:5000/test SPEC_LEVEL=2 STRICT_LEVEL=2 python test.py   # in the suite's folder
//! ```

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, Result, error, web};
use reqwest_middleware::ClientWithMiddleware;
use serde::Deserialize;
use telemetry::client::{self, ClientSettings};
use telemetry::propagation::TrustPolicy;
use telemetry::server::Tracing;

/// One call that the suite asks for.
#[derive(Deserialize)]
struct Call {
    url: String,
    arguments: serde_json::Value,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = telemetry::init(telemetry::service_info!(), &telemetry::Settings::from_env())?;
    let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(5000);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    let outcome = actix_web::rt::System::new().block_on(async { serve(listener)?.await.map_err(Into::into) });
    telemetry.shutdown();
    outcome
}

/// The service, on a port that is open already.
pub(crate) fn serve(listener: TcpListener) -> Result<Server, Box<dyn std::error::Error>> {
    // The suite listens on a port of loopback.
    let settings =
        ClientSettings { propagate_to: vec!["127.0.0.1".to_owned()], ..ClientSettings::calling([]) };
    let client = web::Data::new(client::traced(&settings)?);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(client.clone())
            .route("/test", web::post().to(test))
            .wrap(Tracing::new(TrustPolicy::Internal))
    });
    Ok(server.workers(1).listen(listener)?.run())
}

async fn test(calls: web::Json<Vec<Call>>, client: web::Data<ClientWithMiddleware>) -> Result<HttpResponse> {
    for call in calls.into_inner() {
        client.post(call.url).json(&call.arguments).send().await.map_err(error::ErrorBadGateway)?;
    }
    Ok(HttpResponse::Ok().finish())
}
