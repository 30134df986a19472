//! Whether a service lives and whether it is ready, what became of its telemetry, and the two checks that people make by
//! hand.

use actix_web::{HttpResponse, web};
use serde_json::json;
use telemetry::{Account, Dropped};

use crate::application::Readiness;
use crate::error::ApiError;
use crate::rollbar_test::rollbar_test;

/// Paths that load balancers and dashboards ask every few seconds; they are traced only when they fail or bring a
/// `traceparent`.
pub(crate) const UNTRACED: [&str; 3] = ["/health/live", "/health/ready", "/telemetry"];

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/health/live").get(live))
        .service(web::resource("/health/ready").get(ready))
        .service(web::resource("/telemetry").get(telemetry_accounts))
        .service(web::resource("/api/health-check").get(health_check))
        .service(web::resource("/rollbar/test").get(rollbar_test));
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "live"}))
}

async fn ready(readiness: web::Data<dyn Readiness>) -> Result<HttpResponse, ApiError> {
    readiness.check().await.map_err(|failure| {
        ApiError::service_unavailable("The service is not ready: its database does not answer.", failure)
    })?;
    Ok(HttpResponse::Ok().json(json!({"status": "ready"})))
}

/// The accounts of all destinations, by signal: `{"traces": {"explorer": {"created", "delivered", "dropped": {"full", …},
/// "pending"}}, "logs": {"stdout": …}, "reports": {"rollbar": …}}`.
async fn telemetry_accounts() -> HttpResponse {
    let account = |account: &Account| {
        let dropped =
            Dropped::ALL.map(|reason| (reason.as_str().to_owned(), account.dropped_by(reason).into()));
        json!({
            "created": account.created,
            "delivered": account.delivered,
            "dropped": serde_json::Map::from_iter(dropped),
            "pending": account.pending,
            "recovered": account.recovered,
            "spooled": account.spooled,
        })
    };
    let destinations = |accounts: Vec<(String, Account)>| {
        accounts.into_iter().map(|(name, counts)| (name, account(&counts))).collect::<serde_json::Map<_, _>>()
    };
    let accounts = telemetry::accounts();
    HttpResponse::Ok().json(json!({
        "traces": destinations(accounts.traces),
        "logs": destinations(accounts.logs),
        "reports": destinations(accounts.reports),
    }))
}

async fn health_check() -> HttpResponse {
    HttpResponse::Ok().json(json!({"success": true, "ver": 1}))
}
