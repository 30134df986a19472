//! Who is to be told of an event.

use std::collections::BTreeMap;

use api_types::{Event, Handle, NotificationKind};

/// The most `@mentions` of one message that are looked at: as many users as can be asked for in one call.
const MAX_MENTIONS: usize = 100;

/// The distinct handles that `message` mentions, in the order in which they first stand there, without `actor`.
///
/// A mention is `@` and a handle, where the `@` does not follow a letter or digit (that is an e-mail address) and the
/// handle does not end in a dot (that ends the sentence).
pub(crate) fn mentions(message: &str, actor: &Handle) -> Vec<Handle> {
    let mut found: Vec<Handle> = Vec::new();
    let mut before = None;
    for (position, character) in message.char_indices() {
        if character == '@' && !before.is_some_and(char::is_alphanumeric) {
            let mention = handle_at(&message[position + 1..]).filter(|handle| handle != actor);
            match mention {
                Some(handle) if !found.contains(&handle) => found.push(handle),
                _ => {}
            }
        }
        if found.len() == MAX_MENTIONS {
            break;
        }
        before = Some(character);
    }
    found
}

/// The handle at the beginning of `text`.
fn handle_at(text: &str) -> Option<Handle> {
    let end = text.find(|character| !Handle::allows(character)).unwrap_or(text.len());
    text[..end].trim_end_matches('.').parse().ok()
}

/// Whom to tell, and why, given which of the mentioned handles exist. Nobody is told of himself, and nobody twice: to
/// have been answered is the stronger reason.
pub(crate) fn recipients(event: &Event, existing: &[Handle]) -> BTreeMap<Handle, NotificationKind> {
    let mut recipients: BTreeMap<_, _> =
        existing.iter().map(|handle| (handle.clone(), NotificationKind::Mention)).collect();
    if let Some(parent) = &event.parent_handle {
        recipients.insert(parent.clone(), NotificationKind::Reply);
    }
    recipients.remove(&event.actor_handle);
    recipients
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_types::EventKind;
    use uuid::Uuid;

    fn handle(text: &str) -> Handle {
        text.parse().unwrap()
    }

    fn check(message: &str, expected: &[&str]) {
        let found = mentions(message, &handle("worf"));
        assert_eq!(found.iter().map(Handle::as_str).collect::<Vec<_>>(), expected, "{message:?}");
    }

    #[test]
    fn a_mention_is_an_at_sign_and_a_handle() {
        check("", &[]);
        check("@bayko", &["bayko"]);
        check("hello @bayko, @londo! and @a_b-c.", &["bayko", "londo", "a_b-c"]);
        check("(@bayko)@londo", &["bayko", "londo"]);
        check("öffnen→@bayko←", &["bayko"]);
        check("@@bayko @ @. @ö", &["bayko"]);
    }

    #[test]
    fn an_email_address_is_no_mention() {
        check("write to me@example.com or ö@bayko", &[]);
    }

    #[test]
    fn everybody_is_mentioned_once_and_nobody_by_himself() {
        check("@bayko @worf @bayko @londo @worf", &["bayko", "londo"]);
    }

    #[test]
    fn a_hundred_mentions_are_looked_at() {
        let message = (0..150).map(|n| format!("@user{n}")).collect::<Vec<_>>().join(" ");

        assert_eq!(mentions(&message, &handle("worf")).len(), 100);
    }

    fn event(parent: Option<&str>) -> Event {
        Event {
            event_id: Uuid::nil(),
            kind: if parent.is_some() { EventKind::ReplyCreated } else { EventKind::ActivityCreated },
            activity_uuid: Uuid::nil(),
            actor_handle: handle("worf"),
            parent_handle: parent.map(handle),
            message: String::new(),
            created_at: time::OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn who_is_answered_is_told_so_even_when_mentioned() {
        let told = recipients(&event(Some("bayko")), &[handle("bayko"), handle("londo")]);

        assert_eq!(told[&handle("bayko")], NotificationKind::Reply);
        assert_eq!(told[&handle("londo")], NotificationKind::Mention);
    }

    #[test]
    fn nobody_is_told_of_his_own_reply() {
        assert!(recipients(&event(Some("worf")), &[]).is_empty());
        assert!(recipients(&event(None), &[]).is_empty());
    }
}
