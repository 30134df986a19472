//! What a user was told of.

use actix_web::web::{Data, Json, Query};
use api_types::{Handle, Notification, UnreadCount};
use serde::Deserialize;

use crate::error::Error;
use crate::store::NotificationStore;

#[derive(Deserialize)]
pub(crate) struct Asked {
    handle: Option<String>,
}

impl Asked {
    /// `Ok(None)` when no user can have such a handle.
    fn handle(&self) -> Result<Option<Handle>, Error> {
        let handle = self.handle.as_deref().filter(|handle| !handle.is_empty()).ok_or(Error::NothingAsked)?;
        Ok(handle.parse().ok())
    }
}

/// Lists the newest notifications of a user.
pub(crate) async fn list(
    asked: Query<Asked>,
    store: Data<NotificationStore>,
) -> Result<Json<Vec<Notification>>, Error> {
    match asked.handle()? {
        Some(handle) => Ok(Json(store.list(&handle).await?)),
        None => Ok(Json(Vec::new())),
    }
}

/// Counts the notifications that a user has not seen.
pub(crate) async fn unread_count(
    asked: Query<Asked>,
    store: Data<NotificationStore>,
) -> Result<Json<UnreadCount>, Error> {
    let unread = match asked.handle()? {
        Some(handle) => store.unread_count(&handle).await?,
        None => 0,
    };
    Ok(Json(UnreadCount { unread }))
}
