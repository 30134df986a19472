//! One activity.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use api_types::{Activity, ActivityPage, OrEmpty};
use clients::UsersClient;
use uuid::Uuid;

use crate::degraded::Degraded;
use crate::error::Error;
use crate::feed::Names;
use crate::store::ActivityStore;

/// Shows an activity with its replies.
pub(crate) async fn activity(
    uuid: Path<String>,
    store: Data<ActivityStore>,
    users: Data<UsersClient>,
) -> Result<HttpResponse, Error> {
    let mut degraded = Degraded::default();
    let activity = find(&uuid, &store, &users, &mut degraded).await?.ok_or(Error::NoSuchActivity)?;
    Ok(degraded.answer(&activity))
}

/// Shows an activity with its replies beside it; `{}` when there is no such activity. Whose it is does not matter.
pub(crate) async fn status(
    path: Path<(String, String)>,
    store: Data<ActivityStore>,
    users: Data<UsersClient>,
) -> Result<HttpResponse, Error> {
    let (_handle, uuid) = path.into_inner();
    let mut degraded = Degraded::default();
    let page = find(&uuid, &store, &users, &mut degraded).await?.map(|mut activity| {
        let replies = std::mem::take(&mut activity.replies);
        ActivityPage { activity, replies }
    });
    Ok(degraded.answer(&OrEmpty::from(page)))
}

/// What is no uuid names nothing.
async fn find(
    uuid: &str,
    store: &ActivityStore,
    users: &UsersClient,
    degraded: &mut Degraded,
) -> Result<Option<Activity>, Error> {
    let Ok(uuid) = uuid.parse::<Uuid>() else { return Ok(None) };
    let Some(feed) = store.find_with_replies(uuid).await? else { return Ok(None) };
    let names = Names::new(degraded.or(users.by_handles(&feed.authors()).await, Vec::new()));
    Ok(feed.named(&names).pop())
}
