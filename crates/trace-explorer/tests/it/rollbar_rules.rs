//! Rollbar's API: what is taken, what is refused, and in which words.

use std::io::Write;
use std::net::TcpStream;

use flate2::write::GzEncoder;
use rollbar_rust::{Client, Deploy, DeployStatus, Item, Message};
use serde_json::{Value, json};
use trace_explorer::Settings;

use crate::harness::{Running, TOKEN, exception, json_of, message};

const ITEM: &str = "/api/1/item/";

/// `data` with one field replaced, by a JSON pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut data = message("edge", "Hello");
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    data.pointer_mut(parent).unwrap()[name] = value;
    json!({"data": data})
}

fn with_body(body: &Value) -> Value {
    with("/body", body.clone())
}

#[actix_web::test]
async fn an_item_is_checked_as_rollbar_checks_it() {
    let (explorer, _directory) = Running::fresh().await;
    let frames = json!([{"filename": "a.py"}]);
    let trace = json!({"frames": frames, "exception": {"class": "E"}});
    let long = |length: usize| json!("x".repeat(length));
    let cases = [
        (200, "", with_body(&json!({"message": {"body": "b", "more": [1]}}))),
        (200, "", with_body(&json!({"trace": trace}))),
        (200, "", with_body(&json!({"trace": {"frames": [], "exception": {"class": "E"}}, "message": null}))),
        (200, "", with_body(&json!({"trace_chain": [trace, trace]}))),
        (200, "", with_body(&json!({"crash_report": {"raw": "SIGSEGV"}, "telemetry": []}))),
        (200, "", with("/person", json!({"id": "7", "username": "u", "email": "e@x"}))),
        (200, "", with("/person", json!({}))),
        (200, "", with("/fingerprint", long(300))),
        (200, "", with("/timestamp", json!(1_700_000_000.25))),
        (200, "", with("/unknown", json!({"anything": 1}))),
        (422, "the payload must be an object", json!([])),
        (422, "`data` must be an object", json!({})),
        (422, "`data` must be an object", json!({"data": "x"})),
        (422, "`data.environment` must be a text that is not empty", with("/environment", json!(""))),
        (422, "`data.environment` must be a text that is not empty", with("/environment", json!(7))),
        (422, "`data.environment` must have at most 255 characters", with("/environment", long(256))),
        (422, "`data.title` must have at most 255 characters", with("/title", long(256))),
        (422, "`data.code_version` must have at most 40 characters", with("/code_version", long(41))),
        (422, "`data.uuid` must have at most 36 characters", with("/uuid", long(37))),
        (422, "`data.uuid` must be a text that is not empty", with("/uuid", json!(""))),
        (422, "`data.level` must be critical, error, warning, info or debug", with("/level", json!("fatal"))),
        (422, "`data.timestamp` must be a number of seconds", with("/timestamp", json!("now"))),
        (422, "`data.person.id` must be a text that is not empty", with("/person", json!({"username": "u"}))),
        (422, "`data.person.id` must have at most 40 characters", with("/person", json!({"id": long(41)}))),
        (422, "`data.body` must be an object", with_body(&json!("text"))),
        (
            422,
            "`data.body` must have exactly one of trace, trace_chain, message, crash_report",
            with_body(&json!({})),
        ),
        (
            422,
            "`data.body` must have exactly one of trace, trace_chain, message, crash_report",
            with_body(&json!({"trace": trace, "message": {"body": "b"}})),
        ),
        (
            422,
            "`data.body.message.body` must be a text that is not empty",
            with_body(&json!({"message": {"text": "b"}})),
        ),
        (
            422,
            "`data.body.trace.frames` must be a list",
            with_body(&json!({"trace": {"exception": {"class": "E"}}})),
        ),
        (
            422,
            "`data.body.trace.frames[0].filename` must be a text that is not empty",
            with_body(&json!({"trace": {"frames": [{"lineno": 1}], "exception": {"class": "E"}}})),
        ),
        (
            422,
            "`data.body.trace.exception` must be an object",
            with_body(&json!({"trace": {"frames": frames}})),
        ),
        (
            422,
            "`data.body.trace_chain[1].exception.class` must be a text that is not empty",
            with_body(&json!({"trace_chain": [trace, {"frames": [], "exception": {"message": "m"}}]})),
        ),
        (
            422,
            "`data.body.trace_chain` must be a list with at least one trace",
            with_body(&json!({"trace_chain": []})),
        ),
        (
            422,
            "`data.body.crash_report.raw` must be a text that is not empty",
            with_body(&json!({"crash_report": {}})),
        ),
    ];

    for (status, says, payload) in &cases {
        let response = explorer.rollbar(ITEM, payload).send().await.unwrap();

        let (answered, body) = (response.status().as_u16(), json_of(response).await);
        assert_eq!(answered, *status, "{payload}: {body}");
        if *status == 200 {
            assert_eq!((&body["err"], &body["result"]["id"]), (&json!(0), &Value::Null), "{payload}");
            assert_eq!(body["result"]["uuid"].as_str().unwrap().len(), 36, "{payload}");
        } else {
            assert_eq!(body, json!({"err": 1, "message": says}), "{payload}");
        }
    }
    let kept = cases.iter().filter(|(status, ..)| *status == 200).count();
    assert_eq!(explorer.json("/api/stats").await["errors"], kept);
}

