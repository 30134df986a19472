//! Mentions and replies of Cruddur: who is told of which activity.

mod domain;
mod error;
mod routes;
mod settings;
mod startup;
mod store;

pub use settings::Settings;
pub use startup::{StartError, start};
