//! The home feed.

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Data;
use api_types::{Handle, UnreadCount};
use clients::{ClientError, NotificationsClient, UsersClient};
use futures_util::future::join;
use server::Viewer;

use crate::degraded::Degraded;
use crate::error::Error;
use crate::feed::Names;
use crate::store::ActivityStore;

/// How many notifications the viewer has not seen.
const UNREAD: HeaderName = HeaderName::from_static("x-unread-notifications");

/// Lists the newest activities with their authors' names, and tells the viewer how much there is to be notified of.
pub(crate) async fn home(
    viewer: Viewer,
    store: Data<ActivityStore>,
    users: Data<UsersClient>,
    notifications: Data<NotificationsClient>,
) -> Result<HttpResponse, Error> {
    let feed = store.recent(database::now()).await?;
    let authors = feed.authors();
    let (authors, unread) = join(users.by_handles(&authors), unread(&viewer, &notifications)).await;

    let mut degraded = Degraded::default();
    let names = Names::new(degraded.or(authors, Vec::new()));
    let unread = degraded.or(unread.map(Some), None);
    let mut response = degraded.answer(&feed.named(&names));
    if let Some(UnreadCount { unread }) = unread {
        response.headers_mut().insert(UNREAD, HeaderValue::from(unread));
    }
    Ok(response)
}

/// A viewer whose name is no handle has no notifications.
async fn unread(viewer: &Viewer, notifications: &NotificationsClient) -> Result<UnreadCount, ClientError> {
    match viewer.0.parse::<Handle>() {
        Ok(handle) => notifications.unread_count(&handle).await,
        Err(_) => Ok(UnreadCount { unread: 0 }),
    }
}
