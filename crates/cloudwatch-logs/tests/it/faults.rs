//! Servers that misbehave, and machines that are not set up.

use std::process::Command;
use std::time::{Duration, Instant};

use cloudwatch_logs::{Batch, Client, Error, LogEvent, LogStream};

use crate::server::{Act, acting, now};

const LIMIT: Duration = Duration::from_secs(20);

fn stream() -> LogStream {
    LogStream::new("cruddur", "users/1").unwrap()
}

fn batch(events: i64) -> Batch {
    Batch::new((0..events).map(|number| LogEvent::new(now() - 100_000 + number, "x")))
}

/// What a client makes of the first answer, and which operations the server was asked for.
async fn outcome(act: Act) -> (Result<(), Error>, Vec<String>) {
    let (address, asked) = acting(&[act]);
    let put = Client::standing_in(address).put(&stream(), &mut batch(1), LIMIT).await;
    let asked = asked.lock().unwrap().clone();
    (put, asked)
}

#[actix_web::test]
async fn each_answer_is_a_word_and_is_not_repeated_here() {
    let throttled = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
    let denied = r#"{"__type":"UnrecognizedClientException","message":"The security token is invalid."}"#;
    let refused = r#"{"__type":"InvalidParameterException","message":"Log events are not in order"}"#;
    for (act, expected, is_transient) in [
        (Act::Answer(400, throttled), "asked too often", true),
        (Act::Answer(429, ""), "asked too often", true),
        (Act::Answer(503, r#"{"__type":"ServiceUnavailableException"}"#), "cannot do it at the moment", true),
        (Act::Answer(500, ""), "cannot do it at the moment", true),
        (Act::Answer(400, denied), "refuses the credentials (UnrecognizedClientException)", false),
        (
            Act::Answer(400, refused),
            "refuses this (InvalidParameterException): Log events are not in order",
            false,
        ),
        (Act::Answer(413, ""), "refuses this (413)", false),
        (Act::Close, "cannot be reached", true),
    ] {
        let (put, asked) = outcome(act).await;

        let error = put.unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error}");
        assert_eq!(error.is_transient(), is_transient, "{error}");
        assert_eq!(asked, ["PutLogEvents"], "{error}");
    }
}

#[actix_web::test]
async fn a_success_is_one_whatever_its_body_is() {
    for body in ["", "<html>", "{\"rejectedLogEventsInfo\":7}"] {
        let (put, asked) = outcome(Act::Answer(200, body)).await;

        assert_eq!((put, asked.len()), (Ok(()), 1), "{body}");
    }
}

#[actix_web::test]
async fn a_server_that_is_not_there_is_told() {
    let error =
        Client::standing_in("http://127.0.0.1:1").put(&stream(), &mut batch(1), LIMIT).await.unwrap_err();

    assert!(error.to_string().contains("cannot be reached: Connection refused"), "{error}");
    assert!(error.is_transient());
}

#[actix_web::test]
async fn a_server_that_hangs_is_left_when_the_time_is_over() {
    let (address, _) = acting(&[Act::Hang]);
    let begun = Instant::now();

    let put = Client::standing_in(address).put(&stream(), &mut batch(1), Duration::from_millis(200)).await;

    assert_eq!(put, Err(Error::Timeout));
    assert!(begun.elapsed() < LIMIT / 2, "{:?}", begun.elapsed());
}

#[actix_web::test]
async fn a_batch_that_is_put_again_goes_on_where_it_stopped() {
    let throttled = Act::Answer(400, r#"{"__type":"ThrottlingException"}"#);
    let (address, asked) = acting(&[Act::Take, throttled.clone(), throttled, Act::Take]);
    let client = Client::standing_in(address);
    let mut batch = batch(25_000);

    for pending in [15_000, 15_000] {
        let put = client.put(&stream(), &mut batch, LIMIT).await;
        assert!(matches!(put, Err(Error::Throttled { .. })), "{put:?}");
        assert_eq!(batch.pending(), pending);
    }
    client.put(&stream(), &mut batch, LIMIT).await.unwrap();

    assert_eq!(batch.pending(), 0);
    assert_eq!(asked.lock().unwrap().len(), 5, "three calls were taken, and two were not");
}

#[actix_web::test]
async fn a_stream_that_is_not_known_at_once_is_tried_later() {
    let missing = Act::Answer(400, r#"{"__type":"ResourceNotFoundException"}"#);
    let (address, asked) = acting(&[missing.clone(), Act::Take, missing, Act::Take]);
    let client = Client::standing_in(address);
    let mut batch = batch(1);

    let error = client.put(&stream(), &mut batch, LIMIT).await.unwrap_err();

    assert!(error.is_transient(), "{error}");
    client.put(&stream(), &mut batch, LIMIT).await.unwrap();
    let asked = asked.lock().unwrap();
    assert_eq!(*asked, ["PutLogEvents", "CreateLogStream", "PutLogEvents", "PutLogEvents"]);
}

#[actix_web::test]
async fn a_group_that_is_not_known_right_after_it_was_made_is_tried_later() {
    let missing = Act::Answer(400, r#"{"__type":"ResourceNotFoundException"}"#);
    let (address, asked) = acting(&[missing.clone(), missing.clone(), Act::Take, missing, Act::Take]);
    let client = Client::standing_in(address);
    let mut batch = batch(1);

    let error = client.put(&stream(), &mut batch, LIMIT).await.unwrap_err();

    assert!(error.is_transient(), "{error}");
    client.put(&stream(), &mut batch, LIMIT).await.unwrap();
    assert_eq!(asked.lock().unwrap()[2..4], ["CreateLogGroup", "CreateLogStream"]);
}

/// How often a client that makes a group asks for its retention, when the first time is answered with `refusal`. Its events
/// arrive with the second put.
async fn asked_for_retention(refusal: &'static str) -> (String, usize) {
    let missing = Act::Answer(400, r#"{"__type":"ResourceNotFoundException"}"#);
    let (address, asked) =
        acting(&[missing.clone(), missing, Act::Take, Act::Answer(400, refusal), Act::Take]);
    let client = Client::standing_in(address);
    let (stream, mut batch) = (stream().retention_days(Some(30)), batch(3));

    let error = client.put(&stream, &mut batch, LIMIT).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    client.put(&stream, &mut batch, LIMIT).await.unwrap();

    assert_eq!(batch.pending(), 0);
    let count = asked.lock().unwrap().iter().filter(|asked| *asked == "PutRetentionPolicy").count();
    (error.to_string(), count)
}

#[actix_web::test]
async fn retention_that_is_refused_is_told_and_loses_no_events() {
    let (told, count) = asked_for_retention(r#"{"__type":"AccessDeniedException","message":"no"}"#).await;

    assert!(told.contains("keeps its events for ever") && told.contains("AccessDeniedException"), "{told}");
    assert_eq!(count, 1);
}

#[actix_web::test]
async fn retention_that_was_throttled_is_set_with_the_next_put() {
    let (_, count) = asked_for_retention(r#"{"__type":"ThrottlingException"}"#).await;

    assert_eq!(count, 2);
}

/// Puts one event in a process of its own, which has these variables and no others.
fn put_with(variables: &[(&str, &str)]) -> String {
    let home = tempfile::tempdir().unwrap();
    // The example, which cargo builds with the tests.
    let tests = std::env::current_exe().unwrap();
    let mut command = Command::new(tests.ancestors().nth(2).unwrap().join("examples").join("put_events"));
    // Files of the person who runs the tests, and the metadata of the machine, are none of theirs.
    let home = home.path().join("none");
    command.env("AWS_CONFIG_FILE", &home).env("AWS_SHARED_CREDENTIALS_FILE", &home);
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    for name in
        ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"]
    {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn who_names_no_region_is_told_which_variable_to_set() {
    let told = put_with(&[("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "hunter2")]);

    assert!(told.contains("no AWS region is known: set AWS_REGION"), "{told}");
    assert!(!told.contains("hunter2"));
}

#[test]
fn who_has_no_credentials_is_told_which_variables_to_set() {
    let told = put_with(&[("AWS_REGION", "eu-central-1"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]);

    assert!(told.contains("no AWS credentials were found: set AWS_ACCESS_KEY_ID"), "{told}");
}

#[test]
fn an_endpoint_of_the_environment_is_used_with_the_credentials_and_neither_is_told() {
    let (address, asked) =
        acting(&[Act::Answer(400, r#"{"__type":"AccessDeniedException","message":"no"}"#)]);

    let told = put_with(&[
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", &address),
        ("AWS_ACCESS_KEY_ID", "key-of-mine"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
    ]);

    assert!(told.contains("refuses the credentials (AccessDeniedException): no"), "{told}");
    assert!(!told.contains("hunter2") && !told.contains("key-of-mine"), "{told}");
    assert_eq!(*asked.lock().unwrap(), ["PutLogEvents"]);
}
