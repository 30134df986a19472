//! The explorer through its real parts: HTTP on a free port, files in a temporary directory.

#![expect(clippy::unwrap_used, reason = "a panic is the failure report")]

mod cloudwatch;
mod errors;
mod errors_kept;
mod grpc;
mod harness;
mod logs;
mod otlp_logs;
mod otlp_rules;
mod pages;
mod query_api;
mod restart;
mod retention;
mod rollbar_rules;
mod security;
