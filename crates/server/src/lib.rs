//! The chassis that every service shares, so that a service is its routes, its domain and its store.
//!
//! It brings what a request must never be without: tracing, `traceresponse`, JSON errors in one form, limits on bodies,
//! health checks, and an orderly end on SIGTERM.

mod allocator;
pub mod application;
pub mod doctor;
pub mod env;
pub mod error;
pub mod extract;
mod health;
pub mod healthcheck;
mod json_errors;
mod rollbar_test;
pub mod settings;
pub mod viewer;

pub use application::{Application, Readiness, Service, StartError};
pub use env::{Env, SettingsError};
pub use error::ApiError;
pub use settings::ServerSettings;
pub use viewer::{DefaultViewer, Viewer};
