//! Where, when and to whom it happened.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::body::Body;
use crate::level::Level;

/// All of an item; made by an [`ItemBuilder`](crate::ItemBuilder).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Data {
    /// Where the code runs, such as `production`.
    pub environment: String,
    /// What happened.
    pub body: Body,
    /// How severe it is.
    pub level: Level,
    /// When it happened, in seconds since 1970.
    pub timestamp: u64,
    /// Names this occurrence. A second item with the same one is discarded by Rollbar, so sending again is harmless.
    pub uuid: Uuid,
    /// The version of the code: a semantic version, a number, or a Git SHA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_version: Option<String>,
    /// The system that it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The language of the code.
    pub language: String,
    /// The framework of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framework: Option<String>,
    /// The part of the application, such as a route. Rollbar finds items by its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The request in which it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// The user to whom it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// The machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// Anything else.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub custom: Map<String, Value>,
    /// What the occurrence is grouped by; Rollbar finds one if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The title of the group; Rollbar finds one if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Keys and values that join the item to other things, such as `trace_id`, `span_id` and `session_id`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// What sends the item.
    pub notifier: Notifier,
}

/// One entry of [`Data::attributes`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attribute {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// What sends items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notifier {
    /// The name of the library.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Default for Notifier {
    /// This crate.
    fn default() -> Self {
        Self { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// The request in which something happened. Nothing of it is redacted here: leave secrets out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// Anything else. It stands before the known members, which replace what is of the same name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    /// The whole URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Such as `GET`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Headers, named as HTTP writes them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Parameters of the route.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
    /// Parameters of the query.
    #[serde(rename = "GET", skip_serializing_if = "Map::is_empty")]
    pub get: Map<String, Value>,
    /// The query as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_string: Option<String>,
    /// Parameters of a form.
    #[serde(rename = "POST", skip_serializing_if = "Map::is_empty")]
    pub post: Map<String, Value>,
    /// The body as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The caller's address, or `$remote_ip` for the address that the item is sent from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_ip: Option<String>,
}

impl Request {
    /// A request for a URL.
    #[must_use]
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self { method: Some(method.into()), url: Some(url.into()), ..Self::default() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Adds a parameter of the route.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }

    /// Sets the query as it was sent.
    #[must_use]
    pub fn query_string(mut self, query: impl Into<String>) -> Self {
        self.query_string = Some(query.into());
        self
    }

    /// Sets the body as it was sent.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets the caller's address.
    #[must_use]
    pub fn user_ip(mut self, address: impl Into<String>) -> Self {
        self.user_ip = Some(address.into());
        self
    }

    /// Adds anything else.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}

/// A user. Rollbar knows people by their id; the name and address received last are theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Person {
    /// Names the user in your system.
    pub id: String,
    /// The user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The user's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl Person {
    /// The user of an id.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), username: None, email: None }
    }

    /// Sets the name.
    #[must_use]
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// Sets the address.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }
}

/// The machine that something happened on.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Server {
    /// Anything else. It stands before the known members, which replace what is of the same name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The folder of the code, without a final slash. Frames outside of it are folded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The branch of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The version of the code on this machine, where it differs from the item's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_version: Option<String>,
}

impl Server {
    /// The machine of a name.
    #[must_use]
    pub fn new(host: impl Into<String>) -> Self {
        Self { host: Some(host.into()), ..Self::default() }
    }

    /// Sets the folder of the code.
    #[must_use]
    pub fn root(mut self, root: impl Into<String>) -> Self {
        self.root = Some(root.into());
        self
    }

    /// Sets the branch of the code.
    #[must_use]
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = Some(branch.into());
        self
    }

    /// Adds anything else.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}
