//! Activities by what they say.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use clients::UsersClient;
use serde::Deserialize;

use crate::degraded::Degraded;
use crate::domain::SearchTerm;
use crate::error::Error;
use crate::feed::Names;
use crate::store::ActivityStore;

#[derive(Deserialize)]
pub(crate) struct Asked {
    term: Option<String>,
}

/// Lists the newest activities whose message holds the term.
pub(crate) async fn search(
    asked: Query<Asked>,
    store: Data<ActivityStore>,
    users: Data<UsersClient>,
) -> Result<HttpResponse, Error> {
    let term = SearchTerm::parse(asked.into_inner().term)?;
    let feed = store.search(&term).await?;
    let mut degraded = Degraded::default();
    let names = Names::new(degraded.or(users.by_handles(&feed.authors()).await, Vec::new()));
    Ok(degraded.answer(&feed.named(&names)))
}
