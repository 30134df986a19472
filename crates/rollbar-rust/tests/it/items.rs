//! What an item is on the wire, and what may be in one.

use std::time::{Duration, UNIX_EPOCH};

use rollbar_rust::{
    CodeContext, Exception, Frame, Item, ItemBuilder, Level, Message, Payload, Person, Request, Server,
    Trace, TraceChain, Uuid, Violation,
};
use serde_json::{Value, json};

fn data(item: &Item) -> Value {
    let payload: Value = serde_json::from_slice(item.payload().as_bytes()).unwrap();
    assert_eq!(payload.as_object().unwrap().len(), 1);
    payload["data"].clone()
}

fn hello() -> ItemBuilder {
    Item::builder("test", Message::new("Hello World!"))
}

#[test]
fn the_defaults_are_sensible() {
    let before = UNIX_EPOCH.elapsed().unwrap().as_secs();
    let item = hello().build().unwrap();

    let data = data(&item);

    assert!((before..=before + 60).contains(&data["timestamp"].as_u64().unwrap()));
    assert_eq!(
        data,
        json!({
            "environment": "test",
            "body": { "message": { "body": "Hello World!" } },
            "level": "info",
            "timestamp": data["timestamp"],
            "uuid": item.uuid().to_string(),
            "language": "rust",
            "platform": std::env::consts::OS,
            "notifier": { "name": "rollbar-rust", "version": env!("CARGO_PKG_VERSION") },
        })
    );
}

#[test]
fn each_item_has_a_uuid_of_its_own() {
    let (one, other) = (hello().build().unwrap(), hello().build().unwrap());

    assert_ne!(one.uuid(), other.uuid());
    assert_eq!(one.uuid().get_version_num(), 4);
    assert_eq!(one.payload().as_bytes(), one.payload().as_bytes());
}

#[test]
fn an_exception_is_an_error_unless_it_says_something_else() {
    let failed = || Trace::new(Exception::new("Error"), []);

    assert_eq!(data(&Item::builder("test", failed()).build().unwrap())["level"], "error");
    assert_eq!(data(&Item::builder("test", TraceChain::new(failed())).build().unwrap())["level"], "error");
    assert_eq!(data(&Item::builder("test", failed()).level(Level::Debug).build().unwrap())["level"], "debug");
}

#[test]
fn everything_is_where_the_api_looks_for_it() {
    let uuid = Uuid::from_u128(0xd4c7_acef_55bf_4c9e_a95e_4fe9_428a_8287);
    let lines = CodeContext { pre: vec!["before".into()], post: vec!["after".into()] };
    let frames = [
        Frame::new("src/main.rs").line(1),
        Frame::new("src/store.rs")
            .line(80)
            .column(9)
            .method("find")
            .class_name("Store")
            .code("query()?", lines)
            .local("id", 7),
    ];
    let outer = Trace::new(Exception::new("Failed").message("it failed").description("It did."), frames);
    let cause = Trace::new(Exception::new("io::Error"), []);
    let item = Item::builder("production", TraceChain::new(outer).caused_by(cause))
        .level(Level::Critical)
        .timestamp(UNIX_EPOCH + Duration::from_secs(1_369_188_822))
        .uuid(uuid)
        .code_version("1.2.3")
        .platform("heroku")
        .language("rust 1.95")
        .framework("actix-web")
        .context("/users/{handle}")
        .request(
            Request::new("POST", "https://example.com/users/londo?a=b")
                .header("Accept", "text/html")
                .param("handle", "londo")
                .query_string("a=b")
                .body("{}")
                .user_ip("100.51.43.14")
                .with("route", "/users/{handle}"),
        )
        .person(Person::new("12345").username("londo").email("londo@example.com"))
        .server(Server::new("web4").root("/srv").branch("main").with("pid", 7))
        .custom("attempt", 3)
        .fingerprint("50a5ef9dbcf9d0e0af2d4e25338da0d430f20e52")
        .title("It failed")
        .attribute("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")
        .notifier("mine", "9")
        .build()
        .unwrap();

    assert_eq!(
        data(&item),
        json!({
            "environment": "production",
            "body": { "trace_chain": [
                {
                    "frames": [
                        { "filename": "src/main.rs", "lineno": 1 },
                        {
                            "filename": "src/store.rs", "lineno": 80, "colno": 9, "method": "find", "class_name": "Store",
                            "code": "query()?", "context": { "pre": ["before"], "post": ["after"] }, "locals": { "id": 7 },
                        },
                    ],
                    "exception": { "class": "Failed", "message": "it failed", "description": "It did." },
                },
                { "frames": [], "exception": { "class": "io::Error" } },
            ] },
            "level": "critical",
            "timestamp": 1_369_188_822,
            "uuid": "d4c7acef-55bf-4c9e-a95e-4fe9428a8287",
            "code_version": "1.2.3",
            "platform": "heroku",
            "language": "rust 1.95",
            "framework": "actix-web",
            "context": "/users/{handle}",
            "request": {
                "url": "https://example.com/users/londo?a=b",
                "method": "POST",
                "headers": { "Accept": "text/html" },
                "params": { "handle": "londo" },
                "query_string": "a=b",
                "body": "{}",
                "user_ip": "100.51.43.14",
                "route": "/users/{handle}",
            },
            "person": { "id": "12345", "username": "londo", "email": "londo@example.com" },
            "server": { "host": "web4", "root": "/srv", "branch": "main", "pid": 7 },
            "custom": { "attempt": 3 },
            "fingerprint": "50a5ef9dbcf9d0e0af2d4e25338da0d430f20e52",
            "title": "It failed",
            "attributes": [{ "key": "trace_id", "value": "4bf92f3577b34da6a3ce929d0e0e4736" }],
            "notifier": { "name": "mine", "version": "9" },
        })
    );
}

