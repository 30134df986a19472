//! The outside user: plain HTTP, no trace context.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode, Url};
use serde_json::Value;
use tokio::time::Instant;

use crate::error::LoadError;
use crate::http::{self, CallError, below};
use crate::outcome::{Failure, Outcome, TraceRef};
use crate::scenario::{Request, Scenario};

/// Talks to the public API. Clones share the connections.
#[derive(Debug, Clone)]
pub(crate) struct User {
    client: Client,
    base: Url,
}

impl User {
    /// One that gives a request up after `timeout`.
    pub(crate) fn new(base: Url, timeout: Duration) -> Result<Self, LoadError> {
        Ok(Self { client: http::client(timeout).map_err(LoadError::Client)?, base })
    }

    /// Whether the service answers and is ready. The request is a health check, which leaves no trace.
    pub(crate) async fn ready(&self) -> Result<(), LoadError> {
        let failed = |source| LoadError::Service { url: self.base.to_string(), source };
        let response = self.client.get(below(&self.base, "health/ready")).send().await;
        match response.map_err(|error| failed(error.into()))?.status() {
            StatusCode::OK => Ok(()),
            other => Err(failed(CallError::Status(other))),
        }
    }

    /// Sends a request that was due at `due` and reads the whole answer.
    pub(crate) async fn measure(&self, scenario: Scenario, request: Request, due: Instant) -> Outcome {
        let mut trace = None;
        let answer = match self.send(request).await {
            Ok(response) => {
                trace = Some(TraceRef::from_headers(response.headers()));
                judge(response).await
            }
            Err(error) => Err(CallError::from(error).into()),
        };
        Outcome { scenario, latency: Some(due.elapsed()), failure: answer.err(), trace }
    }

    /// Sends a request that is not measured; the body of its answer.
    pub(crate) async fn ask(&self, request: Request) -> Result<Value, Failure> {
        let body = judge(self.send(request).await.map_err(CallError::from)?).await?;
        serde_json::from_slice(&body).map_err(|error| CallError::Body(error.to_string()).into())
    }

    async fn send(&self, request: Request) -> reqwest::Result<Response> {
        let mut builder = self.client.request(request.method, below(&self.base, &request.path));
        if let Some(viewer) = request.viewer {
            builder = builder.header("x-cruddur-user", viewer);
        }
        if let Some(body) = request.body {
            builder = builder.json(&body);
        }
        builder.send().await
    }
}

/// The body of an answer that is all that was asked for.
async fn judge(response: Response) -> Result<Vec<u8>, Failure> {
    let status = response.status();
    let degraded =
        response.headers().get("x-degraded").map(|value| String::from_utf8_lossy(value.as_bytes()).into());
    // The body belongs to the answer, whatever its status.
    let body = response.bytes().await.map_err(CallError::from)?;
    match degraded {
        _ if status != StatusCode::OK => Err(CallError::Status(status).into()),
        Some(services) => Err(Failure::Degraded(services)),
        None => Ok(body.into()),
    }
}
