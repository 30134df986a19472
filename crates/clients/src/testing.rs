//! A stand-in for a service: it answers as it is told and remembers what it was asked.
//!
//! Everything here panics when it cannot do its work: that is the test's failure report.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use tokio::net::TcpSocket;

use crate::BaseUrl;

/// What the stand-in was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The path, as it came.
    pub path: String,
    /// The query, as it came.
    pub query: String,
    /// The body as text.
    pub body: String,
    headers: Vec<(String, String)>,
}

impl Asked {
    /// The value of a header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// How the stand-in answers.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    body: String,
    delay: Duration,
}

impl Answer {
    /// 200 with a JSON body.
    #[must_use]
    pub fn ok(body: impl Into<String>) -> Self {
        Self { status: 200, body: body.into(), delay: Duration::ZERO }
    }

    /// Another status, with a body that says nothing.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::ok("{}") }
    }

    /// The same, later than any caller waits.
    #[must_use]
    pub fn too_late(self) -> Self {
        Self { delay: Duration::from_secs(20), ..self }
    }
}

type Behaviour = Box<dyn Fn(&Asked) -> Answer + Send + Sync>;

/// A stand-in that listens on a port of its own until it is stopped.
pub struct Fake {
    base: BaseUrl,
    state: Arc<State>,
    server: ServerHandle,
}

struct State {
    behaviour: Mutex<Behaviour>,
    asked: Mutex<Vec<Asked>>,
}

impl Fake {
    /// Starts a stand-in, within an actix system.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start(behaviour: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0", behaviour)
    }

    /// Starts a stand-in at a certain address, `host:port`.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start_at(address: &str, behaviour: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let state =
            Arc::new(State { behaviour: Mutex::new(Box::new(behaviour)), asked: Mutex::new(Vec::new()) });
        let data = web::Data::from(Arc::clone(&state));
        let port = address.rsplit(':').next().and_then(|port| port.parse().ok());
        drop(port.and_then(|port| held().remove(&port)));
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server =
            HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(answer)))
                .workers(1)
                .shutdown_timeout(1)
                .disable_signals()
                .listen(listener)
                .expect("a listening socket")
                .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let base = format!("http://{address}").parse().expect("an address is a URL");
        Self { base, state, server: handle }
    }

    /// Where it listens.
    #[must_use]
    pub fn base(&self) -> BaseUrl {
        self.base.clone()
    }

    /// Answers differently from now on.
    pub fn behave(&self, behaviour: impl Fn(&Asked) -> Answer + Send + Sync + 'static) {
        *self.state.behaviour.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(behaviour);
    }

    /// Everything that it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends it: from now on its address refuses connections.
    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    let text =
        |value: &actix_web::http::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let asked = Asked {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.query_string().to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
        headers: request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
    };
    let answer = state.behaviour.lock().unwrap_or_else(PoisonError::into_inner)(&asked);
    state.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    actix_web::rt::time::sleep(answer.delay).await;
    let status = StatusCode::from_u16(answer.status).expect("a status");
    HttpResponse::build(status).content_type("application/json").body(answer.body)
}

/// Ports that are bound and not listened on, so that nobody else gets them while tests run side by side.
static HELD: Mutex<BTreeMap<u16, TcpSocket>> = Mutex::new(BTreeMap::new());

/// The address of a service that is down: connections are refused, until [`Fake::start_at`] takes it.
///
/// # Panics
/// When no port is free.
#[must_use]
pub fn nowhere() -> BaseUrl {
    // Without SO_REUSEADDR, which a listener of the standard library has: two sockets with it may share a port.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    let address = socket.local_addr().expect("an address");
    held().insert(address.port(), socket);
    format!("http://{address}").parse().expect("an address is a URL")
}

fn held() -> MutexGuard<'static, BTreeMap<u16, TcpSocket>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::TcpStream;

    use super::*;

    #[actix_web::test]
    async fn an_address_of_nowhere_refuses_connections_until_a_stand_in_takes_it() {
        let base = nowhere();
        let authority = base.url().authority().to_owned();

        assert_eq!(TcpStream::connect(&authority).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(TcpListener::bind(&authority).unwrap_err().kind(), ErrorKind::AddrInUse);

        let fake = Fake::start_at(&authority, |_| Answer::ok("{}"));
        assert!(TcpStream::connect(&authority).is_ok());
        fake.stop().await;
    }
}
