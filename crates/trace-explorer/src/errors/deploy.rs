//! Deploys: which revision went where, and whether it went well.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Refusal;
use super::redact;

/// Characters of a name.
const NAME: usize = 255;

/// Bytes of a comment.
const COMMENT: usize = 64_000;

/// How far a deploy can be.
const STATUSES: [&str; 4] = ["started", "succeeded", "failed", "timed_out"];

/// A deploy as it is kept. The form in the log is its JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deploy {
    /// Counted up from 1.
    pub(crate) id: u64,
    pub(crate) time_unix_nano: u64,
    pub(crate) environment: String,
    pub(crate) revision: String,
    #[serde(default)]
    pub(crate) rollbar_username: Option<String>,
    #[serde(default)]
    pub(crate) local_username: Option<String>,
    #[serde(default)]
    pub(crate) comment: Option<String>,
    pub(crate) status: String,
}

/// What may change of a deploy later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeployUpdate {
    pub(crate) status: Option<String>,
    pub(crate) comment: Option<String>,
}

impl Deploy {
    /// Checks a payload as Rollbar does. The store gives the id.
    pub(crate) fn accept(payload: Value, token: Option<&str>, time_unix_nano: u64) -> Result<Self, Refusal> {
        let fields = Fields::of(payload, token)?;
        Ok(Self {
            id: 0,
            time_unix_nano,
            environment: fields.required("environment")?,
            revision: fields.required("revision")?,
            rollbar_username: fields.name("rollbar_username")?,
            local_username: fields.name("local_username")?,
            comment: fields.comment()?,
            status: fields.status()?.unwrap_or_else(|| "succeeded".to_owned()),
        })
    }

    /// The payload of a record.
    pub(crate) fn to_record(&self) -> Bytes {
        serde_json::to_vec(self).expect("texts and numbers are written as JSON").into()
    }

    /// What a record holds; `None` if it is none of ours.
    pub(crate) fn of_record(record: &[u8]) -> Option<Self> {
        serde_json::from_slice(record).ok()
    }
}

impl DeployUpdate {
    pub(crate) fn accept(payload: Value, token: Option<&str>) -> Result<Self, Refusal> {
        let fields = Fields::of(payload, token)?;
        Ok(Self { status: fields.status()?, comment: fields.comment()? })
    }
}

struct Fields(Map<String, Value>);

impl Fields {
    fn of(payload: Value, token: Option<&str>) -> Result<Self, Refusal> {
        let (tokens, mut fields) = redact::tokens(payload, token)?;
        redact::redact(&mut fields, &tokens);
        Ok(Self(fields))
    }

    fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::Wrong(format!("`{name}` must be a text"))),
        }
    }

    fn name(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.text(name)? {
            Some(text) if text.chars().count() > NAME => {
                Err(Refusal::Wrong(format!("`{name}` must have at most {NAME} characters")))
            }
            text => Ok(text.map(str::to_owned)),
        }
    }

    fn required(&self, name: &str) -> Result<String, Refusal> {
        let text = self.name(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Refusal::Wrong(format!("`{name}` must be a text that is not empty")))
    }

    fn comment(&self) -> Result<Option<String>, Refusal> {
        match self.text("comment")? {
            Some(text) if text.len() > COMMENT => {
                Err(Refusal::Wrong(format!("`comment` must have at most {COMMENT} bytes")))
            }
            text => Ok(text.map(str::to_owned)),
        }
    }

    fn status(&self) -> Result<Option<String>, Refusal> {
        match self.text("status")? {
            Some(status) if !STATUSES.contains(&status) => {
                Err(Refusal::Wrong(format!("`status` must be one of {}", STATUSES.join(", "))))
            }
            status => Ok(status.map(str::to_owned)),
        }
    }
}
