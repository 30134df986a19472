//! What is left when nothing is traced: the middleware of tracing-actix-web with a span that is none, and no subscriber.
//! Who builds on that middleware cannot be cheaper than this.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{App, Error, HttpResponse, HttpServer, web};
use tracing::Span;
use tracing_actix_web::{RootSpanBuilder, TracingLogger};

struct NoSpan;

impl RootSpanBuilder for NoSpan {
    fn on_request_start(_: &ServiceRequest) -> Span {
        Span::none()
    }

    fn on_request_end<B: MessageBody>(_: Span, _: &Result<ServiceResponse<B>, Error>) {}
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| {
        App::new().wrap(TracingLogger::<NoSpan>::new()).route("/", web::get().to(HttpResponse::Ok))
    })
    .workers(1)
    .listen(served::listen()?)?
    .run()
    .await
}
