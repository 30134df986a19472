//! What could not be sent outlives the process, when `TELEMETRY_SPOOL` asks for it.

use integration_tests::callee;
use integration_tests::process::{Variables, variables};
use integration_tests::stack::{Service, client};
use integration_tests::{eventually, trace};
use serde_json::Value;

#[test]
fn spans_and_reports_of_an_outage_are_sent_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().display().to_string();
    // The explorer is down at first; its port is one that it can take later.
    let address = callee::nobody();
    let of_users: Variables = variables([
        ("PORT", "0".to_owned()),
        ("CRUDDUR_DATA", folder.clone()),
        ("EXPLORER_URL", address.clone()),
        ("TELEMETRY_SPOOL", format!("{folder}/spool")),
    ]);

    let mut users = Service::run("users", &of_users);
    let response = client().get(format!("{}/rollbar/test", users.address)).send().unwrap();
    let id = trace::id_of(&response);
    let ended = users.take().stop();
    assert!(ended.status.success(), "{:?}", ended.status);

    let of_explorer = variables([
        ("EXPLORER_PORT", callee::free(&address)),
        ("EXPLORER_GRPC_PORT", "0".to_owned()),
        ("EXPLORER_DATA", format!("{folder}/explorer")),
    ]);
    let explorer = Service::run("explorer", &of_explorer);
    assert_eq!(explorer.address, address);
    let users = Service::run("users", &of_users);

    let spans = explorer.trace(&id, |trace| !trace.spans.is_empty());
    assert_eq!(spans.root().name, "GET /rollbar/test");
    let errors: Value = eventually("the report", || {
        let found: Value = explorer.get(&format!("/api/errors?trace_id={id}")).json().unwrap();
        found["errors"].as_array().is_some_and(|errors| !errors.is_empty()).then_some(found)
    });
    assert_eq!(errors["errors"].as_array().unwrap().len(), 1, "{errors}");
    let accounts = eventually("an empty spool", || {
        let accounts: Value =
            client().get(format!("{}/telemetry", users.address)).send().unwrap().json().unwrap();
        (accounts["traces"]["explorer"]["spooled"] == 0).then_some(accounts)
    });
    assert!(
        accounts["traces"]["explorer"]["recovered"].as_u64().is_some_and(|recovered| recovered > 0),
        "{accounts}"
    );
    assert_eq!(accounts["reports"]["explorer"]["recovered"], 1, "{accounts}");
}
