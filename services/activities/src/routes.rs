//! The endpoints.

mod create;
mod forward;
mod home;
mod notifications;
mod profile;
mod search;
mod show;

use actix_web::web;

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    // A resource answers 405 to methods that it does not take; a bare route would answer 404.
    // The first that matches wins: fixed names and `@handle` stand before `{uuid}`.
    config
        .service(web::resource("/api/activities").post(create::activity))
        .service(web::resource("/api/activities/home").get(home::home))
        .service(web::resource("/api/activities/notifications").get(notifications::notifications))
        .service(web::resource("/api/activities/search").get(search::search))
        .service(web::resource("/api/activities/@{handle}").get(profile::profile))
        .service(web::resource("/api/activities/@{handle}/status/{uuid}").get(show::status))
        .service(web::resource("/api/activities/{uuid}").get(show::activity))
        .service(web::resource("/api/activities/{uuid}/reply").post(create::reply))
        .service(web::resource("/api/users/{path:.*}").to(forward::to_users))
        .service(web::resource("/api/profile/{path:.*}").to(forward::to_users));
}
