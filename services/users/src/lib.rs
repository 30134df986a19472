//! Profiles of Cruddur: who is behind a handle.

mod domain;
mod error;
mod routes;
mod settings;
mod startup;
mod store;

pub use settings::Settings;
pub use startup::{StartError, start};
