//! The client for plain threads.

use std::time::Duration;

use secrecy::SecretString;
use tokio::runtime::Runtime;

use crate::answer::Receipt;
use crate::client::{ClientBuilder, ConfigError};
use crate::deploy::{Deploy, DeployId, DeployStatus};
use crate::error::Error;
use crate::item::Item;
use crate::payload::Payload;

/// Sends items and deploys, from plain threads: the [async client](crate::Client) on a runtime of its own, which is one
/// thread for the life of the client, however much is sent.
///
/// Its methods panic when they are called from async code, where nothing may block. Making and dropping it is allowed
/// there.
#[derive(Debug)]
pub struct Client {
    client: crate::Client,
    /// There until it is dropped.
    runtime: Option<Runtime>,
}

impl Client {
    /// A client of Rollbar itself, for a token of the scope `post_server_item`.
    pub fn new(token: impl Into<SecretString>) -> Result<Self, ConfigError> {
        crate::Client::builder(token).build_blocking()
    }

    /// Begins a client with other settings; [`ClientBuilder::build_blocking`] ends it.
    pub fn builder(token: impl Into<SecretString>) -> ClientBuilder {
        crate::Client::builder(token)
    }

    /// Sends an item, cut to 512 KiB where it is longer.
    pub fn send(&self, item: &Item) -> Result<Receipt, Error> {
        self.wait(self.client.send(item))
    }

    /// Sends an item that is encoded already, and waits for the answer no longer than `limit`, all in all.
    pub fn send_payload(&self, payload: &Payload, limit: Duration) -> Result<Receipt, Error> {
        self.wait(self.client.send_payload(payload, limit))
    }

    /// Records a deploy.
    pub fn report_deploy(&self, deploy: &Deploy) -> Result<DeployId, Error> {
        self.wait(self.client.report_deploy(deploy))
    }

    /// Records how a deploy went on.
    pub fn update_deploy(
        &self,
        id: DeployId,
        status: DeployStatus,
        comment: Option<&str>,
    ) -> Result<(), Error> {
        self.wait(self.client.update_deploy(id, status, comment))
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("it is there until the client is dropped").block_on(work)
    }
}

impl Drop for Client {
    /// Leaves without waiting: looking up a name can take longer than anybody wants to wait.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl ClientBuilder {
    /// The client for plain threads.
    pub fn build_blocking(self) -> Result<Client, ConfigError> {
        // The thread looks after idle connections, so that one that the server closed is not used again.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("rollbar")
            .enable_all()
            .build()
            .map_err(ConfigError::Thread)?;
        Ok(Client { client: self.build()?, runtime: Some(runtime) })
    }
}
