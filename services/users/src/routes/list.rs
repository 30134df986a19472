//! Users by handle or by uuid, for the other services.

use actix_web::web::{Data, Json, Query};
use api_types::User;
use serde::Deserialize;

use crate::error::Error;
use crate::store::UserStore;

/// The most users in one call.
const MAX_USERS: usize = 100;

#[derive(Deserialize)]
pub(crate) struct Asked {
    handles: Option<String>,
    uuids: Option<String>,
}

/// Lists the users asked for; unknown ones are left out, and what is no handle or uuid is unknown.
pub(crate) async fn list(asked: Query<Asked>, store: Data<UserStore>) -> Result<Json<Vec<User>>, Error> {
    let users = match (&asked.handles, &asked.uuids) {
        (Some(handles), _) => store.by_handles(&parse(handles)?).await?,
        (None, Some(uuids)) => store.by_uuids(&parse(uuids)?).await?,
        (None, None) => return Err(Error::NothingAsked),
    };
    Ok(Json(users))
}

fn parse<T: std::str::FromStr>(list: &str) -> Result<Vec<T>, Error> {
    if list.split(',').count() > MAX_USERS {
        return Err(Error::TooMany);
    }
    Ok(list.split(',').filter_map(|item| item.parse().ok()).collect())
}
