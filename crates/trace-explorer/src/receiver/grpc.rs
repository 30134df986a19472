//! OTLP over gRPC, by the [protocol's rules][spec] for answers and errors: the services `TraceService` and
//! `LogsService`, each with its one method `Export`.
//!
//! Not by generated code: that would make a struct of every empty message of a request before anybody could refuse it. The
//! one message of a call is the body of a request over HTTP, and what becomes of it is the same.
//!
//! There is no `Host` to check here, because no page of some other site can call: a browser's `fetch` speaks HTTP/2
//! over TLS only, and this port takes nothing but HTTP/2 without TLS, by prior knowledge. HTTP/1.1 ends with its first line.
//!
//! [spec]: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc

mod answer;
mod message;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::BodyExt;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::header::{CONTENT_TYPE, HeaderMap};
use tonic::codegen::http::{Request, Response};
use tonic::codegen::{BoxFuture, Service};

use super::body::{self, Reservation};
use super::decompress::Compression;
use super::ingest::Job;
use super::{Receiver, grpc::message::PREFIX_BYTES};
use crate::otlp::{Encoding, Signal, encode_response};

/// What the sender names as the compression of its messages.
const ENCODING: &str = "grpc-encoding";

/// Both services.
#[derive(Clone)]
pub(crate) struct Collector {
    receiver: Arc<Receiver>,
}

impl Collector {
    pub(crate) fn new(receiver: Arc<Receiver>) -> Self {
        Self { receiver }
    }
}

impl Service<Request<Body>> for Collector {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let receiver = self.receiver.clone();
        Box::pin(async move { Ok(call(&receiver, request).await) })
    }
}

async fn call(receiver: &Receiver, request: Request<Body>) -> Response<Body> {
    if !text(request.headers(), CONTENT_TYPE.as_str()).starts_with("application/grpc") {
        return answer::unsupported();
    }
    match export(receiver, request).await {
        Ok(message) => answer::success(&message),
        Err(status) => {
            answer::count(&receiver.counters, status.code());
            status.into_http()
        }
    }
}

async fn export(receiver: &Receiver, request: Request<Body>) -> Result<Vec<u8>, Status> {
    let signal = signal(request.uri().path())?;
    let compression = Some(text(request.headers(), ENCODING));
    let compression = Compression::of_header(compression).ok_or_else(answer::unknown_compression)?;
    let limit = receiver.body_limit;
    let mut reservation = Reservation::of(&receiver.budget);
    let payload = request.into_body().into_data_stream();
    let body = body::read_or_answer(payload, limit + PREFIX_BYTES, &mut reservation).await;
    let body = body.map_err(|error| answer::of_body(error, limit))?;
    let (body, compression) = message::of_body(body, compression).map_err(Status::internal)?;
    let job = Job { body, compression, encoding: Encoding::Protobuf, reservation };
    let rejected = receiver.export(signal, job).await.map_err(|error| answer::of_ingest(error, limit))?;
    Ok(encode_response(signal, Encoding::Protobuf, &rejected))
}

fn signal(path: &str) -> Result<Signal, Status> {
    match path {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => Ok(Signal::Traces),
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => Ok(Signal::Logs),
        _ => Err(Status::unimplemented("the explorer takes traces and logs only")),
    }
}

/// A header that is not text is as good as one of an unknown value.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap_or("?"))
}
