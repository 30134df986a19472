//! The server of OTLP/gRPC: a thread with a runtime of its own, beside the workers of HTTP.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::receiver::Receiver;
use crate::receiver::grpc::Collector;

/// The thread while it serves.
pub(super) struct Grpc {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl Grpc {
    /// Serves until it is stopped, or forgotten, and then as long as calls are in flight, but for `drain` at most. The
    /// second value is ready when it has ended, whyever.
    pub(super) fn start(
        listener: TcpListener,
        receiver: Arc<Receiver>,
        drain: Duration,
    ) -> io::Result<(Self, impl Future<Output = ()>)> {
        let (stop, stopped) = oneshot::channel();
        let (running, ended) = oneshot::channel();
        let run = move || {
            let _running: oneshot::Sender<()> = running;
            serve(listener, Collector::new(receiver), stopped, drain)
        };
        let thread = thread::Builder::new().name("grpc".to_owned()).spawn(run)?;
        Ok((Self { stop, thread }, ended.map(drop)))
    }

    /// Ends it; the error is why it ended before.
    pub(super) async fn stop(self) -> io::Result<()> {
        // Nobody hears it when the thread has ended already.
        let _ = self.stop.send(());
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        joined.map_err(io::Error::other)?.map_err(|_| io::Error::other("the gRPC thread panicked"))?
    }
}

fn serve(
    listener: TcpListener,
    collector: Collector,
    stopped: oneshot::Receiver<()>,
    drain: Duration,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // Calls that are left go with the runtime, and with them what they hold of the ingest thread.
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let incoming =
            TcpIncoming::from(tokio::net::TcpListener::from_std(listener)?).with_nodelay(Some(true));
        let stopped = stopped.map(drop).shared();
        let serving = Server::builder().serve_with_incoming_shutdown(collector, incoming, stopped.clone());
        let drained = async {
            stopped.await;
            tokio::time::sleep(drain).await;
        };
        tokio::select! {
            ended = serving => ended.map_err(io::Error::other),
            () = drained => Ok(()),
        }
    })
}
