//! The endpoints.

mod list;
mod profile;

use actix_web::web;

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    // A resource answers 405 to methods that it does not take; a bare route would answer 404.
    config
        .service(web::resource("/api/users").get(list::list))
        .service(web::resource("/api/users/@{handle}").get(profile::show))
        .service(web::resource("/api/users/@{handle}/short").get(profile::short))
        .service(web::resource("/api/profile/update").put(profile::update).post(profile::update));
}