#[actix_web::test]
async fn what_is_not_json_is_400_and_what_is_too_large_is_413() {
    let (explorer, _directory) = Running::fresh().await;
    let send = async |body: Vec<u8>, encoding: &str| {
        let request =
            explorer.client.post(format!("{}{ITEM}", explorer.base)).header("content-encoding", encoding);
        let response = request.header("x-rollbar-access-token", TOKEN).body(body).send().await.unwrap();
        let (status, body) = (response.status().as_u16(), json_of(response).await);
        assert_eq!(body["err"], u8::from(status != 200), "{body}");
        status
    };
    let padded = |bytes: usize| {
        let empty = with("/custom", json!("")).to_string().len();
        with("/custom", json!("x".repeat(bytes - empty))).to_string().into_bytes()
    };
    let gzip = |plain: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    };
    let limit = 512 * 1024;

    assert_eq!(send(Vec::new(), "identity").await, 400);
    assert_eq!(send(b"{\"data\": {".to_vec(), "identity").await, 400);
    assert_eq!(send(vec![b'['; 100_000], "identity").await, 400);
    assert_eq!(send(b"\xff\xfe".to_vec(), "identity").await, 400);
    assert_eq!(send(b"not gzip".to_vec(), "gzip").await, 400);
    assert_eq!(send(padded(limit), "identity").await, 200);
    assert_eq!(send(padded(limit + 1), "identity").await, 413);
    assert_eq!(send(gzip(&padded(limit)), "gzip").await, 200);
    assert_eq!(send(gzip(&padded(limit + 1)), "gzip").await, 413);
    assert_eq!(send(padded(1_000), "br").await, 415);
}

#[actix_web::test]
async fn the_token_comes_in_the_header_or_the_body_and_without_one_it_is_401() {
    let (explorer, _directory) = Running::fresh().await;
    let data = message("edge", "Hello");
    let send = async |header: Option<&str>, payload: Value| {
        let request = explorer.client.post(format!("{}{ITEM}", explorer.base)).body(payload.to_string());
        let request = match header {
            Some(token) => request.header("x-rollbar-access-token", token),
            None => request,
        };
        request.send().await.unwrap().status().as_u16()
    };

    assert_eq!(send(Some("t"), json!({"data": data})).await, 200);
    assert_eq!(send(None, json!({"data": data, "access_token": "t"})).await, 200);
    assert_eq!(send(None, json!({"data": data})).await, 401);
    assert_eq!(send(Some(" "), json!({"data": data})).await, 401);
    assert_eq!(send(None, json!({"data": data, "access_token": ""})).await, 401);
    assert_eq!(send(None, json!({"data": data, "access_token": null})).await, 401);
}

#[actix_web::test]
async fn an_endpoint_may_end_with_a_slash_or_not_and_have_a_path_of_its_own() {
    let (explorer, _directory) = Running::fresh().await;
    let payload = json!({"data": message("edge", "Hello")});

    for path in ["/api/1/item/", "/api/1/item", "/proxy/api/1/item/", "/a/b/api/1/item"] {
        assert_eq!(explorer.rollbar(path, &payload).send().await.unwrap().status(), 200, "{path}");
    }
    for path in ["/api/1/items/", "/api/2/item/", "/xapi/1/item/"] {
        assert_eq!(explorer.rollbar(path, &payload).send().await.unwrap().status(), 404, "{path}");
    }
    let get = explorer.get(ITEM).send().await.unwrap();
    assert_eq!((get.status().as_u16(), json_of(get).await["err"].clone()), (405, json!(1)));
}

