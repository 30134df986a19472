//! The [filter patterns][syntax] of CloudWatch Logs: terms, and selectors into JSON.
//!
//! Terms are found wherever they stand in the message, in this case. Regular expressions (`%…%`) and patterns of
//! columns (`[a, b]`) are refused, and not taken for something else.
//!
//! [syntax]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

mod json;
mod scan;
mod terms;

use json::Condition;
use terms::Terms;

/// Characters of a pattern, as in AWS.
const MAX_CHARACTERS: usize = 1024;

/// Why a text is no pattern, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct PatternError(String);

impl PatternError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Which events are meant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pattern {
    Terms(Terms),
    Json(Condition),
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        if text.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(PatternError::new(format!(
                "a filter pattern has at most {MAX_CHARACTERS} characters"
            )));
        }
        let text = text.trim();
        match text.chars().next() {
            Some('{') => Ok(Self::Json(json::parse(text)?)),
            Some('[') => Err(PatternError::new("patterns of columns, `[…]`, are not supported here")),
            _ => Ok(Self::Terms(terms::parse(text)?)),
        }
    }

    pub(crate) fn matches(&self, message: &str) -> bool {
        match self {
            Self::Terms(terms) => terms.matches(message),
            Self::Json(condition) => serde_json::from_str(message).is_ok_and(|value| condition.holds(&value)),
        }
    }
}

#[cfg(test)]
mod tests;
