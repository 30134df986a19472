//! `POST /` with `X-Amz-Target: Logs_20140328.…`: log events by the [CloudWatch Logs API][api] in JSON, so that an AWS SDK
//! or the AWS CLI needs another endpoint and nothing else. Signatures are not checked: any credentials will do.
//!
//! [api]: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/

mod answer;
mod groups;
mod input;
mod put;
mod reading;

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::guard::{self, GuardContext};
use actix_web::http::header::{CONTENT_ENCODING, ORIGIN};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::body::{self, Reservation};
use super::decompress::{Compression, DecompressError, decompress};
use super::ingest::{IngestError, Written};
use super::{Receiver, header};
use crate::api::Explorer;
use crate::store::log_events::LogEvents;
use answer::Failure;
use input::Input;

const TARGET: &str = "x-amz-target";
const PREFIX: &str = "Logs_20140328.";

/// Does one operation. What it is told is a JSON object; what it answers is one, or nothing.
type Operation = fn(&LogEvents, &Input, u64) -> Result<Option<Value>, Failure>;

/// Other requests for `/` are those of pages.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let targeted =
        guard::fn_guard(|context: &GuardContext<'_>| context.head().headers().contains_key(TARGET));
    config.service(web::resource("/").guard(guard::Post()).guard(targeted).to(call));
}

async fn call(
    request: HttpRequest,
    body: web::Payload,
    receiver: web::Data<Receiver>,
    explorer: web::Data<Explorer>,
) -> HttpResponse {
    let outcome = perform(&request, body, &receiver, &explorer).await;
    let is_usual = outcome.as_ref().is_err_and(answer::Failure::is_usual);
    let response = answer::response(outcome);
    if !is_usual {
        receiver.counters.count(response.status());
    }
    response
}

async fn perform(
    request: &HttpRequest,
    body: web::Payload,
    receiver: &Receiver,
    explorer: &Explorer,
) -> Result<Option<Value>, Failure> {
    // Only browsers send it: a page of another site must not write here, and no page of ours does.
    if request.headers().contains_key(ORIGIN) {
        return Err(Failure::Browser);
    }
    let target = request.headers().get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default();
    let (operation, access) =
        operation(target).ok_or_else(|| Failure::UnknownOperation(target.to_owned()))?;
    let compression = Compression::of_header(header(request, CONTENT_ENCODING))
        .ok_or_else(|| Failure::Serialization("Content-Encoding must be gzip or identity".to_owned()))?;
    let limit = receiver.body_limit;
    let mut reservation = Reservation::of(&receiver.budget);
    let body = body::read(body, limit, &mut reservation).await.map_err(Failure::of_body)?;
    let logs = explorer.logs.clone();
    let run = move || {
        let outcome = read(body, compression, limit).and_then(|input| operation(&logs, &input, now_ms()));
        drop(reservation);
        outcome
    };
    if access == Access::Reads {
        // It may look at every event, and must hold up neither a worker nor what comes in.
        return web::block(run).await.map_err(|_| Failure::Fault)?;
    }
    // The ingest thread parses one at a time, so that memory is bounded whatever comes.
    receiver.ingest.write(move || (run(), Written::Nothing)).await.map_err(|error| match error {
        IngestError::Unavailable(message) => Failure::Unavailable(message),
        _ => Failure::Fault,
    })?
}

/// Whether an operation changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Reads,
    Writes,
}

fn operation(target: &str) -> Option<(Operation, Access)> {
    Some(match target.strip_prefix(PREFIX)? {
        "CreateLogGroup" => (groups::create_group, Access::Writes),
        "CreateLogStream" => (groups::create_stream, Access::Writes),
        "PutRetentionPolicy" => (groups::put_retention, Access::Writes),
        "PutLogEvents" => (put::put_events, Access::Writes),
        "DescribeLogGroups" => (groups::describe_groups, Access::Reads),
        "DescribeLogStreams" => (groups::describe_streams, Access::Reads),
        "GetLogEvents" => (reading::get_events, Access::Reads),
        "FilterLogEvents" => (reading::filter_events, Access::Reads),
        _ => return None,
    })
}

fn read(body: Vec<u8>, compression: Compression, limit: usize) -> Result<Input, Failure> {
    let body = decompress(body, compression, limit).map_err(|error| match error {
        DecompressError::TooLarge => Failure::TooLarge,
        DecompressError::Broken => Failure::Serialization("the body is not valid gzip".to_owned()),
    })?;
    Input::of_json(&body)
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
