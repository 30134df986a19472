//! What the viewer was told of.

use actix_web::HttpResponse;
use actix_web::web::Data;
use api_types::{Handle, Notification};
use clients::{ClientError, NotificationsClient, UsersClient};
use server::Viewer;

use crate::degraded::Degraded;
use crate::error::Error;
use crate::feed::Names;
use crate::store::ActivityStore;

/// Lists the activities that mention the viewer or answer one of the viewer's.
pub(crate) async fn notifications(
    viewer: Viewer,
    store: Data<ActivityStore>,
    users: Data<UsersClient>,
    notifications: Data<NotificationsClient>,
) -> Result<HttpResponse, Error> {
    let mut degraded = Degraded::default();
    let references = degraded.or(references(&viewer, &notifications).await, Vec::new());
    let uuids: Vec<_> = references.into_iter().map(|reference| reference.activity_uuid).collect();
    let feed = store.by_uuids(&uuids).await?;
    let names = Names::new(degraded.or(users.by_handles(&feed.authors()).await, Vec::new()));
    Ok(degraded.answer(&feed.named(&names)))
}

/// A viewer whose name is no handle has no notifications.
async fn references(
    viewer: &Viewer,
    notifications: &NotificationsClient,
) -> Result<Vec<Notification>, ClientError> {
    match viewer.0.parse::<Handle>() {
        Ok(handle) => notifications.list(&handle).await,
        Err(_) => Ok(Vec::new()),
    }
}
