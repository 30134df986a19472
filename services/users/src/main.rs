//! Starts the service, asks whether it is healthy, or looks at what it is configured to do.

use std::process::ExitCode;

use users::Settings;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("users: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let argument = std::env::args().nth(1);
    let settings = Settings::from_env();
    if argument.as_deref() == Some("doctor") {
        return Ok(server::doctor::run(
            telemetry::service_info!(namespace = "cruddur"),
            settings.map(|settings| settings.trust),
        ));
    }
    let settings = settings?;
    match argument.as_deref() {
        None => serve(&settings)?,
        Some("healthcheck") => server::healthcheck::run(&settings.server)?,
        Some(other) => anyhow::bail!("unknown argument `{other}`; there are `healthcheck` and `doctor`"),
    }
    Ok(ExitCode::SUCCESS)
}

fn serve(settings: &Settings) -> anyhow::Result<()> {
    let telemetry = telemetry::init(telemetry::service_info!(namespace = "cruddur"), &settings.telemetry)?;
    let outcome = actix_web::rt::System::new().block_on(async {
        users::start(settings).await?.run_until_stopped().await?;
        Ok(())
    });
    telemetry.shutdown();
    outcome
}
