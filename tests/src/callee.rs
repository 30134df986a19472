//! A callee that misbehaves.

use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::net::TcpSocket;

use crate::request;

/// What a callee does with each request.
#[derive(Debug, Clone, Copy)]
pub enum Manner {
    /// Answers with this status and an empty JSON object.
    Answers(u16),
    /// Takes the request and never answers.
    Hangs,
    /// Answers 200 with something that is no JSON.
    Garbles,
    /// Takes the request and closes the connection.
    Closes,
}

/// The heads of the requests that a callee was sent: request line and headers, in lower case.
pub type Heads = Arc<Mutex<Vec<String>>>;

/// Starts a callee; its address. It lives as long as the test's process.
#[must_use]
pub fn start(manner: Manner) -> String {
    start_recording(manner).0
}

/// Starts a callee that remembers what it was sent.
#[must_use]
pub fn start_recording(manner: Manner) -> (String, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let heads = Heads::default();
    let remembered = Arc::clone(&heads);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let heads = Arc::clone(&heads);
            thread::spawn(move || serve(connection, manner, &heads));
        }
    });
    (address, remembered)
}

/// Ports that are bound and not listened on, so that nobody else gets them while tests run side by side.
static HELD: Mutex<BTreeMap<u16, TcpSocket>> = Mutex::new(BTreeMap::new());

/// An address where nobody listens: connections are refused, until [`free`].
#[must_use]
pub fn nobody() -> String {
    // Without SO_REUSEADDR, which a listener of the standard library has: two sockets with it may share a port.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let address = socket.local_addr().unwrap();
    HELD.lock().unwrap().insert(address.port(), socket);
    format!("http://{address}")
}

/// Lets go of an address of [`nobody`], for a service that comes up there. Its port.
#[must_use]
pub fn free(address: &str) -> String {
    let port = address.rsplit(':').next().unwrap();
    let held = HELD.lock().unwrap().remove(&port.parse().unwrap());
    assert!(held.is_some(), "nobody holds {address}");
    port.to_owned()
}

fn serve(mut connection: TcpStream, manner: Manner, heads: &Heads) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    while let Some(request) = request::read(&mut reader) {
        heads.lock().unwrap().push(request.head);
        let (status, body) = match manner {
            Manner::Answers(status) => (status, "{}"),
            Manner::Garbles => (200, "<html>"),
            Manner::Hangs => return std::mem::forget(connection),
            Manner::Closes => return,
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}",
            body.len()
        );
        if connection.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn an_address_of_nobody_refuses_connections_and_is_given_to_nobody_else() {
        let address = nobody();
        let authority = address.trim_start_matches("http://").to_owned();

        assert_eq!(TcpStream::connect(&authority).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(TcpListener::bind(&authority).unwrap_err().kind(), ErrorKind::AddrInUse);

        assert_eq!(free(&address), authority.rsplit(':').next().unwrap());
        assert!(TcpListener::bind(&authority).is_ok());
    }
}
