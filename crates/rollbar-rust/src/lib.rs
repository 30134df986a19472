#![doc = include_str!("../README.md")]

mod answer;
#[cfg(feature = "blocking")]
pub mod blocking;
mod body;
mod builder;
mod client;
mod data;
mod deploy;
mod endpoint;
mod error;
mod item;
mod level;
mod limits;
mod payload;
mod truncation;

pub use answer::{RateLimit, Receipt};
pub use body::{Body, CodeContext, Exception, Frame, Message, Trace, TraceChain};
pub use builder::ItemBuilder;
pub use client::{Client, ClientBuilder, ConfigError};
pub use data::{Attribute, Data, Notifier, Person, Request, Server};
pub use deploy::{Deploy, DeployId, DeployStatus, InvalidDeploy};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use error::{Error, Retry};
pub use item::Item;
pub use level::{Level, UnknownLevel};
pub use limits::{InvalidItem, Violation};
pub use payload::{InvalidPayload, Payload};
pub use truncation::{Cut, MAX_PAYLOAD_BYTES, MIN_PAYLOAD_BYTES};
pub use uuid::Uuid;