/// Asserts that a field takes `limit` characters and not one more, and what becomes of that in a hurry.
fn check(field: &'static str, limit: usize, set: impl Fn(String) -> ItemBuilder) {
    let (fits, over) = ("ä".repeat(limit), "ä".repeat(limit + 1));

    set(fits.clone()).build().unwrap();
    let refused = set(over.clone()).build().unwrap_err();
    let made = data(&set(over).build_lossy());

    assert_eq!(refused.violations(), [Violation::TooLong { field, characters: limit + 1, limit }]);
    assert!(!refused.to_string().contains('ä'), "the value is told: {refused}");
    let path = format!("/{}", field.replace('.', "/"));
    let made = made.pointer(&path).unwrap().as_str().unwrap();
    assert_eq!(made.chars().count(), limit, "{field}");
}

#[test]
fn each_documented_limit_is_held() {
    check("environment", 255, |text| Item::builder(text, Message::new("Hello")));
    check("title", 255, |text| hello().title(text));
    check("code_version", 40, |text| hello().code_version(text));
    check("fingerprint", 40, |text| hello().fingerprint(text));
    check("person.id", 40, |text| hello().person(Person::new(text)));
    check("person.username", 255, |text| hello().person(Person::new("1").username(text)));
    check("person.email", 255, |text| hello().person(Person::new("1").email(text)));
    check("server.code_version", 40, |text| {
        let mut server = Server::new("web4");
        server.code_version = Some(text);
        hello().server(server)
    });
}

#[test]
fn what_must_say_something_does() {
    let trace = Trace::new(Exception::new(""), [Frame::new("")]);
    let item = Item::builder("", TraceChain::new(trace)).fingerprint("").person(Person::new(""));

    let refused = item.clone().build().unwrap_err();
    let made = data(&item.build_lossy());

    let empty = ["environment", "fingerprint", "person.id", "exception.class", "frame.filename"];
    assert_eq!(refused.violations(), empty.map(Violation::Empty));
    assert_eq!(made["environment"], "unknown");
    assert_eq!(made["body"]["trace_chain"][0]["exception"]["class"], "unknown");
    assert_eq!(made["body"]["trace_chain"][0]["frames"][0]["filename"], "unknown");
    assert_eq!(
        data(&Item::builder("test", Message::new("")).build_lossy())["body"]["message"]["body"],
        "unknown"
    );
}

#[test]
fn what_is_told_apart_by_a_long_name_stays_apart() {
    let fingerprint =
        |end: &str| data(&hello().fingerprint("x".repeat(100) + end).build_lossy())["fingerprint"].clone();

    assert_ne!(fingerprint("a"), fingerprint("b"));
    assert_eq!(fingerprint("a"), fingerprint("a"));
}

#[test]
fn a_payload_comes_back_from_its_bytes() {
    let payload = hello().build().unwrap().payload();

    let back = Payload::from_json(payload.as_bytes()).unwrap();

    assert_eq!(back, payload);
    for damaged in [&b""[..], b"{}", b"{\"data\": {}}", &payload.as_bytes()[..40]] {
        assert!(Payload::from_json(damaged).is_err());
    }
}
