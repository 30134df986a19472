//! Client of the users service.

use api_types::{Handle, User, UserProfile};
use reqwest_middleware::ClientWithMiddleware;

use crate::call::Callee;
use crate::forward::{ForwardRequest, Forwarded};
use crate::{BaseUrl, ClientError};

/// The most handles that the service takes in one call.
const MAX_HANDLES: usize = 100;

/// Asks the users service. Clones share the connections.
#[derive(Debug, Clone)]
pub struct UsersClient(Callee);

impl UsersClient {
    /// A client of the service at `base`.
    #[must_use]
    pub fn new(client: ClientWithMiddleware, base: BaseUrl) -> Self {
        Self(Callee { service: "users", base, client })
    }

    /// The users of these handles, in any order; unknown ones are left out. One call for every hundred.
    pub async fn by_handles(&self, handles: &[Handle]) -> Result<Vec<User>, ClientError> {
        let mut users = Vec::with_capacity(handles.len());
        for some in handles.chunks(MAX_HANDLES) {
            let list = some.iter().map(Handle::as_str).collect::<Vec<_>>().join(",");
            let url = self.0.base.path(["api", "users"]);
            let found: Option<Vec<User>> = self.0.get(url, &[("handles", list)], "/api/users").await?;
            users.extend(found.ok_or(self.not_found())?);
        }
        Ok(users)
    }

    /// The user of this handle.
    pub async fn find(&self, handle: &Handle) -> Result<Option<User>, ClientError> {
        let users = self.by_handles(std::slice::from_ref(handle)).await?;
        Ok(users.into_iter().find(|user| user.handle == *handle))
    }

    /// The profile of the user of this handle.
    pub async fn profile(&self, handle: &Handle) -> Result<Option<UserProfile>, ClientError> {
        let url = self.0.base.path(["api", "users", &format!("@{handle}")]);
        self.0.get(url, &(), "/api/users/@{handle}").await
    }

    /// Hands a request of the front end on to the service, whatever it is, and its answer back.
    pub async fn forward(&self, request: ForwardRequest<'_>) -> Result<Forwarded, ClientError> {
        request.send(&self.0).await
    }

    /// A list is never missing: something else answers at the address of the service.
    fn not_found(&self) -> ClientError {
        ClientError::Status { service: self.0.service, status: reqwest::StatusCode::NOT_FOUND }
    }
}
