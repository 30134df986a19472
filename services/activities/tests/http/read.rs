//! Feeds, profiles, single activities.

use serde_json::json;

use crate::stack::{SEED, Service, notifications, send, users};

#[actix_web::test]
async fn home_lists_activities_with_names_and_counts_what_is_unread() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    let home = service.get("/api/activities/home").await;

    assert_eq!(home.status, 200);
    assert_eq!(home.header("x-unread-notifications"), Some("7"));
    assert_eq!(home.header("x-degraded"), None);
    let oldest = home.body.as_array().unwrap().last().unwrap();
    let expected = json!({
        "uuid": SEED,
        "display_name": "Andrew Brown",
        "handle": "andrewbrown",
        "message": "Cloud is very fun!",
        "replies_count": 1,
        "reposts_count": 0,
        "likes_count": 5,
        "created_at": "2026-01-03T00:00:00Z",
        "expires_at": null,
        "replies": [{
            "uuid": "a5c1d001-0000-4000-8000-000000000002",
            "reply_to_activity_uuid": SEED,
            "display_name": "Worf",
            "handle": "worf",
            "message": "This post has no honor!",
            "replies_count": 0,
            "reposts_count": 0,
            "likes_count": 0,
            "created_at": "2026-01-03T01:00:00Z",
        }],
    });
    assert_eq!(*oldest, expected);
    // All authors in one call.
    assert_eq!(users.asked().len(), 1);
    assert_eq!(notifications.asked()[0].query, "handle=andrewbrown");
}

#[actix_web::test]
async fn the_viewer_of_the_header_wins_over_the_default() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    send(service.request("GET", "/api/activities/home").header("x-cruddur-user", "worf")).await;
    assert_eq!(notifications.asked()[0].query, "handle=worf");

    let strange = service.request("GET", "/api/activities/home").header("x-cruddur-user", "not a handle");
    assert_eq!(send(strange).await.header("x-unread-notifications"), Some("0"));
}

#[actix_web::test]
async fn notifications_lists_the_activities_that_are_referred_to() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    let list = service.get("/api/activities/notifications").await;

    assert_eq!(
        (list.status, list.messages()),
        (200, vec!["My dear @andrewbrown, I am just a simple tailor"])
    );
}

#[actix_web::test]
async fn a_search_needs_a_term() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    for path in ["/api/activities/search", "/api/activities/search?term=", "/api/activities/search?other=x"] {
        assert_eq!(service.get(path).await.failure(), (422, "search_term_blank"), "{path}");
    }
    let found = service.get("/api/activities/search?term=FUN%21").await;
    assert_eq!((found.status, found.messages()), (200, vec!["Cloud is very fun!"]));
    assert_eq!(service.get("/api/activities/search?term=%25").await.body, json!([]));
    assert_eq!(service.get("/api/activities/search?term=a&term=b").await.failure(), (400, "bad_query"));
}

#[actix_web::test]
async fn a_profile_has_the_user_and_what_the_user_wrote() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    let page = service.get("/api/activities/@worf").await;

    let profile = json!({
        "uuid": "66e12864-8c26-4c3a-9658-95a10f8fea67",
        "handle": "worf",
        "display_name": "Worf",
        "bio": "a bio",
        "cruds_count": 2,
    });
    assert_eq!((page.status, &page.body["profile"]), (200, &profile));
    assert_eq!(page.body["activities"].as_array().unwrap().len(), 2);
    for unknown in ["/api/activities/@nobody", "/api/activities/@not%20a%20handle"] {
        let page = service.get(unknown).await;
        assert_eq!((page.status, page.body), (200, json!({})), "{unknown}");
    }
}

#[actix_web::test]
async fn one_activity_is_shown_with_its_replies_or_as_a_page() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    let activity = service.get(&format!("/api/activities/{SEED}")).await;
    assert_eq!((activity.status, &activity.body["replies"][0]["handle"]), (200, &json!("worf")));

    let page = service.get(&format!("/api/activities/@whoever/status/{SEED}")).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.body["replies"], activity.body["replies"]);
    assert_eq!(page.body["activity"]["uuid"], SEED);
    assert_eq!(page.body["activity"]["replies"], json!([]));
}

#[actix_web::test]
async fn an_unknown_or_malformed_uuid_is_not_found() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    for uuid in ["00000000-0000-4000-8000-000000000000", "nonsense", "1", "%00", "@"] {
        assert_eq!(
            service.get(&format!("/api/activities/{uuid}")).await.failure(),
            (404, "not_found"),
            "{uuid}"
        );
        let page = service.get(&format!("/api/activities/@worf/status/{uuid}")).await;
        assert_eq!((page.status, page.body), (200, json!({})), "{uuid}");
    }
}

#[actix_web::test]
async fn a_wrong_method_is_told_so_and_an_unknown_path_is_not_found() {
    let (users, notifications) = (users(), notifications());
    let service = Service::start(users.base(), notifications.base()).await;

    for (method, path) in [
        ("GET", "/api/activities"),
        ("DELETE", "/api/activities"),
        ("POST", "/api/activities/home"),
        ("POST", "/api/activities/notifications"),
        ("POST", "/api/activities/search"),
        ("POST", "/api/activities/@worf"),
        ("PUT", "/api/activities/nonsense"),
        ("GET", "/api/activities/nonsense/reply"),
    ] {
        let answer = send(service.request(method, path)).await;
        assert_eq!(answer.failure(), (405, "method_not_allowed"), "{method} {path}");
    }
    for path in ["/", "/api", "/api/messages", "/api/messages/@worf", "/api/activities/", "/api/nothing"] {
        assert_eq!(service.get(path).await.failure(), (404, "not_found"), "{path}");
    }
}
