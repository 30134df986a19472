//! The whole stack on PostgreSQL.

use std::collections::BTreeSet;
use std::fs;

use database::testing::PostgresDatabase;
use integration_tests::process::variables;
use integration_tests::stack::{Changes, Stack};
use serde_json::{Value, json};

/// Runs `test` with the URL of a database that is removed afterwards; not at all when the tester has left it out.
fn on_postgres(test: impl FnOnce(&str)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Some(database) = runtime.block_on(PostgresDatabase::create()) {
        test(database.url());
        runtime.block_on(database.drop());
    }
}

#[test]
fn a_message_its_reply_and_their_notifications_go_through_postgresql_in_one_trace_each() {
    on_postgres(|url| {
        // One database for all three: each service has a schema of its own in it.
        let variables = variables([("DATABASE_URL", url.to_owned())]);
        let stack = Stack::start_with(&Changes { variables, ..Changes::default() });
        let calls = ["activities>users", "activities>notifications", "notifications>users"];

        let posted = stack.post("/api/activities", &json!({"message": "Hello @londo", "ttl": "1-day"}));
        assert_eq!(posted.status().as_u16(), 200);
        let trace = stack.trace(&posted, |trace| trace.has(&calls));
        let uuid = posted.json::<Value>().unwrap()["uuid"].as_str().unwrap().to_owned();

        let queries = trace.spans.iter().filter(|span| !span.attribute("db.query.text").is_empty());
        let systems: BTreeSet<_> =
            queries.map(|span| (span.service.clone(), span.attribute("db.system.name"))).collect();
        let expected = ["activities", "notifications", "users"];
        assert_eq!(systems, expected.map(|service| (service.to_owned(), "postgresql".to_owned())).into());

        let replied =
            stack.post(&format!("/api/activities/{uuid}/reply"), &json!({"message": "Indeed, @worf"}));
        assert_eq!(replied.status().as_u16(), 200);
        let _ = stack.trace(&replied, |trace| trace.has(&calls));

        let shown: Value = stack.get(&format!("/api/activities/{uuid}")).json().unwrap();
        assert_eq!(shown["replies"][0]["message"], "Indeed, @worf", "{shown}");
        let found: Value = stack.get("/api/activities/search?term=hello%20@LONDO").json().unwrap();
        assert_eq!(found[0]["uuid"], uuid.as_str(), "{found}");
        let files: Vec<_> =
            fs::read_dir(stack.data.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files, ["explorer"], "nothing is in a file");
    });
}
