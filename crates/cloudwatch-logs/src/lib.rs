#![doc = include_str!("../README.md")]

mod batch;
mod calls;
mod client;
mod error;
mod event;
mod rejected;
mod stream;

pub use batch::Batch;
pub use calls::{EVENT_OVERHEAD_BYTES, MAX_CALL_BYTES, MAX_CALL_EVENTS, MAX_CALL_SPAN_MS};
pub use client::Client;
pub use error::Error;
pub use event::{LogEvent, MAX_MESSAGE_BYTES};
pub use rejected::Rejected;
pub use stream::{InvalidName, LogStream, Name, RETENTION_DAYS, stream_name};