#[actix_web::test]
async fn a_form_with_the_payload_is_taken_and_a_page_of_another_site_is_not() {
    let (explorer, _directory) = Running::fresh().await;
    let payload = json!({"data": message("edge", "50 % & more"), "access_token": "t"}).to_string();
    let form = serde_urlencoded::to_string([("payload", &payload)]).unwrap();
    let send = |content_type: &str, body: &str| {
        let request = explorer.client.post(format!("{}{ITEM}", explorer.base));
        request.header("content-type", content_type).body(body.to_owned())
    };

    let of_form = send("application/x-www-form-urlencoded", &form).send().await.unwrap();
    let of_curl = send("application/x-www-form-urlencoded", &payload).send().await.unwrap();
    let of_page = send("text/plain", &payload).header("origin", "http://evil.test").send().await.unwrap();

    assert_eq!(
        (of_form.status().as_u16(), of_curl.status().as_u16(), of_page.status().as_u16()),
        (200, 200, 403)
    );
    assert_eq!(explorer.json("/api/errors").await["errors"][0]["title"], "50 % & more");
}

#[actix_web::test]
async fn an_item_that_is_sent_again_is_kept_once() {
    let (explorer, directory) = Running::fresh().await;
    let mut data = message("edge", "Hello");
    data["uuid"] = json!("not-even-a-uuid %2F/");

    for _ in 0..3 {
        assert_eq!(explorer.report(&data).await, "not-even-a-uuid %2F/");
    }
    explorer.stop().await;
    let explorer = Running::start(directory.path()).await;
    explorer.report(&data).await;

    let stats = explorer.json("/api/stats").await;
    assert_eq!((&stats["errors"], &stats["repeated_errors"]), (&json!(1), &json!(1)));
    assert_eq!(explorer.json("/api/errors/not-even-a-uuid%20%252F%2F").await["title"], "Hello");
}

#[actix_web::test]
async fn the_token_is_neither_kept_nor_shown() {
    let (explorer, directory) = Running::fresh().await;
    let mut data = exception(1, 1, "Leak", &format!("refused: {TOKEN}"));
    data["request"] = json!({"headers": {"X-Rollbar-Access-Token": TOKEN, TOKEN: "as a name"}});
    data["access_token"] = json!(TOKEN);
    let uuid = explorer.report(&data).await;
    let in_body = json!({"data": message("edge", "second-secret is it"), "access_token": "second-secret"});
    explorer.rollbar(ITEM, &in_body).send().await.unwrap();
    let deploy = json!({"environment": "test", "revision": "1", "comment": TOKEN, "access_token": TOKEN});
    assert_eq!(explorer.rollbar("/api/1/deploy/", &deploy).send().await.unwrap().status(), 200);

    let pages = [
        "/errors".to_owned(),
        format!("/errors/items/{uuid}"),
        "/api/errors".to_owned(),
        "/api/deploys".to_owned(),
    ];
    let mut shown = String::new();
    for page in &pages {
        shown += &explorer.text(page).await;
    }
    explorer.stop().await;

    let files = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
    let written: Vec<u8> = files.flat_map(|path| std::fs::read(path).unwrap()).collect();
    let written = String::from_utf8_lossy(&written);
    assert!(shown.contains("refused: [token]") && written.contains("refused: [token]"));
    for secret in [TOKEN, "second-secret"] {
        assert!(!shown.contains(secret), "{shown}");
        assert!(!written.contains(secret), "{written}");
    }
}

