//! One call: send, look at the status, read a bounded body.

use bytes::{Bytes, BytesMut};
use reqwest::{Response, Url};
use reqwest_middleware::{ClientWithMiddleware, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use telemetry::client::{Resends, UrlTemplate};

use crate::{BaseUrl, ClientError};

/// The most of a body that is read. The longest list, 100 users, is a hundredth of it.
const MAX_BODY_BYTES: usize = 4 << 20;

/// A callee: its name, its address, and the client that calls it.
#[derive(Debug, Clone)]
pub(crate) struct Callee {
    pub(crate) service: &'static str,
    pub(crate) base: BaseUrl,
    pub(crate) client: ClientWithMiddleware,
}

impl Callee {
    /// Asks for JSON. `Ok(None)` is a 404.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        url: Url,
        query: &(impl Serialize + ?Sized),
        template: &'static str,
    ) -> Result<Option<T>, ClientError> {
        let response = self.read(|| self.client.get(url.clone()).query(query), template).await?;
        if response.status() == reqwest::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.json(response).await.map(Some)
    }

    /// Sends JSON and reads JSON. It is never repeated here.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        url: Url,
        body: &impl Serialize,
        template: &'static str,
    ) -> Result<T, ClientError> {
        let response = self.send(self.client.post(url).json(body), template).await?;
        self.json(response).await
    }

    /// Sends a request that only reads.
    ///
    /// A connection that is lost on the way is tried once more: the callee closes idle ones, and may do so at the very
    /// moment in which one is used again. Reading twice does no harm.
    pub(crate) async fn read(
        &self,
        request: impl Fn() -> RequestBuilder,
        template: &'static str,
    ) -> Result<Response, ClientError> {
        match self.send(request(), template).await {
            Err(ClientError::Unreachable { source, .. }) if is_lost(&source) => {
                self.send(request().with_extension(Resends(1)), template).await
            }
            outcome => outcome,
        }
    }

    pub(crate) async fn send(
        &self,
        request: RequestBuilder,
        template: &'static str,
    ) -> Result<Response, ClientError> {
        let response = request.with_extension(UrlTemplate(template)).send().await;
        response.map_err(|error| ClientError::from_transport(self.service, error))
    }

    /// The whole body, if it is not too long.
    pub(crate) async fn body(&self, mut response: Response) -> Result<Bytes, ClientError> {
        let failed =
            |error| ClientError::from_transport(self.service, reqwest_middleware::Error::Reqwest(error));
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(ClientError::TooLarge { service: self.service, limit: MAX_BODY_BYTES });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    async fn json<T: DeserializeOwned>(&self, response: Response) -> Result<T, ClientError> {
        let (service, status) = (self.service, response.status());
        if status != reqwest::StatusCode::OK {
            return Err(ClientError::Status { service, status });
        }
        let body = self.body(response).await?;
        serde_json::from_slice(&body).map_err(|source| ClientError::Unreadable { service, source })
    }
}

/// Whether there was a connection, and it ended without an answer.
fn is_lost(error: &reqwest_middleware::Error) -> bool {
    let reqwest_middleware::Error::Reqwest(error) = error else { return false };
    error.is_request() && !error.is_connect() && !error.is_timeout()
}
