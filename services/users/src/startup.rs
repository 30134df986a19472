//! Puts the service together.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::web::Data;
use database::Database;
use server::{Application, DefaultViewer, Readiness, Service};
use telemetry::server::Failure;

use crate::settings::Settings;
use crate::store::{MIGRATIONS, UserStore};
use crate::{error, routes};

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] database::OpenError),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] server::StartError),
}

/// Opens the database and binds the address. The service answers once the application runs.
pub async fn start(settings: &Settings) -> Result<Application, StartError> {
    let database = Database::open(&settings.database, "users", MIGRATIONS).await?;
    let store = Data::new(UserStore::new(database.clone()));
    let default_viewer = Data::new(DefaultViewer(settings.default_viewer.clone()));
    let service = Service {
        configure: move |config: &mut actix_web::web::ServiceConfig| {
            config.app_data(store.clone()).app_data(default_viewer.clone()).configure(routes::configure);
        },
        readiness: Arc::new(Ready(database)),
        trust: settings.trust.clone(),
        frontend: None,
    };
    Ok(Application::build(&settings.server, service)?)
}

/// Ready while the database answers.
struct Ready(Database);

impl Readiness for Ready {
    fn check(&self) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + '_>> {
        Box::pin(async { self.0.ping().await.map_err(|error| Failure::here(error::STORE, &error)) })
    }
}