#[actix_web::test]
async fn a_full_queue_is_429_with_the_headers_of_a_rate_limit() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_owned();
    let settings =
        Settings { port: 0, data, max_body_bytes: 2_000, queue_bytes: 2_000, ..Settings::default() };
    let explorer = Running::with(settings).await;
    // A sender that has begun and does not end holds its part of the queue.
    let slow = || {
        let mut slow = TcpStream::connect(explorer.base.trim_start_matches("http://")).unwrap();
        write!(slow, "POST {ITEM} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1501\r\n\r\n").unwrap();
        slow.write_all(&[b' '; 1_500]).unwrap();
        slow
    };
    let payload = with("/custom", json!("x".repeat(1_000)));

    let mut all = Vec::new();
    let response = loop {
        // One that comes while another body fills the queue is refused and holds nothing.
        all.push(slow());
        let response = explorer.rollbar(ITEM, &payload).send().await.unwrap();
        if response.status() != 200 {
            break response;
        }
    };

    assert_eq!(response.status(), 429);
    let number = |name: &str| response.headers()[name].to_str().unwrap().parse::<u64>().unwrap();
    assert_eq!((number("x-rate-limit-remaining"), number("x-rate-limit-remaining-seconds")), (0, 1));
    assert!(number("x-rate-limit-reset") > 1_700_000_000 && number("x-rate-limit-limit") == 0);
    let body = json_of(response).await;
    assert_eq!(body, json!({"err": 1, "message": "too many requests are waiting to be written"}));
    drop(all);
    while explorer.rollbar(ITEM, &payload).send().await.unwrap().status() == 429 {}
}

#[actix_web::test]
async fn a_deploy_is_checked_kept_and_changed() {
    let (explorer, directory) = Running::fresh().await;
    let post = async |payload: Value| {
        let response = explorer.rollbar("/api/1/deploy", &payload).send().await.unwrap();
        (response.status().as_u16(), json_of(response).await)
    };

    let first =
        post(json!({"environment": "test", "revision": "abc", "local_username": "ada", "status": "started"}))
            .await;
    let second = post(json!({"environment": "test", "revision": "def", "comment": "again"})).await;
    assert_eq!(first, (200, json!({"err": 0, "result": {"id": 1}, "data": {"deploy_id": 1}})));
    assert_eq!(second.1["data"]["deploy_id"], 2);
    for (says, payload) in [
        ("`environment` must be a text that is not empty", json!({"revision": "abc"})),
        ("`revision` must be a text that is not empty", json!({"environment": "test", "revision": ""})),
        (
            "`revision` must have at most 255 characters",
            json!({"environment": "test", "revision": "x".repeat(256)}),
        ),
        (
            "`comment` must have at most 64000 bytes",
            json!({"environment": "e", "revision": "r", "comment": "x".repeat(64_001)}),
        ),
        (
            "`status` must be one of started, succeeded, failed, timed_out",
            json!({"environment": "e", "revision": "r", "status": "lost"}),
        ),
    ] {
        assert_eq!(post(payload).await, (422, json!({"err": 1, "message": says})));
    }
    let change = async |id: u64| {
        let address = format!("{}/api/1/deploy/{id}", explorer.base);
        let body = json!({"status": "failed", "access_token": "t"}).to_string();
        explorer.client.patch(address).body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!((change(1).await, change(9).await, change(u64::MAX).await), (200, 404, 404));
    explorer.stop().await;

    let explorer = Running::start(directory.path()).await;
    let deploys = explorer.json("/api/deploys").await;
    let page = explorer.text("/errors").await;
    assert_eq!(deploys["deploys"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&deploys["deploys"][1]["status"], &deploys["deploys"][0]["status"]),
        (&json!("failed"), &json!("succeeded"))
    );
    for part in ["<code>abc</code>", "ada", "failed", "again"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[actix_web::test]
async fn our_own_client_is_understood() {
    let (explorer, _directory) = Running::fresh().await;
    let client = Client::builder(TOKEN).endpoint(explorer.base.parse().unwrap()).build().unwrap();
    let item = Item::builder("test", Message::new("From the client"))
        .attribute("trace_id", "5b8efff798038103d269b633813fc60c")
        .build()
        .unwrap();

    let receipt = client.send(&item).await.unwrap();
    let deploy = client
        .report_deploy(&Deploy::new("test", "abc").unwrap().status(DeployStatus::Started))
        .await
        .unwrap();
    client.update_deploy(deploy, DeployStatus::Succeeded, Some("done")).await.unwrap();

    assert_eq!(receipt.uuid, item.uuid().to_string());
    let found = explorer.json("/api/errors?trace_id=5b8efff798038103d269b633813fc60c").await;
    assert_eq!(found["errors"][0]["uuid"], receipt.uuid);
    let deploys = explorer.json("/api/deploys").await;
    assert_eq!(
        (&deploys["deploys"][0]["status"], &deploys["deploys"][0]["comment"]),
        (&json!("succeeded"), &json!("done"))
    );
}
