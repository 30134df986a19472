//! Takes OTLP over HTTP, answers at once, and forgets what it got.
//!
//! With the argument `count` it decodes each request and tells at `GET /spans` how many spans came, how many of them with gzip,
//! and in how many bytes: a measurement counts only when everything arrived, in the form that it should have. Without it nothing is decoded, so that it takes as little as can be of the processors
//! that it shares with what is measured.

use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::header::CONTENT_ENCODING;
use actix_web::web::{Bytes, Data, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

/// What the protocol's specification recommends as the limit of a request.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// What came so far.
#[derive(Default)]
struct Arrived {
    spans: AtomicUsize,
    compressed: AtomicUsize,
    bytes: AtomicUsize,
}

/// `None` when nobody counts.
type Counter = Option<Arc<Arrived>>;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let counter: Counter = (std::env::args().nth(1).as_deref() == Some("count")).then(Arc::default);
    HttpServer::new(move || {
        App::new()
            .app_data(PayloadConfig::new(MAX_BODY))
            .app_data(Data::new(counter.clone()))
            .route("/v1/traces", web::post().to(traces))
            .route("/v1/logs", web::post().to(others))
            // `PutLogEvents`, of which an empty body is a good answer too.
            .route("/", web::post().to(others))
            .route("/v1/metrics", web::post().to(others))
            .route("/spans", web::get().to(spans))
    })
    .workers(1)
    .listen(served::listen()?)?
    .run()
    .await
}

async fn traces(request: HttpRequest, body: web::Payload, counter: Data<Counter>) -> HttpResponse {
    let Ok(Ok(body)) = body.to_bytes_limited(MAX_BODY).await else { return too_large() };
    if let Some(counter) = counter.as_ref() {
        let gzip = request.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
        match count(&body, gzip) {
            Ok(spans) => counter.add(spans, gzip, body.len()),
            Err(error) => return HttpResponse::BadRequest().body(error.to_string()),
        }
    }
    taken()
}

async fn others(body: web::Payload) -> HttpResponse {
    match body.to_bytes_limited(MAX_BODY).await {
        Ok(Ok(_)) => taken(),
        _ => too_large(),
    }
}

/// An empty message, which is no byte at all, is the whole of a good answer.
fn taken() -> HttpResponse {
    HttpResponse::Ok().content_type("application/x-protobuf").finish()
}

fn too_large() -> HttpResponse {
    HttpResponse::PayloadTooLarge().finish()
}

async fn spans(counter: Data<Counter>) -> HttpResponse {
    match counter.as_ref() {
        Some(counter) => HttpResponse::Ok().body(counter.to_string()),
        None => HttpResponse::NotFound().finish(),
    }
}

impl Arrived {
    fn add(&self, spans: usize, gzip: bool, bytes: usize) {
        self.spans.fetch_add(spans, Ordering::Relaxed);
        self.compressed.fetch_add(if gzip { spans } else { 0 }, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl fmt::Display for Arrived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [spans, compressed, bytes] =
            [&self.spans, &self.compressed, &self.bytes].map(|counter| counter.load(Ordering::Relaxed));
        write!(f, "{spans} {compressed} {bytes}")
    }
}

fn count(body: &Bytes, gzip: bool) -> std::io::Result<usize> {
    let request = if gzip {
        let mut plain = Vec::new();
        GzDecoder::new(body.as_ref()).read_to_end(&mut plain)?;
        ExportTraceServiceRequest::decode(plain.as_slice())
    } else {
        ExportTraceServiceRequest::decode(body.as_ref())
    }?;
    let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    Ok(scopes.map(|scope| scope.spans.len()).sum())
}
