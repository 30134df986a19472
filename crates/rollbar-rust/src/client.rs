//! Sends items and deploys.

use std::fmt;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Method, Response, Url};
use secrecy::{ExposeSecret, SecretString};

use crate::answer::{Answer, MAX_ANSWER_BYTES, Receipt};
use crate::deploy::{Deploy, DeployId, DeployStatus, Update};
use crate::endpoint::{Endpoint, InvalidEndpoint};
use crate::error::Error;
use crate::item::Item;
use crate::payload::Payload;

const TOKEN: HeaderName = HeaderName::from_static("x-rollbar-access-token");

/// Sends items and deploys, from an async runtime of tokio. A clone shares the connections.
///
/// It sends each thing once: when to send again is the caller's business, and [`Error::retry`] says whether.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    endpoint: Endpoint,
    token: SecretString,
    /// The same, marked as a secret for everything that shows headers.
    header: HeaderValue,
    timeout: Duration,
}

impl Client {
    /// A client of Rollbar itself, for a token of the scope `post_server_item`.
    pub fn new(token: impl Into<SecretString>) -> Result<Self, ConfigError> {
        Self::builder(token).build()
    }

    /// Begins a client with other settings.
    pub fn builder(token: impl Into<SecretString>) -> ClientBuilder {
        ClientBuilder { token: token.into(), endpoint: Endpoint::default(), timeout: ClientBuilder::TIMEOUT }
    }

    /// Sends an item, cut to 512 KiB where it is longer.
    pub async fn send(&self, item: &Item) -> Result<Receipt, Error> {
        self.send_payload(&item.payload(), self.timeout).await
    }

    /// Sends an item that is encoded already, and waits for the answer no longer than `limit`, all in all.
    pub async fn send_payload(&self, payload: &Payload, limit: Duration) -> Result<Receipt, Error> {
        let answer =
            self.request(Method::POST, self.endpoint.items(), payload.as_bytes().to_vec(), limit).await?;
        answer.into_receipt(self.token.expose_secret())
    }

    /// Records a deploy.
    pub async fn report_deploy(&self, deploy: &Deploy) -> Result<DeployId, Error> {
        let answer = self.request(Method::POST, self.endpoint.deploys(), json(deploy), self.timeout).await?;
        answer.into_deploy_id(self.token.expose_secret()).map(DeployId)
    }

    /// Records how a deploy went on.
    pub async fn update_deploy(
        &self,
        id: DeployId,
        status: DeployStatus,
        comment: Option<&str>,
    ) -> Result<(), Error> {
        let body = json(&Update::new(status, comment));
        let answer = self.request(Method::PATCH, self.endpoint.deploy(id.0), body, self.timeout).await?;
        answer.into_success(self.token.expose_secret()).map(drop)
    }

    async fn request(
        &self,
        method: Method,
        url: Url,
        body: impl Into<reqwest::Body>,
        limit: Duration,
    ) -> Result<Answer, Error> {
        let request = self
            .http
            .request(method, url)
            .header(TOKEN, self.header.clone())
            .header(CONTENT_TYPE, "application/json")
            .timeout(limit)
            .body(body);
        let mut response = request.send().await.map_err(Error::of_transport)?;
        let body = read(&mut response).await;
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("endpoint", &self.endpoint.to_string())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Reads a body, but not more of it than an answer of the API can have.
async fn read(response: &mut Response) -> Result<Vec<u8>, &'static str> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| "it breaks off")? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err("it is too long");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn json(body: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("its keys are strings, so it is always JSON")
}

/// Makes a [`Client`], or, with the feature `blocking`, a `blocking::Client`.
#[derive(Debug, Clone)]
#[must_use]
pub struct ClientBuilder {
    token: SecretString,
    endpoint: Endpoint,
    timeout: Duration,
}

impl ClientBuilder {
    /// How long an answer is waited for, unless something else is set.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// Sets where the API is.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// Sets how long an answer is waited for: connecting, sending and reading together.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The client.
    pub fn build(self) -> Result<Client, ConfigError> {
        if self.endpoint.is_https() && !cfg!(feature = "tls") {
            return Err(InvalidEndpoint::NoTls.into());
        }
        let header = header(&self.token)?;
        let http = reqwest::Client::builder()
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            // A redirect would carry the token to another host.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(ConfigError::Http)?;
        Ok(Client { http, endpoint: self.endpoint, token: self.token, header, timeout: self.timeout })
    }
}

fn header(token: &SecretString) -> Result<HeaderValue, ConfigError> {
    let token = token.expose_secret();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ConfigError::Token);
    }
    let mut header = HeaderValue::from_str(token).map_err(|_| ConfigError::Token)?;
    header.set_sensitive(true);
    Ok(header)
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The token is empty or has characters that no token has.
    #[error("the access token is empty or has characters that no token has")]
    Token,
    /// The endpoint cannot be one.
    #[error(transparent)]
    Endpoint(#[from] InvalidEndpoint),
    /// The HTTP client could not be made.
    #[error("the HTTP client cannot be made")]
    Http(#[source] reqwest::Error),
    /// The thread of a blocking client could not be started.
    #[error("the thread of the client cannot be started")]
    Thread(#[source] std::io::Error),
}
