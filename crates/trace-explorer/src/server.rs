//! The process: binds, replays, serves, drains, syncs.

mod grpc;

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};

use self::grpc::Grpc;
use crate::api::{self, Explorer};
use crate::guard::{self, AllowedHosts};
use crate::log::OpenError;
use crate::pages;
use crate::receiver::body::Budget;
use crate::receiver::ingest::{Ingest, Warn};
use crate::receiver::{self, Receiver};
use crate::settings::Settings;
use crate::store::log_events::LogEvents;
use crate::store::{LogStore, Store};

/// Seconds that requests in flight have to finish after the stop.
const DRAIN_SECONDS: u64 = 3;

/// Why the explorer did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address from the settings.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The data directory.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Threads or sockets.
    #[error("cannot serve")]
    Serve(#[source] io::Error),
}

/// An explorer that has its address and its data, ready to serve.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    grpc_listener: TcpListener,
    grpc_address: SocketAddr,
    settings: Settings,
    explorer: Explorer,
    receiver: Receiver,
    ingest_thread: JoinHandle<()>,
}

impl Server {
    /// Binds the addresses, then replays the data directory. Connections that come meanwhile wait.
    ///
    /// `warn` is told, in one sentence each, what a person should know: damage that was skipped, a disk that is full.
    pub fn start(
        settings: Settings,
        warn: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Self, ServerError> {
        let (listener, address) = bind(SocketAddr::new(settings.host, settings.port))?;
        let (grpc_listener, grpc_address) = bind(SocketAddr::new(settings.host, settings.grpc_port()))?;
        let warn: Warn = Arc::new(warn);
        let store = LogStore::open(&settings.data, settings.max_bytes, |sentence| warn(&sentence))?;
        let errors = Arc::new(store);
        let store: Arc<dyn Store> = errors.clone();
        let body_limit = settings.body_limit();
        let (ingest, ingest_thread) =
            Ingest::start(store.clone(), body_limit, warn).map_err(ServerError::Serve)?;
        let budget = Budget::new(settings.queue_bytes.max(body_limit));
        let logs = Arc::new(LogEvents::new(settings.max_log_bytes));
        let receiver = Receiver::new(ingest, budget, body_limit, logs.clone());
        let links = Arc::new(settings.links.clone());
        let explorer = Explorer { store, errors, logs, links, started: Instant::now() };
        Ok(Self {
            listener,
            address,
            grpc_listener,
            grpc_address,
            settings,
            explorer,
            receiver,
            ingest_thread,
        })
    }

    /// Where it listens, with the port that was given if 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens for OTLP/gRPC, in the same way.
    #[must_use]
    pub fn grpc_address(&self) -> SocketAddr {
        self.grpc_address
    }

    /// Serves until `stop` is ready; then finishes what is in flight and makes all of it durable.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        let store = self.explorer.store.clone();
        let explorer = web::Data::new(self.explorer);
        let receiver = web::Data::new(self.receiver);
        let grpc_receiver = receiver.clone().into_inner();
        let hosts = web::Data::new(AllowedHosts::new(&self.settings));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(explorer.clone())
                .app_data(receiver.clone())
                .app_data(hosts.clone())
                .wrap(from_fn(guard::check))
                .configure(receiver::routes)
                .configure(pages::routes)
                .configure(api::routes)
                .default_service(web::to(|| async { api::not_found() }))
        });
        let server = server
            .workers(self.settings.workers)
            .shutdown_timeout(DRAIN_SECONDS)
            .disable_signals()
            .listen(self.listener)
            .map_err(ServerError::Serve)?
            .run();
        let handle = server.handle();
        let drain = Duration::from_secs(DRAIN_SECONDS);
        let (grpc, grpc_ended) =
            Grpc::start(self.grpc_listener, grpc_receiver, drain).map_err(ServerError::Serve)?;
        let stop = async {
            tokio::select! {
                () = stop => {}
                () = grpc_ended => {}
            }
        };
        let end = || async move { tokio::join!(handle.stop(true), grpc.stop()).1 };
        if let Err(error) = run_until(server, stop, end).await {
            // Workers may be left, and with them senders: what was answered is made durable without waiting for them.
            let _ = tokio::task::spawn_blocking(move || store.sync()).await;
            return Err(ServerError::Serve(error));
        }
        // The workers are gone and with them all senders, so the thread writes what it has, syncs, and ends.
        let synced = tokio::task::spawn_blocking(move || self.ingest_thread.join()).await;
        match synced {
            Ok(Ok(())) => Ok(()),
            _ => Err(ServerError::Serve(io::Error::other("the ingest thread panicked"))),
        }
    }
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServerError> {
    let error = |source| ServerError::Bind { address, source };
    let listener = TcpListener::bind(address).map_err(error)?;
    let address = listener.local_addr().map_err(error)?;
    Ok((listener, address))
}

/// Runs `server` until `stop` is ready and `end` has ended it. A server that ends before is an error at once: nobody
/// would stop what does not answer any more.
async fn run_until<End: Future<Output = io::Result<()>>>(
    server: impl Future<Output = io::Result<()>> + Send + 'static,
    stop: impl Future<Output = ()>,
    end: impl FnOnce() -> End,
) -> io::Result<()> {
    let mut serving = tokio::spawn(server);
    let ended = tokio::select! {
        ended = &mut serving => {
            ended.map_err(io::Error::other)??;
            return Err(io::Error::other("the server ended by itself"));
        }
        () = stop => end().await,
    };
    serving.await.map_err(io::Error::other)??;
    ended
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::FutureExt;

    use super::*;

    #[actix_web::test]
    async fn a_server_that_ends_before_it_is_stopped_is_an_error() {
        let server = HttpServer::new(App::new).workers(1).disable_signals();
        let server = server.bind(("127.0.0.1", 0)).unwrap().run();
        let handle = server.handle();
        let serving = run_until(server, pending(), || ready(Ok(())));

        let (outcome, ()) = tokio::join!(serving, handle.stop(true));

        assert_eq!(outcome.unwrap_err().to_string(), "the server ended by itself");
        let failed = ready(Err(io::ErrorKind::AddrInUse.into()));
        assert_eq!(
            run_until(failed, pending(), || ready(Ok(()))).await.unwrap_err().kind(),
            io::ErrorKind::AddrInUse
        );
    }

    #[actix_web::test]
    async fn a_server_that_is_stopped_is_a_success() {
        let server = HttpServer::new(App::new).workers(1).disable_signals();
        let server = server.bind(("127.0.0.1", 0)).unwrap().run();
        let handle = server.handle();

        run_until(server, ready(()), || handle.stop(true).map(Ok)).await.unwrap();
    }
}
