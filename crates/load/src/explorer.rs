//! Client of the explorer's query API.

use std::time::Duration;

use reqwest::{Client, StatusCode, Url};

use crate::error::LoadError;
use crate::http::{self, CallError, below};
use crate::trace::Trace;

/// Limit of one question.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks the explorer.
#[derive(Debug, Clone)]
pub(crate) struct Explorer {
    client: Client,
    base: Url,
}

impl Explorer {
    pub(crate) fn new(base: Url) -> Result<Self, LoadError> {
        Ok(Self { client: http::client(TIMEOUT).map_err(LoadError::Client)?, base })
    }

    /// Whether it answers, and is an explorer.
    pub(crate) async fn ready(&self) -> Result<(), LoadError> {
        let known = async {
            let response = self.client.get(below(&self.base, "api/traces?limit=1")).send().await?;
            if response.status() != StatusCode::OK {
                return Err(CallError::Status(response.status()));
            }
            let list: serde_json::Value = response.json().await?;
            let known = list["traces"].is_array();
            known.then_some(()).ok_or_else(|| CallError::Body("there is no list of traces in it".to_owned()))
        };
        known.await.map_err(|source| LoadError::Explorer { url: self.base.to_string(), source })
    }

    /// What it knows of a trace; one without spans when it knows nothing.
    pub(crate) async fn trace(&self, trace_id: &str) -> Result<Trace, CallError> {
        let response = self.client.get(below(&self.base, &format!("api/traces/{trace_id}"))).send().await?;
        match response.status() {
            StatusCode::OK => Ok(response.json().await?),
            StatusCode::NOT_FOUND => Ok(Trace::default()),
            other => Err(CallError::Status(other)),
        }
    }

    /// The waterfall of a trace as text. What services named their spans must not steer the terminal, so control
    /// characters are left out.
    pub(crate) async fn waterfall(&self, trace_id: &str) -> Result<String, CallError> {
        let request = self.client.get(below(&self.base, &format!("traces/{trace_id}")));
        let response = request.header("accept", "text/plain").send().await?;
        if response.status() != StatusCode::OK {
            return Err(CallError::Status(response.status()));
        }
        let text = response.text().await?;
        Ok(text.chars().filter(|character| *character == '\n' || !character.is_control()).collect())
    }
}
