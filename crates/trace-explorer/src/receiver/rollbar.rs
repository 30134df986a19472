//! `POST /api/1/item/` and `/api/1/deploy/`: error reports and deploys by [Rollbar's API][api], so that an SDK of
//! Rollbar needs another `endpoint` and nothing else.
//!
//! [api]: https://docs.rollbar.com/reference/create-item

mod answer;
mod payload;

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::http::header::{CONTENT_ENCODING, ORIGIN};
use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

use super::body::{self, Reservation};
use super::decompress::Compression;
use super::ingest::{IngestError, Written};
use super::{Receiver, header};
use crate::api::Explorer;
use crate::errors::{Deploy, DeployUpdate, Item};
use crate::store::StoreError;
use answer::Failure;
use payload::Sent;

/// More is 413, before and after decompression: SDKs cut their items to this.
const MAX_BYTES: usize = 512 * 1024;

/// An `endpoint` may have a path of its own before the API's.
const ITEM: &str = "/{prefix:(?:.+/)?}api/1/item{slash:/?}";
const DEPLOY: &str = "/{prefix:(?:.+/)?}api/1/deploy{slash:/?}";
const ONE_DEPLOY: &str = "/{prefix:(?:.+/)?}api/1/deploy/{id:[0-9]{1,18}}{slash:/?}";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    for (path, handler) in [
        (ITEM, web::post().to(item)),
        (DEPLOY, web::post().to(deploy)),
        (ONE_DEPLOY, web::patch().to(change_deploy)),
    ] {
        let other = web::to(|| async { answer::method_not_allowed() });
        config.service(web::resource(path).route(handler).default_service(other));
    }
}

async fn item(
    request: HttpRequest,
    body: web::Payload,
    receiver: web::Data<Receiver>,
    explorer: web::Data<Explorer>,
) -> HttpResponse {
    let store = explorer.errors.clone();
    let outcome = take(&request, body, &receiver, move |sent| {
        let new_uuid = || Uuid::new_v4().to_string();
        let (payload, token) = sent.into_payload()?;
        let item = Item::accept(payload, token.as_deref(), now(), new_uuid)?;
        store.append_error(&item)?;
        Ok(answer::item(item.uuid()))
    });
    answer::counted(outcome.await, &receiver)
}

async fn deploy(
    request: HttpRequest,
    body: web::Payload,
    receiver: web::Data<Receiver>,
    explorer: web::Data<Explorer>,
) -> HttpResponse {
    let store = explorer.errors.clone();
    let outcome = take(&request, body, &receiver, move |sent| {
        let (payload, token) = sent.into_payload()?;
        let deploy = Deploy::accept(payload, token.as_deref(), now())?;
        Ok(answer::deploy(store.append_deploy(deploy)?))
    });
    answer::counted(outcome.await, &receiver)
}

async fn change_deploy(
    request: HttpRequest,
    path: web::Path<(String, u64, String)>,
    body: web::Payload,
    receiver: web::Data<Receiver>,
    explorer: web::Data<Explorer>,
) -> HttpResponse {
    let (store, id) = (explorer.errors.clone(), path.1);
    let outcome = take(&request, body, &receiver, move |sent| {
        let (payload, token) = sent.into_payload()?;
        let update = DeployUpdate::accept(payload, token.as_deref())?;
        store.update_deploy(id, update)?.map(answer::deploy).ok_or(Failure::NoSuchDeploy)
    });
    answer::counted(outcome.await, &receiver)
}

/// Reads a request and has it written on the ingest thread. That one decompresses and parses too: one at a time, so that
/// memory is bounded whatever comes.
async fn take(
    request: &HttpRequest,
    body: web::Payload,
    receiver: &Receiver,
    write: impl FnOnce(Sent) -> Result<serde_json::Value, Failure> + Send + 'static,
) -> Result<serde_json::Value, Failure> {
    // Only browsers send it: a page of another site must not write here, and no page of ours does.
    if request.headers().contains_key(ORIGIN) {
        return Err(Failure::Browser);
    }
    let compression = Compression::of_header(header(request, CONTENT_ENCODING)).ok_or(Failure::Encoding)?;
    let limit = receiver.body_limit.min(MAX_BYTES);
    let mut reservation = Reservation::of(&receiver.budget);
    let body =
        body::read(body, limit, &mut reservation).await.map_err(|error| Failure::of_body(error, limit))?;
    let sent = Sent::of(request, body, compression, limit);
    let written = receiver.ingest.write(move || {
        let outcome = write(sent);
        drop(reservation);
        match outcome {
            Ok(success) => (Ok(success), Written::Yes),
            Err(Failure::Disk(error)) => (Err(Failure::Full(error.to_string())), Written::Refused(error)),
            Err(failure) => (Err(failure), Written::Nothing),
        }
    });
    written.await.map_err(|error| match error {
        IngestError::Unavailable(message) => Failure::Full(message),
        _ => Failure::Fault,
    })?
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Disk(error)
    }
}
