//! The server of OpenTelemetry's HTTP conformance contract: it binds `OTEL_HTTP_SCENARIO_PORT`, exports by the environment,
//! and ends when its standard input does.

use std::io::Read;

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use telemetry::propagation::TrustPolicy;
use telemetry::server::Tracing;

async fn health() -> HttpResponse {
    HttpResponse::Ok().json(json!({"ok": true}))
}

async fn user(id: web::Path<u64>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"id": *id, "name": "Alice"}))
}

async fn item(payload: web::Json<Value>) -> HttpResponse {
    HttpResponse::Created().json(json!({"created": true, "payload": *payload}))
}

async fn status(code: web::Path<u16>) -> HttpResponse {
    let status = code.to_string().parse().unwrap_or(actix_web::http::StatusCode::BAD_REQUEST);
    HttpResponse::build(status).json(json!({"message": format!("status {code}")}))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::var("OTEL_HTTP_SCENARIO_PORT")?.parse()?;
    let telemetry = telemetry::init(telemetry::service_info!(), &telemetry::Settings::from_env())?;
    let tracing = Tracing::new(TrustPolicy::Internal);
    let outcome = actix_web::rt::System::new().block_on(async move {
        let app = move || {
            App::new()
                .route("/health", web::get().to(health))
                .route("/users/{id}", web::get().to(user))
                .route("/items", web::post().to(item))
                .route("/status/{code}", web::get().to(status))
                .wrap(tracing.clone())
        };
        let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", port))?.disable_signals().run();
        let handle = server.handle();
        std::thread::spawn(move || {
            // The end of the input is the signal to stop, an error of it as well.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            futures_executor::block_on(handle.stop(true));
        });
        server.await
    });
    telemetry.shutdown();
    Ok(outcome?)
}
