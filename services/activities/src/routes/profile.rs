//! One user and what the user wrote.

use actix_web::web::{Data, Json, Path};
use api_types::{Handle, OrEmpty, Profile, ProfilePage};
use clients::UsersClient;

use crate::error::Error;
use crate::feed::Names;
use crate::store::ActivityStore;

/// Shows a profile with the newest activities; `{}` when there is no such user.
pub(crate) async fn profile(
    handle: Path<String>,
    store: Data<ActivityStore>,
    users: Data<UsersClient>,
) -> Result<Json<OrEmpty<ProfilePage>>, Error> {
    let Ok(handle) = handle.parse::<Handle>() else { return Ok(Json(OrEmpty::Missing {})) };
    let Some(user) = users.profile(&handle).await.map_err(Error::Users)? else {
        return Ok(Json(OrEmpty::Missing {}));
    };
    let cruds_count = store.count_by_author(&handle).await?;
    let feed = store.by_author(&handle).await?;
    let names = Names::new(users.by_handles(&feed.authors()).await.map_err(Error::Users)?);
    let profile = Profile {
        uuid: user.uuid,
        handle: user.handle,
        display_name: user.display_name,
        bio: user.bio,
        cruds_count,
    };
    Ok(Json(OrEmpty::Found(ProfilePage { profile, activities: feed.named(&names) })))
}
