//! What activities tells.

use actix_web::web::{Data, Json};
use api_types::{Event, EventAccepted, Handle, Object};
use clients::UsersClient;

use crate::domain::{mentions, recipients};
use crate::error::Error;
use crate::store::NotificationStore;

/// Tells the users whom an event concerns. Told the same event again, it does nothing and answers the same.
pub(crate) async fn accept(
    event: Json<Object<Event>>,
    store: Data<NotificationStore>,
    users: Data<UsersClient>,
) -> Result<Json<EventAccepted>, Error> {
    let event = event.into_inner().0;
    if event.message.contains('\0') {
        return Err(Error::HoldsNul);
    }
    if let Some(notified) = store.notified(event.event_id).await? {
        return Ok(accepted(notified));
    }
    let recipients = recipients(&event, &existing(&event, &users).await?);
    if store.accept(&event, &recipients).await? {
        return Ok(accepted(recipients.into_keys().collect()));
    }
    // The same event came twice at the same moment, and the other delivery was first.
    Ok(accepted(store.notified(event.event_id).await?.unwrap_or_default()))
}

/// Which of the mentioned users exist. Users is not asked about nobody.
async fn existing(event: &Event, users: &UsersClient) -> Result<Vec<Handle>, Error> {
    let mentioned = mentions(&event.message, &event.actor_handle);
    if mentioned.is_empty() {
        return Ok(Vec::new());
    }
    let found = users.by_handles(&mentioned).await.map_err(Error::Users)?;
    Ok(found.into_iter().map(|user| user.handle).collect())
}

fn accepted(notified: Vec<Handle>) -> Json<EventAccepted> {
    Json(EventAccepted { accepted: true, notified })
}
