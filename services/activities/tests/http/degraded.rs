//! Reads while another service is down: 200 with what there is.

use clients::testing::{Answer, nowhere};
use serde_json::json;

use crate::stack::{SEED, Service, notifications, users};

#[actix_web::test]
async fn home_without_users_shows_handles() {
    let notifications = notifications();
    let service = Service::start(nowhere(), notifications.base()).await;

    let home = service.get("/api/activities/home").await;

    assert_eq!((home.status, home.header("x-degraded")), (200, Some("users")));
    assert_eq!(home.header("x-unread-notifications"), Some("7"));
    for activity in home.body.as_array().unwrap() {
        assert_eq!(activity["display_name"], activity["handle"]);
    }
}

#[actix_web::test]
async fn home_without_notifications_lacks_the_count() {
    let users = users();
    let service = Service::start(users.base(), nowhere()).await;

    let home = service.get("/api/activities/home").await;

    assert_eq!((home.status, home.header("x-degraded")), (200, Some("notifications")));
    assert_eq!(home.header("x-unread-notifications"), None);
    assert_eq!(home.messages().len(), 4);
}

#[actix_web::test]
async fn home_without_both_names_both() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;
    users.behave(|_| Answer::status(500));
    notifications.behave(|_| Answer::ok("nonsense"));

    let home = service.get("/api/activities/home").await;

    assert_eq!((home.status, home.header("x-degraded")), (200, Some("users, notifications")));
    assert_eq!(home.messages().len(), 4);
}

#[actix_web::test]
async fn slow_callees_are_not_waited_for() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;
    users.behave(|_| Answer::ok("[]").too_late());
    notifications.behave(|_| Answer::ok("[]").too_late());

    let home = service.get("/api/activities/home").await;

    assert_eq!((home.status, home.header("x-degraded")), (200, Some("users, notifications")));
}

#[actix_web::test]
async fn notifications_without_notifications_is_empty() {
    let users = users();
    let service = Service::start(users.base(), nowhere()).await;

    let list = service.get("/api/activities/notifications").await;

    assert_eq!((list.status, list.header("x-degraded")), (200, Some("notifications")));
    assert_eq!(list.body, json!([]));
}

#[actix_web::test]
async fn notifications_without_users_shows_handles() {
    let notifications = notifications();
    let service = Service::start(nowhere(), notifications.base()).await;

    let list = service.get("/api/activities/notifications").await;

    assert_eq!((list.status, list.header("x-degraded")), (200, Some("users")));
    assert_eq!(list.body[0]["display_name"], "garek");
}

#[actix_web::test]
async fn other_reads_without_users_show_handles_and_a_profile_cannot_be_shown() {
    let notifications = notifications();
    let service = Service::start(nowhere(), notifications.base()).await;

    for path in ["/api/activities/search?term=fun", &format!("/api/activities/{SEED}")] {
        let answer = service.get(path).await;
        assert_eq!((answer.status, answer.header("x-degraded")), (200, Some("users")), "{path}");
    }
    assert_eq!(service.get("/api/activities/@worf").await.failure(), (502, "bad_gateway"));
}

#[actix_web::test]
async fn a_profile_that_was_found_is_shown_without_the_names_of_others() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;
    users.behave(|asked| match asked.path.as_str() {
        "/api/users" => Answer::status(500),
        _ => Answer::ok(r#"{"uuid": "3c7d5f20-4e61-408c-ad9e-bf20314c5d6e", "handle": "andrewbrown", "display_name": "Andrew Brown", "bio": null}"#),
    });

    let profile = service.get("/api/activities/@andrewbrown").await;

    assert_eq!((profile.status, profile.header("x-degraded")), (200, Some("users")));
    assert_eq!(profile.body["profile"]["handle"], "andrewbrown");
    assert!(!profile.body["activities"].as_array().unwrap().is_empty());
}
