//! Deploys: which revision went where, and whether that went well.

use std::fmt;

use serde::Serialize;

use crate::limits::Violation;

/// A comment may be as long.
const MAX_COMMENT_BYTES: usize = 64_000;

/// A revision that goes to an environment.
///
/// Deploys have no uuid: one that is sent twice is recorded twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deploy {
    environment: String,
    revision: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollbar_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<DeployStatus>,
}

/// How far a deploy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeployStatus {
    /// It has begun.
    Started,
    /// It went well.
    Succeeded,
    /// It did not.
    Failed,
    /// Nobody knows.
    TimedOut,
}

/// The number of a deploy, to tell its status later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeployId(pub u64);

impl fmt::Display for DeployId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A deploy that the API would refuse: a field is empty or too long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the deploy breaks limits of the API: {0}")]
pub struct InvalidDeploy(pub Violation);

impl Deploy {
    /// A revision, such as a Git SHA, in an environment. Rollbar takes it for a success unless it has a status.
    pub fn new(environment: impl Into<String>, revision: impl Into<String>) -> Result<Self, InvalidDeploy> {
        let deploy = Self {
            environment: required("environment", environment.into())?,
            revision: required("revision", revision.into())?,
            rollbar_username: None,
            local_username: None,
            comment: None,
            status: None,
        };
        Ok(deploy)
    }

    /// Sets who deploys, by the name at Rollbar.
    #[must_use]
    pub fn rollbar_username(mut self, name: impl Into<String>) -> Self {
        self.rollbar_username = Some(name.into());
        self
    }

    /// Sets who deploys, by the name on this machine, cut to 255 characters.
    #[must_use]
    pub fn local_username(mut self, name: impl Into<String>) -> Self {
        self.local_username = Some(name.into().chars().take(255).collect());
        self
    }

    /// Sets a comment, cut to 64,000 bytes.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(cut(comment.into()));
        self
    }

    /// Sets how far it is.
    #[must_use]
    pub fn status(mut self, status: DeployStatus) -> Self {
        self.status = Some(status);
        self
    }
}

/// What changes of a deploy.
#[derive(Serialize)]
pub(crate) struct Update {
    status: DeployStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

impl Update {
    pub(crate) fn new(status: DeployStatus, comment: Option<&str>) -> Self {
        Self { status, comment: comment.map(|comment| cut(comment.to_owned())) }
    }
}

fn required(field: &'static str, text: String) -> Result<String, InvalidDeploy> {
    let (characters, limit) = (text.chars().count(), 255);
    match characters {
        0 => Err(InvalidDeploy(Violation::Empty(field))),
        1..=255 => Ok(text),
        _ => Err(InvalidDeploy(Violation::TooLong { field, characters, limit })),
    }
}

fn cut(mut comment: String) -> String {
    comment.truncate(comment.floor_char_boundary(MAX_COMMENT_BYTES));
    comment
}
