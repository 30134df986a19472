//! The client against servers: one that keeps CloudWatch's rules, and some that misbehave.

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

mod faults;
mod rules;
mod server;
