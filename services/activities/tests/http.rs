//! The service over HTTP, on a port and a file of its own, with stand-ins for users and notifications.
#![allow(clippy::unwrap_used, reason = "a panic is the failure report")]

#[path = "http/degraded.rs"]
mod degraded;
#[path = "http/edge.rs"]
mod edge;
#[path = "http/read.rs"]
mod read;
#[path = "http/stack.rs"]
mod stack;
#[path = "http/write.rs"]
mod write;
