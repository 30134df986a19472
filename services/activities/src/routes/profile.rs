//! One user and what the user wrote.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use api_types::{Handle, OrEmpty, Profile, ProfilePage};
use clients::UsersClient;

use crate::degraded::Degraded;
use crate::error::Error;
use crate::feed::Names;
use crate::store::ActivityStore;

/// Shows a profile with the newest activities; `{}` when there is no such user.
pub(crate) async fn profile(
    handle: Path<String>,
    store: Data<ActivityStore>,
    users: Data<UsersClient>,
) -> Result<HttpResponse, Error> {
    let mut degraded = Degraded::default();
    let missing = OrEmpty::<ProfilePage>::Missing {};
    let Ok(handle) = handle.parse::<Handle>() else { return Ok(degraded.answer(&missing)) };
    let Some(user) = users.profile(&handle).await.map_err(Error::Users)? else {
        return Ok(degraded.answer(&missing));
    };
    let cruds_count = store.count_by_author(&handle).await?;
    let feed = store.by_author(&handle).await?;
    let names = Names::new(degraded.or(users.by_handles(&feed.authors()).await, Vec::new()));
    let profile = Profile {
        uuid: user.uuid,
        handle: user.handle,
        display_name: user.display_name,
        bio: user.bio,
        cruds_count,
    };
    Ok(degraded.answer(&OrEmpty::Found(ProfilePage { profile, activities: feed.named(&names) })))
}
