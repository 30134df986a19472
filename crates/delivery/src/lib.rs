#![doc = include_str!("../README.md")]

mod account;
mod backoff;
mod destination;
mod pipeline;
mod policy;
mod queue;
pub mod retry_after;
mod spool;
mod worker;

pub use account::{Account, Dropped};
pub use destination::{Destination, Outcome};
pub use pipeline::{Builder, Pipeline};
pub use policy::Policy;
pub use spool::{Codec, Spool};
