//! Activities, their replies and their authors' names, put together for the front end.

use std::collections::{BTreeSet, HashMap};

use api_types::{Activity, Handle, Reply, User};
use uuid::Uuid;

use crate::store::{ActivityRecord, ReplyRecord};

/// Activities with their replies, still without names.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    activities: Vec<ActivityRecord>,
    /// Oldest first.
    replies: Vec<ReplyRecord>,
}

/// What users said: the display names behind the handles.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<Handle, String>);

impl Names {
    pub(crate) fn new(users: Vec<User>) -> Self {
        Self(users.into_iter().map(|user| (user.handle, user.display_name)).collect())
    }

    /// The name behind a handle; the handle itself stands in for one that is not known.
    fn of(&self, handle: &Handle) -> String {
        self.0.get(handle).cloned().unwrap_or_else(|| handle.to_string())
    }
}

impl Feed {
    pub(crate) fn new(activities: Vec<ActivityRecord>, replies: Vec<ReplyRecord>) -> Self {
        Self { activities, replies }
    }

    /// Everybody who wrote any of it, each once.
    pub(crate) fn authors(&self) -> Vec<Handle> {
        let of_activities = self.activities.iter().map(|activity| &activity.text.author.handle);
        let of_replies = self.replies.iter().map(|reply| &reply.text.author.handle);
        let distinct: BTreeSet<_> = of_activities.chain(of_replies).collect();
        distinct.into_iter().cloned().collect()
    }

    /// The activities in their order, each with its replies.
    pub(crate) fn named(self, names: &Names) -> Vec<Activity> {
        let mut replies: HashMap<Uuid, Vec<Reply>> = HashMap::new();
        for reply in self.replies {
            replies.entry(reply.reply_to).or_default().push(reply.named(names));
        }
        let with_replies = |activity: ActivityRecord| {
            let replies = replies.remove(&activity.text.uuid).unwrap_or_default();
            activity.named(names, replies)
        };
        self.activities.into_iter().map(with_replies).collect()
    }
}

impl ActivityRecord {
    pub(crate) fn named(self, names: &Names, replies: Vec<Reply>) -> Activity {
        let text = self.text;
        Activity {
            uuid: text.uuid,
            display_name: names.of(&text.author.handle),
            handle: text.author.handle,
            message: text.message,
            replies_count: text.replies_count,
            reposts_count: text.reposts_count,
            likes_count: text.likes_count,
            created_at: text.created_at,
            expires_at: self.expires_at,
            replies,
        }
    }
}

impl ReplyRecord {
    pub(crate) fn named(self, names: &Names) -> Reply {
        let text = self.text;
        Reply {
            uuid: text.uuid,
            reply_to_activity_uuid: self.reply_to,
            display_name: names.of(&text.author.handle),
            handle: text.author.handle,
            message: text.message,
            replies_count: text.replies_count,
            reposts_count: text.reposts_count,
            likes_count: text.likes_count,
            created_at: text.created_at,
        }
    }
}
