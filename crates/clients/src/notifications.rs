//! Client of the notifications service.

use api_types::{Event, EventAccepted, Handle, Notification, UnreadCount};
use reqwest_middleware::ClientWithMiddleware;

use crate::call::Callee;
use crate::{BaseUrl, ClientError};

/// Asks and tells the notifications service. Clones share the connections.
#[derive(Debug, Clone)]
pub struct NotificationsClient(Callee);

impl NotificationsClient {
    /// A client of the service at `base`.
    #[must_use]
    pub fn new(client: ClientWithMiddleware, base: BaseUrl) -> Self {
        Self(Callee { service: "notifications", base, client })
    }

    /// Tells the service of an event. It may be told the same event twice.
    pub async fn send(&self, event: &Event) -> Result<EventAccepted, ClientError> {
        let url = self.0.base.path(["api", "notifications", "events"]);
        self.0.post(url, event, "/api/notifications/events").await
    }

    /// What a user was told of, newest first.
    pub async fn list(&self, handle: &Handle) -> Result<Vec<Notification>, ClientError> {
        let url = self.0.base.path(["api", "notifications"]);
        let found = self.0.get(url, &[("handle", handle.as_str())], "/api/notifications").await?;
        found.ok_or(self.not_found())
    }

    /// How much of it the user has not seen.
    pub async fn unread_count(&self, handle: &Handle) -> Result<UnreadCount, ClientError> {
        let url = self.0.base.path(["api", "notifications", "unread_count"]);
        let found =
            self.0.get(url, &[("handle", handle.as_str())], "/api/notifications/unread_count").await?;
        found.ok_or(self.not_found())
    }

    /// A list is never missing: something else answers at the address of the service.
    fn not_found(&self) -> ClientError {
        ClientError::Status { service: self.0.service, status: reqwest::StatusCode::NOT_FOUND }
    }
}
