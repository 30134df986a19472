//! Writing activities and replies.
//!
//! When several rules are broken at once, the caller hears of one, in the order in which they stand here.

use actix_web::web::{Data, Json, Path};
use api_types::{Activity, CreateActivity, CreateReply, Handle, Object, Reply, User};
use clients::UsersClient;
use server::Viewer;
use uuid::Uuid;

use crate::domain::{Invalid, Message, Ttl};
use crate::error::Error;
use crate::feed::Names;
use crate::store::{ActivityRecord, ActivityStore, Author, ReplyRecord, Text};

/// Writes a top-level activity in the viewer's name.
pub(crate) async fn activity(
    viewer: Viewer,
    body: Json<Object<CreateActivity>>,
    store: Data<ActivityStore>,
    users: Data<UsersClient>,
) -> Result<Json<Activity>, Error> {
    let CreateActivity { message, ttl } = body.into_inner().0;
    let message = Message::of_activity(message)?;
    let user = author(&viewer, &users).await?;
    let ttl = Ttl::parse(ttl.as_deref())?;

    let text = written_by(&user, &message);
    let expires_at = Some(ttl.after(text.created_at));
    let activity = ActivityRecord { text, expires_at };
    store.create(&activity).await?;
    Ok(Json(activity.named(&Names::new(vec![user]), Vec::new())))
}

/// Writes a reply in the viewer's name.
pub(crate) async fn reply(
    viewer: Viewer,
    parent: Path<String>,
    body: Json<Object<CreateReply>>,
    store: Data<ActivityStore>,
    users: Data<UsersClient>,
) -> Result<Json<Reply>, Error> {
    let message = Message::of_reply(body.into_inner().0.message)?;
    let parent = find_parent(&parent, &store).await?;
    let user = author(&viewer, &users).await?;

    let reply = ReplyRecord { text: written_by(&user, &message), reply_to: parent.text.uuid };
    if !store.reply(&reply, &parent.text.author.handle).await? {
        return Err(Invalid::ParentUnknown.into());
    }
    Ok(Json(reply.named(&Names::new(vec![user]))))
}

async fn find_parent(uuid: &str, store: &ActivityStore) -> Result<ActivityRecord, Error> {
    let uuid: Uuid = uuid.parse().map_err(|_| Invalid::ParentUnknown)?;
    Ok(store.find(uuid).await?.ok_or(Invalid::ParentUnknown)?)
}

/// Who the viewer is. Users need not be asked about a name that no user can have.
async fn author(viewer: &Viewer, users: &UsersClient) -> Result<User, Error> {
    let handle: Handle = viewer.0.parse().map_err(|_| Invalid::AuthorUnknown)?;
    let user = users.find(&handle).await.map_err(Error::Users)?;
    Ok(user.ok_or(Invalid::AuthorUnknown)?)
}

fn written_by(user: &User, message: &Message) -> Text {
    let author = Author { uuid: user.uuid, handle: user.handle.clone() };
    Text::new(author, message.as_str().to_owned())
}
