//! The crate from outside: what goes over the wire, and what comes of each answer.

mod client;
mod deploys;
mod items;
mod server;
