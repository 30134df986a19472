//! Records a deploy: that it began, and that it went well.
//!
//! Arguments are the environment and the revision. `ROLLBAR_ACCESS_TOKEN` is needed; `ROLLBAR_ENDPOINT` names another
//! server than Rollbar.

use std::env;
use std::error::Error;

use rollbar_rust::{Deploy, DeployStatus, blocking};

fn main() -> Result<(), Box<dyn Error>> {
    let (Some(environment), Some(revision)) = (env::args().nth(1), env::args().nth(2)) else {
        return Err("usage: report_deploy <environment> <revision>".into());
    };
    let mut deploy = Deploy::new(environment, revision)?.status(DeployStatus::Started);
    if let Ok(user) = env::var("USER") {
        deploy = deploy.local_username(user);
    }

    let token = env::var("ROLLBAR_ACCESS_TOKEN").map_err(|_| "ROLLBAR_ACCESS_TOKEN is not set")?;
    let mut builder = blocking::Client::builder(token);
    if let Ok(endpoint) = env::var("ROLLBAR_ENDPOINT") {
        builder = builder.endpoint(endpoint.parse()?);
    }
    let client = builder.build_blocking()?;

    let id = client.report_deploy(&deploy)?;
    println!("deploy {id} has begun");
    // Here the code would go out.
    client.update_deploy(id, DeployStatus::Succeeded, None)?;
    println!("deploy {id} went well");
    Ok(())
}
