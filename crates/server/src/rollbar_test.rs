//! `GET /rollbar/test`: how a person sees whether reports arrive.

use actix_web::web;
use serde::Deserialize;
use telemetry::reports::{self, Level};

/// `CRUDDUR_DEBUG_ROUTES`: whether strangers may make the service fail, to look at what becomes of it. Off unless it is 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DebugRoutes(pub(crate) bool);

#[derive(Deserialize)]
pub(crate) struct Wanted {
    /// `1`: an error that is handled.
    error: Option<String>,
    /// `1`: a panic.
    panic: Option<String>,
}

/// What `?error=1` makes.
#[derive(Debug, thiserror::Error)]
#[error("the test was asked to fail")]
struct TestError(#[source] AskedFor);

/// Its cause, so that there is one to look at.
#[derive(Debug, thiserror::Error)]
#[error("somebody asked for /rollbar/test?error=1")]
struct AskedFor;

/// Reports one message, or fails as it is asked to.
pub(crate) async fn rollbar_test(wanted: web::Query<Wanted>, debug: web::Data<DebugRoutes>) -> &'static str {
    let is_wanted = |value: &Option<String>| debug.0 && value.as_deref() == Some("1");
    assert!(!is_wanted(&wanted.panic), "somebody asked for /rollbar/test?panic=1");
    if is_wanted(&wanted.error) {
        let error = TestError(AskedFor);
        tracing::error!(error = &error as &dyn std::error::Error, "Rollbar test");
        return HELLO;
    }
    reports::message(Level::Warning, HELLO);
    HELLO
}

const HELLO: &str = "Hello World!";
