//! actix-web and an empty handler: what is there before anybody traces.

use actix_web::{App, HttpResponse, HttpServer, web};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| App::new().route("/", web::get().to(HttpResponse::Ok)))
        .workers(1)
        .listen(served::listen()?)?
        .run()
        .await
}
