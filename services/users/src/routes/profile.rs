//! One user's profile.

use actix_web::web::{Data, Json, Path};
use api_types::{Handle, Object, OrEmpty, User, UserProfile, UserUpdate};
use server::Viewer;

use crate::domain::ProfileUpdate;
use crate::error::Error;
use crate::store::UserStore;

/// Shows a profile to another service.
pub(crate) async fn show(handle: Path<String>, store: Data<UserStore>) -> Result<Json<UserProfile>, Error> {
    find(&handle, &store).await?.map(Json).ok_or(Error::UnknownUser)
}

/// Shows the front end who is behind a handle: `{}` when nobody is.
pub(crate) async fn short(
    handle: Path<String>,
    store: Data<UserStore>,
) -> Result<Json<OrEmpty<User>>, Error> {
    let profile = find(&handle, &store).await?;
    let user =
        profile.map(|UserProfile { uuid, handle, display_name, .. }| User { uuid, handle, display_name });
    Ok(Json(user.into()))
}

/// Changes the viewer's own profile.
pub(crate) async fn update(
    viewer: Viewer,
    body: Json<Object<UserUpdate>>,
    store: Data<UserStore>,
) -> Result<Json<User>, Error> {
    let update = ProfileUpdate::try_from(body.into_inner().0)?;
    let handle: Handle = viewer.0.parse().map_err(|_| Error::UnknownUser)?;
    store.update(&handle, &update).await?.map(Json).ok_or(Error::UnknownUser)
}

/// What is no handle names nobody.
async fn find(handle: &str, store: &UserStore) -> Result<Option<UserProfile>, Error> {
    match handle.parse() {
        Ok(handle) => Ok(store.profile(&handle).await?),
        Err(_) => Ok(None),
    }
}
