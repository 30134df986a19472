//! Puts the service together.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use clients::{NotificationsClient, UsersClient};
use database::Database;
use futures_util::FutureExt;
use server::{Application, DefaultViewer, Readiness, Service};
use telemetry::client::{ClientSettings, traced};
use telemetry::server::Failure;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::outbox::{Dispatcher, Outbox, supervise};
use crate::settings::Settings;
use crate::store::{ActivityStore, MIGRATIONS};
use crate::{error, routes};

/// Pause before a dispatcher that has panicked is started again, so that a panic that comes back fills no log.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

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

/// The service, ready to run: what answers requests, and what delivers their events.
pub struct Activities {
    application: Application,
    dispatcher: Dispatcher,
}

/// Opens the database and binds the address. The service answers once it runs.
pub async fn start(settings: &Settings) -> Result<Activities, StartError> {
    let database = Database::open(&settings.database, "activities", MIGRATIONS).await?;
    let callees = [settings.users.url(), settings.notifications.url()];
    let client = traced(&ClientSettings::calling(callees)).map_err(StartError::Client)?;
    let notifications = NotificationsClient::new(client.clone(), settings.notifications.clone());
    let outbox = Outbox::new(database.clone());
    let dispatcher = Dispatcher::new(outbox.clone(), notifications.clone(), settings.delivery.clone());

    let store = Data::new(ActivityStore::new(database.clone(), outbox));
    let users = Data::new(UsersClient::new(client, settings.users.clone()));
    let notifications = Data::new(notifications);
    let default_viewer = Data::new(DefaultViewer(settings.default_viewer.clone()));
    let service = Service {
        configure: move |config: &mut actix_web::web::ServiceConfig| {
            config
                .app_data(store.clone())
                .app_data(users.clone())
                .app_data(notifications.clone())
                .app_data(default_viewer.clone())
                .configure(routes::configure);
        },
        readiness: Arc::new(Ready(database)),
        trust: settings.trust.clone(),
        frontend: Some(settings.frontend.clone()),
    };
    Ok(Activities { application: Application::build(&settings.server, service)?, dispatcher })
}

impl Activities {
    /// Where it listens, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.application.address()
    }

    /// Serves until the process is told to stop. The dispatcher outlives the requests in flight, so that their events
    /// still have a chance before the end, but not the deadline that both share.
    pub async fn run_until_stopped(self) -> io::Result<()> {
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = stopped.map(drop).shared();
        let dispatcher = self.dispatcher;
        let mut dispatching = actix_web::rt::spawn(async move {
            let start = || dispatcher.clone().run(stopped.clone());
            supervise(RESTART_PAUSE, stopped.clone(), start).await;
        });
        let outcome = self.application.run_until_stopped().await;
        drop(stop);
        let deadline = *outcome.as_ref().unwrap_or(&Instant::now());
        if tokio::time::timeout_at(deadline, &mut dispatching).await.is_err() {
            // What it has not delivered waits in the table.
            dispatching.abort();
        }
        outcome.map(drop)
    }
}

/// Ready while the database answers. The other services may be down: answers then lack what they know.
struct Ready(Database);

impl Readiness for Ready {
    fn check(&self) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + '_>> {
        Box::pin(async { self.0.ping().await.map_err(|error| Failure::here(error::STORE, &error)) })
    }
}
