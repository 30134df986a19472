//! The endpoints.

mod events;
mod list;

use actix_web::web;

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    // A resource answers 405 to methods that it does not take; a bare route would answer 404.
    config
        .service(web::resource("/api/notifications").get(list::list))
        .service(web::resource("/api/notifications/unread_count").get(list::unread_count))
        .service(web::resource("/api/notifications/events").post(events::accept));
}
