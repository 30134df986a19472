//! How lines are made.

use std::io::IsTerminal;

use opentelemetry_sdk::Resource;
use opentelemetry_semantic_conventions::attribute;

use super::{LogRecord, line, pretty};
use crate::resource;
use crate::settings::{LogFormat, LogsSettings};

/// Makes lines of records.
#[derive(Debug, Clone)]
pub(crate) struct Format {
    who: Who,
    style: Style,
}

/// Whose lines they are.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) service: String,
    pub(super) version: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Json,
    Pretty { has_colors: bool },
}

impl Format {
    /// One JSON object a line.
    pub(crate) fn json(resource: &Resource) -> Self {
        let text = |key| resource::text(resource, key);
        let who = Who { service: text(attribute::SERVICE_NAME), version: text(attribute::SERVICE_VERSION) };
        Self { who, style: Style::Json }
    }

    /// What the settings ask for on stdout; without a word of them, terminals get lines for people.
    pub(crate) fn of_stdout(resource: &Resource, settings: &LogsSettings) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let style = match settings.format {
            Some(LogFormat::Json) => Style::Json,
            None if !is_terminal => Style::Json,
            _ => Style::Pretty { has_colors: is_terminal && settings.has_colors },
        };
        Self { style, ..Self::json(resource) }
    }

    /// Appends one line, with its end, whatever the record holds.
    pub(crate) fn write(&self, record: &LogRecord, line: &mut Vec<u8>) {
        match self.style {
            Style::Json => line::write(&self.who, record, line),
            Style::Pretty { has_colors } => pretty::write(&self.who, record, has_colors, line),
        }
    }
}
