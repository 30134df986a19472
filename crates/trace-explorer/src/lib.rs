#![doc = include_str!("../README.md")]

mod announcement;
mod api;
pub mod colors;
mod errors;
mod guard;
mod healthcheck;
mod ids;
mod links;
mod log;
mod logs;
pub mod model;
pub mod otlp;
mod pages;
pub mod query;
mod receiver;
mod server;
mod settings;
pub mod store;
pub mod text;
pub mod units;
pub mod waterfall;
mod wire;

pub use announcement::announcement;
pub use healthcheck::{HealthcheckError, healthcheck};
pub use ids::{IdError, SpanId, TraceId};
pub use links::Links;
pub use log::OpenError;
pub use server::{Server, ServerError};
pub use settings::{Settings, SettingsError};
