//! Items on their way to a server of Rollbar's API.

use std::sync::Arc;
use std::time::Duration;

use delivery::{Destination, Outcome};
use rollbar_rust::{Client, ConfigError, Error, Payload, Retry, Uuid};
use tokio::runtime::{Builder, Runtime};

use super::Parcel;
use super::item::Items;
use crate::settings::RollbarDestination;
use crate::{background, trouble};

/// Sends items, one a request.
pub(super) struct Rollbar {
    name: &'static str,
    client: Client,
    /// Of this queue's own thread, so that nothing of a report depends on the runtime that failed.
    runtime: Runtime,
    items: Arc<Items>,
}

/// Why a destination cannot be set up.
#[derive(Debug, thiserror::Error)]
pub(super) enum BuildError {
    #[error("{0}")]
    Client(#[from] ConfigError),
    #[error("its runtime does not start")]
    Runtime(#[from] std::io::Error),
}

impl Rollbar {
    /// Nothing is sent, and nothing looked up, before the first report.
    pub(super) fn to(destination: &RollbarDestination, items: Arc<Items>) -> Result<Self, BuildError> {
        let (client, runtime) = connect(destination)?;
        Ok(Self { name: destination.name, client, runtime, items })
    }

    fn send(&self, parcel: &Parcel, limit: Duration) -> Outcome {
        let payload = parcel.payload(&self.items);
        let sent = self.runtime.block_on(self.client.send_payload(&payload, limit));
        let Err(error) = sent else { return Outcome::Delivered };
        trouble::report(self.name, &format!("a report was not taken: {}", chain(&error)));
        match error.retry() {
            // The item's uuid makes it harmless to send one again that did arrive.
            Retry::After(after) => Outcome::Retry { after },
            Retry::Never => Outcome::Rejected,
        }
    }
}

impl Destination<Parcel> for Rollbar {
    fn deliver(&mut self, batch: &[Arc<Parcel>], limit: Duration) -> Outcome {
        background::give_way();
        let mut rejected = 0;
        for parcel in batch {
            match self.send(parcel, limit / u32::try_from(batch.len()).unwrap_or(u32::MAX)) {
                Outcome::Delivered => {}
                Outcome::Rejected => rejected += 1,
                retry => return retry,
            }
        }
        match rejected {
            0 => Outcome::Delivered,
            rejected if rejected == batch.len() => Outcome::Rejected,
            rejected => Outcome::Partly { rejected },
        }
    }
}

/// What `destination` answers to an item without content, which it refuses and does not keep.
pub(crate) fn probe(destination: &RollbarDestination, limit: Duration) -> Result<String, String> {
    let empty = format!(r#"{{"data":{{"uuid":"{}"}}}}"#, Uuid::new_v4());
    let payload = Payload::from_json(empty.as_bytes()).map_err(|error| error.to_string())?;
    let (client, runtime) = connect(destination).map_err(|error| error.to_string())?;
    let variable = if destination.name == "explorer" { "EXPLORER_URL" } else { "ROLLBAR_ENDPOINT" };
    match runtime.block_on(client.send_payload(&payload, limit)) {
        // It read the token, and then the item, which it had to refuse.
        Ok(_) | Err(Error::BadRequest { .. } | Error::Unprocessable { .. }) => {
            Ok("it takes reports".to_owned())
        }
        Err(error @ (Error::Unauthorized { .. } | Error::Forbidden { .. })) => Err(format!(
            "Rollbar refused the token: {error}. Check ROLLBAR_ACCESS_TOKEN, which needs the scope post_server_item"
        )),
        Err(error @ (Error::RateLimited { .. } | Error::Server { .. })) => {
            Err(format!("it takes none at the moment: {}", chain(&error)))
        }
        Err(error) => Err(format!("{}. Check {variable}", chain(&error))),
    }
}

fn connect(destination: &RollbarDestination) -> Result<(Client, Runtime), BuildError> {
    let client = Client::builder(destination.token.clone()).endpoint(destination.endpoint.clone());
    let client = client.timeout(destination.timeout).build()?;
    Ok((client, Builder::new_current_thread().enable_all().build()?))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
