//! Makes items.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::body::Body;
use crate::data::{Attribute, Data, Notifier, Person, Request, Server};
use crate::item::Item;
use crate::level::Level;
use crate::limits::{self, InvalidItem};

/// Makes an [`Item`]. What is not set is: the level `error` for exceptions and `info` for messages, now, a new uuid, the
/// language `rust`, the platform that the code was built for, and this crate as the notifier.
#[derive(Debug, Clone)]
pub struct ItemBuilder {
    data: Data,
}

impl ItemBuilder {
    pub(crate) fn new(environment: String, body: Body) -> Self {
        let level = if matches!(body, Body::Message(_)) { Level::Info } else { Level::Error };
        let data = Data {
            environment,
            body,
            level,
            timestamp: seconds(SystemTime::now()),
            uuid: Uuid::new_v4(),
            code_version: None,
            platform: Some(std::env::consts::OS.to_owned()),
            language: "rust".to_owned(),
            framework: None,
            context: None,
            request: None,
            person: None,
            server: None,
            custom: Map::new(),
            fingerprint: None,
            title: None,
            attributes: Vec::new(),
            notifier: Notifier::default(),
        };
        Self { data }
    }

    /// Sets how severe it is.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.data.level = level;
        self
    }

    /// Sets when it happened. A time before 1970 counts as 1970.
    #[must_use]
    pub fn timestamp(mut self, time: SystemTime) -> Self {
        self.data.timestamp = seconds(time);
        self
    }

    /// Sets the name of this occurrence.
    #[must_use]
    pub fn uuid(mut self, uuid: Uuid) -> Self {
        self.data.uuid = uuid;
        self
    }

    /// Sets the version of the code: a semantic version, a number, or a Git SHA, of at most 40 characters.
    #[must_use]
    pub fn code_version(mut self, version: impl Into<String>) -> Self {
        self.data.code_version = Some(version.into());
        self
    }

    /// Sets the system that the code runs on.
    #[must_use]
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.data.platform = Some(platform.into());
        self
    }

    /// Sets the language of the code.
    #[must_use]
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.data.language = language.into();
        self
    }

    /// Sets the framework of the code.
    #[must_use]
    pub fn framework(mut self, framework: impl Into<String>) -> Self {
        self.data.framework = Some(framework.into());
        self
    }

    /// Sets the part of the application, such as a route.
    #[must_use]
    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.data.context = Some(context.into());
        self
    }

    /// Sets the request in which it happened.
    #[must_use]
    pub fn request(mut self, request: Request) -> Self {
        self.data.request = Some(request);
        self
    }

    /// Sets the user to whom it happened.
    #[must_use]
    pub fn person(mut self, person: Person) -> Self {
        self.data.person = Some(person);
        self
    }

    /// Sets the machine.
    #[must_use]
    pub fn server(mut self, server: Server) -> Self {
        self.data.server = Some(server);
        self
    }

    /// Adds anything else.
    #[must_use]
    pub fn custom(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.data.custom.insert(name.into(), value.into());
        self
    }

    /// Sets what the occurrence is grouped by, in at most 40 characters.
    #[must_use]
    pub fn fingerprint(mut self, fingerprint: impl Into<String>) -> Self {
        self.data.fingerprint = Some(fingerprint.into());
        self
    }

    /// Sets the title of the group, in at most 255 characters.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.data.title = Some(title.into());
        self
    }

    /// Adds a key and a value that join the item to something else, such as `trace_id`.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.data.attributes.push(Attribute { key: key.into(), value: value.into() });
        self
    }

    /// Sets what sends the item, where that is more than this crate.
    #[must_use]
    pub fn notifier(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.data.notifier = Notifier { name: name.into(), version: version.into() };
        self
    }

    /// The item, or everything in it that is over a limit of the API or empty where something must be.
    pub fn build(mut self) -> Result<Item, InvalidItem> {
        limits::check(&mut self.data)?;
        Ok(Item::of_valid(self.data))
    }

    /// The item, with whatever [`build`](Self::build) would refuse made to fit: a report of a failure must not fail.
    ///
    /// Texts are cut to the limit. A fingerprint or a person's id that is too long becomes its beginning and a hash of
    /// the whole, so that two that differ still do. What is empty and must not be becomes `unknown`.
    #[must_use]
    pub fn build_lossy(mut self) -> Item {
        limits::enforce(&mut self.data);
        Item::of_valid(self.data)
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
