//! The edge of Cruddur: feeds, activities, replies.
//!
//! Reads are answered from the store, with names asked of users. What is written is told to notifications by way of an
//! outbox: a row in the same transaction, delivered after the answer, in the trace of the request.

mod degraded;
mod domain;
mod error;
mod feed;
mod outbox;
mod routes;
mod settings;
mod startup;
mod store;

pub use outbox::DeliveryPolicy;
pub use settings::Settings;
pub use startup::{Activities, StartError, start};
