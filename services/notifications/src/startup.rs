//! Puts the service together.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::web::Data;
use clients::UsersClient;
use database::Database;
use server::{Application, Readiness, Service};
use telemetry::client::{ClientSettings, traced};
use telemetry::server::Failure;

use crate::settings::Settings;
use crate::store::{MIGRATIONS, NotificationStore};
use crate::{error, routes};

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] database::OpenError),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Client(#[source] reqwest::Error),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] server::StartError),
}

/// Opens the database and binds the address. The service answers once the application runs.
pub async fn start(settings: &Settings) -> Result<Application, StartError> {
    let database = Database::open(&settings.database, "notifications", MIGRATIONS).await?;
    let client = traced(&ClientSettings::calling([settings.users.url()])).map_err(StartError::Client)?;
    let users = Data::new(UsersClient::new(client, settings.users.clone()));
    let store = Data::new(NotificationStore::new(database.clone()));
    let service = Service {
        configure: move |config: &mut actix_web::web::ServiceConfig| {
            config.app_data(store.clone()).app_data(users.clone()).configure(routes::configure);
        },
        readiness: Arc::new(Ready(database)),
        trust: settings.trust.clone(),
        frontend: None,
    };
    Ok(Application::build(&settings.server, service)?)
}

/// Ready while the database answers. Users may be down: events then wait where they come from.
struct Ready(Database);

impl Readiness for Ready {
    fn check(&self) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + '_>> {
        Box::pin(async { self.0.ping().await.map_err(|error| Failure::here(error::STORE, &error)) })
    }
}
