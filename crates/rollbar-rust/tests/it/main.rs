//! The crate from outside: what goes over the wire, and what comes of each answer.

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

mod client;
mod deploys;
mod items;
mod server;
