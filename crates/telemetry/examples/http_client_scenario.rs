//! The client of OpenTelemetry's HTTP conformance contract: it sends the contract's requests to `MOCK_SERVER_URL`, exports by
//! the environment, and ends.

use serde_json::json;
use telemetry::client::{self, ClientSettings, UrlTemplate};

async fn requests(base: &str) -> Result<(), Box<dyn std::error::Error>> {
    let url = |path: &str| format!("{}{path}", base.trim_end_matches('/'));
    let client = client::traced(&ClientSettings::calling([&base.parse()?]))?;
    let (user, status) = (UrlTemplate("/users/{id}"), UrlTemplate("/status/{code}"));

    client.get(url("/users/123")).with_extension(user).send().await?;
    client.get(url("/users/123?fields=name&verbose=true")).with_extension(user).send().await?;
    let widget = client.post(url("/items")).json(&json!({"name": "widget"}));
    widget.with_extension(UrlTemplate("/items")).send().await?;
    client.get(url("/status/404")).with_extension(status).send().await?;
    client.get(url("/status/500")).with_extension(status).send().await?;
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = std::env::var("MOCK_SERVER_URL")?;
    let telemetry = telemetry::init(telemetry::service_info!(), &telemetry::Settings::from_env())?;
    let outcome = actix_web::rt::System::new().block_on(requests(&base));
    telemetry.shutdown();
    outcome
}
