//! The client and each answer of a server.

use std::error::Error as _;
use std::net::TcpListener;
use std::time::{Duration, Instant, SystemTime};

use crate::server::{Answer, Server, TOKEN};
use rollbar_rust::{Client, ConfigError, Error, Item, Message, Retry, blocking};

/// Long enough for any answer that comes at all.
const LONG: Duration = Duration::from_mins(1);

fn item() -> Item {
    Item::builder("test", Message::new("Hello World!")).build().unwrap()
}

fn client(endpoint: &str, timeout: Duration) -> blocking::Client {
    let builder = blocking::Client::builder(TOKEN).endpoint(endpoint.parse().unwrap());
    builder.timeout(timeout).build_blocking().unwrap()
}

/// Sends an item to a server, and returns why it is not taken.
fn refused(answer: Answer) -> Error {
    let server = Server::answering(answer);
    client(&server.endpoint, LONG).send(&item()).unwrap_err()
}

fn never_told(text: &str) {
    assert!(!text.contains(TOKEN), "the token is told: {text}");
}

#[test]
fn an_item_arrives_as_the_api_wants_it() {
    let server = Server::answering(Answer::taken());
    let item = item();

    let receipt = client(&server.endpoint, LONG).send(&item).unwrap();

    assert_eq!(receipt.uuid, "d4c7acef55bf4c9ea95e4fe9428a8287");
    assert_eq!(receipt.id, None);
    let request = server.only();
    assert_eq!(request.line, "POST /api/1/item/");
    assert_eq!(request.header("x-rollbar-access-token"), Some(TOKEN));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("user-agent"), Some(concat!("rollbar-rust/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(request.body.as_bytes(), item.payload().as_bytes());
    assert_eq!(request.json()["data"]["uuid"], item.uuid().to_string());
    never_told(&request.body);
}

#[test]
fn the_async_client_does_the_same() {
    let server = Server::answering(Answer::taken());
    let client = Client::builder(TOKEN).endpoint(server.endpoint.parse().unwrap()).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();

    runtime.block_on(client.send(&item())).unwrap();

    assert_eq!(server.only().line, "POST /api/1/item/");
}

#[test]
fn an_item_sent_again_has_the_same_uuid() {
    let server = Server::answering(Answer::http("503 Service Unavailable", &[], ""));
    let client = client(&server.endpoint, LONG);
    let payload = item().payload();

    for _ in 0..2 {
        client.send_payload(&payload, LONG).unwrap_err();
    }

    let [first, second] = &server.received()[..] else { panic!("not two requests") };
    assert_eq!(first.body, second.body);
}

#[test]
fn each_documented_answer_is_a_type() {
    // The name of the variant, whether it may be sent again, and its text.
    let check = |status: &str, variant: &str, retry: Retry, text: &str| {
        let error = refused(Answer::http(status, &[], r#"{"err": 1, "message": "so it is"}"#));
        let debug = format!("{error:?}");
        assert_eq!(debug.split([' ', '(']).next(), Some(variant), "{status}");
        assert_eq!(error.retry(), retry, "{status}");
        assert_eq!(error.status(), status[..3].parse().ok());
        assert_eq!(error.to_string(), text);
    };
    let (never, later) = (Retry::Never, Retry::After(None));

    check("400 Bad Request", "BadRequest", never, "the server cannot read the request: so it is");
    check("401 Unauthorized", "Unauthorized", never, "the server saw no access token: so it is");
    check("403 Forbidden", "Forbidden", never, "the server refuses the access token: so it is");
    check("404 Not Found", "NotFound", never, "the server does not know the address: so it is");
    check("413 Payload Too Large", "TooLarge", never, "the request is too large for the server: so it is");
    check("422 Unprocessable", "Unprocessable", never, "the server refuses the content: so it is");
    check("429 Too Many Requests", "RateLimited", later, "the rate limit is reached: so it is");
    check("500 Internal Server Error", "Server", later, "the server answers 500: so it is");
    check("502 Bad Gateway", "Server", later, "the server answers 502: so it is");
    check("503 Service Unavailable", "Server", later, "the server answers 503: so it is");
    check("504 Gateway Timeout", "Server", later, "the server answers 504: so it is");
    check(
        "408 Request Timeout",
        "Unexpected",
        later,
        "the server answers 408, which the API does not have: so it is",
    );
    check("418 Teapot", "Unexpected", never, "the server answers 418, which the API does not have: so it is");
    check(
        "304 Not Modified",
        "Redirected",
        never,
        "the server answers 304, a redirect, which is not followed",
    );
}

#[test]
fn a_rate_limit_says_when_to_come_again() {
    let check = |status: &str, headers: &[&str], wait: Option<u64>| {
        let error = refused(Answer::http(status, headers, ""));
        assert_eq!(error.retry(), Retry::After(wait.map(Duration::from_secs)), "{headers:?}");
    };
    let limited = "429 Too Many Requests";

    check(limited, &["Retry-After: 7"], Some(7));
    check(limited, &["Retry-After: Thu, 01 Jan 1970 00:00:00 GMT"], Some(0));
    check(limited, &["X-Rate-Limit-Remaining-Seconds: 9"], Some(9));
    check(limited, &["Retry-After: 7", "X-Rate-Limit-Remaining-Seconds: 9"], Some(7));
    check(limited, &["Retry-After: soon", "X-Rate-Limit-Remaining-Seconds: 9"], Some(9));
    check(limited, &["X-Rate-Limit-Reset: 0"], Some(0));
    check(limited, &["X-Rate-Limit-Reset: 99999999999999999999"], None);
    check(limited, &["X-Rate-Limit-Reset: 18446744073709551615"], None);
    check("503 Service Unavailable", &["Retry-After: 7"], Some(7));
}

#[test]
fn the_headers_of_the_rate_limit_are_read_from_any_answer() {
    let headers =
        ["X-Rate-Limit-Limit: 5000", "X-Rate-Limit-Remaining: 4999", "X-Rate-Limit-Reset: 1369188822"];
    let server = Server::answering(Answer::http(
        "200 OK",
        &headers,
        r#"{"err": 0, "result": {"id": 5, "uuid": "u"}}"#,
    ));

    let receipt = client(&server.endpoint, LONG).send(&item()).unwrap();
    let Error::RateLimited { limit, .. } = refused(Answer::http("429 Slow", &headers, "")) else { panic!() };

    assert_eq!(receipt.id, Some(5));
    assert_eq!(receipt.limit, limit);
    assert_eq!((limit.limit, limit.remaining), (Some(5000), Some(4999)));
    assert_eq!(limit.reset, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_188_822)));
}

#[test]
fn a_success_that_is_none_of_rollbars_is_told() {
    let check = |body: &str, text: &str| {
        let error = refused(Answer::http("200 OK", &[], body));
        assert!(matches!(error, Error::Unreadable { status: 200, .. }), "{error:?}");
        assert_eq!(error.retry(), Retry::Never);
        assert_eq!(
            error.to_string(),
            format!("the server answers 200 and something that is no answer of the API: {text}")
        );
    };

    check("", "it is no JSON");
    check("<html>Welcome to the hotel</html>", "it is no JSON");
    check("{}", "it names no uuid");
    check(r#"{"err": 0, "result": {"uuid": 5}}"#, "it names no uuid");
    check(r#"{"err": 1, "message": "no"}"#, "it says no");
}

#[test]
fn an_answer_is_read_up_to_a_limit() {
    let flood = |status: &str| refused(Answer::Flood(format!("HTTP/1.1 {status}\r\n\r\n{{").into()));

    assert!(flood("200 OK").to_string().ends_with("it is too long"));
    assert!(matches!(flood("503 No"), Error::Server { status: 503, .. }));
}

#[test]
fn an_answer_that_breaks_off_keeps_its_status() {
    let broken = |status: &str| {
        refused(Answer::Bytes(format!("HTTP/1.1 {status}\r\nContent-Length: 90\r\n\r\n{{").into()))
    };

    assert!(broken("200 OK").to_string().ends_with("it breaks off"));
    assert!(matches!(broken("503 No"), Error::Server { status: 503, .. }));
}

#[test]
fn no_answer_is_a_type_too() {
    let gone = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let refused_connection = client(&format!("http://{gone}"), LONG).send(&item()).unwrap_err();
    let check = |error: Error| {
        assert!(matches!(error, Error::Connection(_)), "{error:?}");
        assert_eq!((error.retry(), error.status()), (Retry::After(None), None));
        assert_eq!(error.to_string(), "the connection failed");
        assert!(error.source().is_some());
        assert!(!format!("{error:?}").contains("http://"), "the address is told: {error:?}");
    };

    check(refused_connection);
    check(refused(Answer::Nothing));
    check(refused(Answer::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())));
}

#[test]
fn no_answer_is_waited_for_beyond_the_limit() {
    let limit = Duration::from_millis(200);
    let drip = |head: &str| Answer::Drip(head.as_bytes().to_vec());
    let ask = |answer| {
        let server = Server::answering(answer);
        let client = client(&server.endpoint, LONG);
        let begun = Instant::now();
        let error = client.send_payload(&item().payload(), limit).unwrap_err();
        assert!(begun.elapsed() >= limit);
        // Each byte that drips would be in time by itself.
        assert!(begun.elapsed() < limit * 20, "{:?}", begun.elapsed());
        error
    };

    let hangs = ask(Answer::Hang);
    assert!(matches!(hangs, Error::Timeout(_)), "{hangs:?}");
    assert_eq!(hangs.retry(), Retry::After(None));
    assert!(matches!(ask(drip("HTTP/1.1 200 OK\r\nX-Slow: ")), Error::Timeout(_)));
    assert!(matches!(ask(drip("HTTP/1.1 200 OK\r\n\r\n{")), Error::Unreadable { .. }));
    assert!(matches!(ask(drip("HTTP/1.1 429 Slow\r\n\r\n{")), Error::RateLimited { .. }));
}

#[test]
fn a_redirect_does_not_carry_the_token_away() {
    let other = Server::answering(Answer::taken());
    let location = format!("Location: {}/api/1/item/", other.endpoint);
    let redirecting = Server::answering(Answer::http("307 Temporary Redirect", &[&location], ""));

    let error = client(&redirecting.endpoint, LONG).send(&item()).unwrap_err();

    assert!(matches!(error, Error::Redirected { status: 307 }));
    assert_eq!(redirecting.received().len(), 1);
    assert!(other.received().is_empty());
}

#[test]
fn the_token_is_told_nowhere() {
    let builder = blocking::Client::builder(TOKEN);
    never_told(&format!("{builder:?}"));
    never_told(&format!("{:?}", builder.clone().build().unwrap()));
    never_told(&format!("{:?}", builder.build_blocking().unwrap()));

    for status in
        ["200 OK", "400 No", "401 No", "403 No", "404 No", "413 No", "418 No", "422 No", "429 No", "500 No"]
    {
        for body in
            [format!(r#"{{"err": 1, "message": "access token not found: {TOKEN}"}}"#), TOKEN.to_owned()]
        {
            let error = refused(Answer::http(status, &[], &body));
            never_told(&format!("{error} {error:?}"));
        }
    }
    let error = refused(Answer::Nothing);
    never_told(&format!("{error} {error:?} {:?}", error.source()));
}

#[test]
fn a_token_that_cannot_be_one_is_refused_without_telling_it() {
    for token in ["", " ", "two words", "line\nbreak", "ümlaut"] {
        let error = blocking::Client::builder(token).build_blocking().unwrap_err();
        assert!(matches!(error, ConfigError::Token));
        assert_eq!(error.to_string(), "the access token is empty or has characters that no token has");
    }
}

#[test]
fn the_blocking_client_is_made_and_dropped_in_async_code_too() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();

    runtime.block_on(async { drop(blocking::Client::new(TOKEN).unwrap()) });
}

#[test]
fn many_threads_share_a_blocking_client() {
    let server = Server::answering(Answer::taken());
    let client = client(&server.endpoint, LONG);

    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..5).for_each(|_| drop(client.send(&item()).unwrap())));
        }
    });

    assert_eq!(server.received().len(), 40);
}
