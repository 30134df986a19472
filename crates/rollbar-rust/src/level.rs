//! How severe an occurrence is.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// How severe an occurrence is; a greater level is more severe. The level of an item's first occurrence is the item's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For developers.
    Debug,
    /// What messages have unless they say something else.
    Info,
    /// Something is wrong that was coped with.
    Warning,
    /// What exceptions have unless they say something else.
    Error,
    /// Somebody should be woken up.
    Critical,
}

impl Level {
    /// All of them, by severity.
    pub const ALL: [Self; 5] = [Self::Debug, Self::Info, Self::Warning, Self::Error, Self::Critical];

    /// The name in the API.
    ///
    /// ```
    /// assert_eq!(rollbar_rust::Level::Warning.as_str(), "warning");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// By the name in the API, in any case.
///
/// ```
/// use rollbar_rust::Level;
///
/// assert_eq!("Critical".parse(), Ok(Level::Critical));
/// assert!("fatal".parse::<Level>().is_err());
/// ```
impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Self, UnknownLevel> {
        let level = Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(name));
        level.ok_or_else(|| UnknownLevel(name.to_owned()))
    }
}

/// Not one of the five levels.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of debug, info, warning, error, critical")]
pub struct UnknownLevel(String);
