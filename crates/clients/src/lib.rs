//! Typed, traced clients of the services.
//!
//! Every call is a CLIENT span, carries the trace context, ends within the client's time limits and reads a bounded
//! body. Nothing here logs: who calls decides what a failure means, and says so once.

mod base_url;
mod call;
mod error;
mod forward;
mod forward_path;
mod notifications;
#[cfg(feature = "testing")]
pub mod testing;
mod users;

pub use base_url::{BaseUrl, BaseUrlError};
pub use error::ClientError;
pub use forward::{ForwardRequest, Forwarded};
pub use forward_path::ForwardPath;
pub use notifications::NotificationsClient;
pub use users::UsersClient;
