//! Starts the service, or asks whether it is healthy.

use std::process::ExitCode;

use activities::Settings;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("activities: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let settings = Settings::from_env()?;
    match std::env::args().nth(1).as_deref() {
        None => serve(&settings),
        Some("healthcheck") => Ok(server::healthcheck::run(&settings.server)?),
        Some(other) => anyhow::bail!("unknown argument `{other}`; the only one is `healthcheck`"),
    }
}

fn serve(settings: &Settings) -> anyhow::Result<()> {
    let telemetry = telemetry::init(telemetry::service_info!(), &settings.telemetry)?;
    let outcome = actix_web::rt::System::new().block_on(async {
        activities::start(settings).await?.run_until_stopped().await?;
        Ok(())
    });
    telemetry.shutdown();
    outcome
}
