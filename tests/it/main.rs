//! Whole-stack tests: the real binaries, on free ports, over real HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is a test's report")]

mod bursts;
mod callees;
mod compose;
mod concurrency;
mod contract;
mod databases;
mod deploy_marker;
mod destinations;
mod doctor;
mod dotenv;
mod faults;
mod foreign_logs;
mod foreign_otlp;
mod foreign_reports;
mod foreign_service;
mod joined;
mod log_lines;
mod outbox;
mod postgres;
mod quiet;
mod reports;
mod scenarios;
mod secrets;
mod shutdown;
mod sinks;
mod spool;
