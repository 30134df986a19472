//! The JSON bodies that cross a service boundary, and the two values that all services must read alike: a
//! [`Handle`] and a timestamp (RFC 3339 in UTC, written with `Z`).
//!
//! Nothing here does I/O, and nothing here knows an HTTP framework.

mod activity;
mod event;
mod handle;
mod notification;
mod object;
mod user;

pub use activity::{Activity, ActivityPage, CreateActivity, CreateReply, Profile, ProfilePage, Reply};
pub use event::{Event, EventAccepted, EventKind};
pub use handle::{Handle, HandleError};
pub use notification::{Notification, NotificationKind, UnreadCount};
pub use object::{Object, OrEmpty};
pub use user::{Change, User, UserProfile, UserUpdate};
