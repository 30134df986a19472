//! A service from bind to stop.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, HttpServer, web};
use telemetry::propagation::TrustPolicy;
use telemetry::server::{Failure, Tracing};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use crate::rollbar_test::DebugRoutes;
use crate::settings::ServerSettings;
use crate::{extract, health, json_errors};

/// What the server may take beyond the limit of requests in flight, to end those that have not ended by then: their
/// spans are part of what is flushed afterwards.
const GRACE: Duration = Duration::from_millis(250);

/// Answers whether a service could do its work right now.
pub trait Readiness: Send + Sync + 'static {
    /// Within a bounded time, `Err` with the reason when not.
    fn check(&self) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + '_>>;
}

/// What one service puts on the chassis.
#[derive(Clone)]
pub struct Service<C> {
    /// Registers routes and data. Called once a worker.
    pub configure: C,
    /// Asked by `/health/ready`.
    pub readiness: Arc<dyn Readiness>,
    /// Whose trace context is believed.
    pub trust: TrustPolicy,
    /// The one origin whose pages may read answers, for a service that browsers call; `None`: no CORS.
    pub frontend: Option<String>,
}

/// Why a service could not start to listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {host}:{port}")]
pub struct StartError {
    host: String,
    port: u16,
    #[source]
    source: io::Error,
}

/// A service that listens and is about to serve.
pub struct Application {
    server: Server,
    address: SocketAddr,
    drain: Duration,
}

impl Application {
    /// Binds first, so that the caller knows the port before anything is served.
    ///
    /// # Errors
    /// [`StartError`] when the address cannot be had: taken, not ours, not allowed.
    pub fn build<C>(settings: &ServerSettings, service: Service<C>) -> Result<Self, StartError>
    where
        C: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        let failed = |source| StartError { host: settings.host.clone(), port: settings.port, source };
        let listener = TcpListener::bind((settings.host.as_str(), settings.port)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let tracing = Tracing::new(service.trust.clone()).untraced(health::UNTRACED);
        let readiness = web::Data::from(service.readiness.clone());
        let debug_routes = web::Data::new(DebugRoutes(settings.debug_routes));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(readiness.clone())
                .app_data(debug_routes.clone())
                .configure(extract::configure)
                .configure(health::routes)
                .configure(service.configure.clone())
                .default_service(web::to(extract::no_route))
                .wrap(from_fn(json_errors::json_errors))
                .wrap(Condition::new(service.frontend.is_some(), cors(service.frontend.as_deref())))
                .wrap(tracing.clone())
        })
        .workers(settings.workers)
        .shutdown_timeout(settings.drain.as_secs().max(1))
        .disable_signals()
        .listen(listener)
        .map_err(failed)?
        .run();
        Ok(Self { server, address, drain: settings.drain })
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until SIGTERM or Ctrl-C, then takes no more connections and lets requests in flight end. Answers when
    /// whatever else the service has to end must have ended: what requests have used up of the time is gone.
    ///
    /// # Errors
    /// When the server ends by itself, or signals cannot be listened to.
    pub async fn run_until_stopped(self) -> io::Result<Instant> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tracing::info!(
            server.address = %self.address.ip(),
            server.port = i64::from(self.address.port()),
            "Listening"
        );
        let handle = self.server.handle();
        let mut server = self.server;
        tokio::select! {
            outcome = &mut server => return outcome.map(|()| Instant::now() + self.drain),
            _ = terminate.recv() => tracing::info!("Stopping on SIGTERM"),
            _ = interrupt.recv() => tracing::info!("Stopping on Ctrl-C"),
        }
        let deadline = Instant::now() + self.drain;
        let stopping = async { tokio::join!(handle.stop(true), server).1 };
        let outcome = tokio::time::timeout_at(deadline + GRACE, stopping).await;
        tracing::info!("Stopped");
        outcome.unwrap_or(Ok(())).map(|()| deadline)
    }
}

/// The front end may send trace context and read what tells of the trace.
fn cors(frontend: Option<&str>) -> Cors {
    Cors::default()
        .allowed_origin(frontend.unwrap_or("null"))
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "OPTIONS"])
        .allowed_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
        .allowed_headers(["traceparent", "tracestate", "baggage", "x-cruddur-user"])
        .expose_headers(["traceresponse", "x-degraded", "x-unread-notifications"])
        // Another origin gets its answer without a CORS header, and its browser keeps the answer from the page.
        .block_on_origin_mismatch(false)
        .max_age(3600)
}
