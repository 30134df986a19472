//! Who asks. A stand-in for a login: anybody may say to be anybody.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use crate::error::ApiError;

/// The header that names the viewer.
pub const VIEWER_HEADER: &str = "x-cruddur-user";

/// `CRUDDUR_USER`: the handle of the viewer when the request names none. Default `andrewbrown`.
#[derive(Debug, Clone)]
pub struct DefaultViewer(pub String);

/// The handle of the viewer, as it came: nobody has looked yet whether there is such a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer(pub String);

impl FromRequest for Viewer {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let default = || {
            let default = request.app_data::<web::Data<DefaultViewer>>();
            default.map_or_else(|| "andrewbrown".to_owned(), |default| default.0.clone())
        };
        let viewer = match request.headers().get(VIEWER_HEADER).map(|value| value.to_str()) {
            None => Ok(Self(default())),
            Some(Ok(handle)) => Ok(Self(handle.to_owned())),
            Some(Err(_)) => {
                Err(ApiError::bad_request("bad_viewer", "The header x-cruddur-user is not plain ASCII."))
            }
        };
        if let Ok(Self(handle)) = &viewer {
            telemetry::reports::set_person(handle);
        }
        ready(viewer)
    }
}
