//! Deploys, and what servers answer to them.

use crate::server::{Answer, Server, TOKEN};
use rollbar_rust::{Deploy, DeployId, DeployStatus, Error, InvalidDeploy, Violation, blocking};
use serde_json::json;

fn client(server: &Server) -> blocking::Client {
    blocking::Client::builder(TOKEN).endpoint(server.endpoint.parse().unwrap()).build_blocking().unwrap()
}

fn deploy() -> Deploy {
    Deploy::new("production", "3da541559918").unwrap()
}

#[test]
fn a_deploy_arrives_as_the_api_wants_it() {
    let server = Server::answering(Answer::http("200 OK", &[], r#"{"data": {"deploy_id": 12345}}"#));
    let deploy = deploy()
        .rollbar_username("londo")
        .local_username("l")
        .comment("a test")
        .status(DeployStatus::Started);

    let id = client(&server).report_deploy(&deploy).unwrap();

    assert_eq!(id, DeployId(12345));
    let request = server.only();
    assert_eq!(request.line, "POST /api/1/deploy/");
    assert_eq!(request.header("x-rollbar-access-token"), Some(TOKEN));
    assert_eq!(
        request.json(),
        json!({
            "environment": "production",
            "revision": "3da541559918",
            "rollbar_username": "londo",
            "local_username": "l",
            "comment": "a test",
            "status": "started",
        })
    );
}

#[test]
fn what_is_not_set_is_not_sent() {
    let server = Server::answering(Answer::http("200 OK", &[], r#"{"err": 0, "result": {"id": "7"}}"#));

    let id = client(&server).report_deploy(&deploy()).unwrap();

    assert_eq!(id, DeployId(7));
    assert_eq!(server.only().json(), json!({ "environment": "production", "revision": "3da541559918" }));
}

#[test]
fn the_number_is_found_wherever_it_is() {
    for body in
        [r#"{"data": {"deploy_id": 7}}"#, r#"{"result": {"deploy_id": 7}}"#, r#"{"result": {"id": 7}}"#]
    {
        let server = Server::answering(Answer::http("200 OK", &[], body));
        assert_eq!(client(&server).report_deploy(&deploy()).unwrap(), DeployId(7));
    }
    let server = Server::answering(Answer::http("200 OK", &[], "{}"));
    let error = client(&server).report_deploy(&deploy()).unwrap_err();
    assert!(error.to_string().ends_with("it names no deploy"), "{error}");
}

#[test]
fn a_deploy_goes_on() {
    let server = Server::answering(Answer::http("200 OK", &[], r#"{"err": 0, "result": {}}"#));
    let client = client(&server);

    client.update_deploy(DeployId(7), DeployStatus::TimedOut, None).unwrap();
    client.update_deploy(DeployId(7), DeployStatus::Failed, Some("no")).unwrap();

    let [first, second] = &server.received()[..] else { panic!("not two requests") };
    assert_eq!(first.line, "PATCH /api/1/deploy/7");
    assert_eq!(first.header("x-rollbar-access-token"), Some(TOKEN));
    assert_eq!(first.json(), json!({ "status": "timed_out" }));
    assert_eq!(second.json(), json!({ "status": "failed", "comment": "no" }));
}

#[test]
fn a_deploy_that_is_not_known_is_told() {
    let server =
        Server::answering(Answer::http("404 Not Found", &[], r#"{"err": 1, "message": "no such deploy"}"#));

    let error = client(&server).update_deploy(DeployId(7), DeployStatus::Succeeded, None).unwrap_err();

    assert!(matches!(error, Error::NotFound { message } if message == "no such deploy"));
}

#[test]
fn each_documented_limit_is_held() {
    let (fits, over) = ("ä".repeat(255), "ä".repeat(256));
    let too_long = |field| InvalidDeploy(Violation::TooLong { field, characters: 256, limit: 255 });

    assert!(Deploy::new(&fits, &fits).is_ok());
    assert_eq!(Deploy::new("", "1"), Err(InvalidDeploy(Violation::Empty("environment"))));
    assert_eq!(Deploy::new("test", ""), Err(InvalidDeploy(Violation::Empty("revision"))));
    assert_eq!(Deploy::new(&over, "1"), Err(too_long("environment")));
    assert_eq!(Deploy::new("test", &over), Err(too_long("revision")));
    let long = deploy().comment("ä".repeat(40_000)).local_username(over);
    assert_eq!(long, deploy().comment("ä".repeat(32_000)).local_username(fits));
}
