//! Reading the environment so that all mistakes are told at once.

use std::fmt;
use std::str::FromStr;

/// Answers the value of a variable.
type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Reads variables and remembers what is wrong with them. An empty variable counts as not set.
pub struct Env<'a> {
    lookup: Box<Lookup<'a>>,
    mistakes: Vec<String>,
}

/// Everything that is wrong with the environment, one sentence a variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment cannot be used: {}", .mistakes.join("; "))]
pub struct SettingsError {
    /// One sentence for each variable that cannot be used.
    pub mistakes: Vec<String>,
}

impl Env<'static> {
    /// Reads the environment of the process.
    #[must_use]
    pub fn from_process() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }
}

impl<'a> Env<'a> {
    /// Reads from `lookup`, which answers the value of a variable.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self { lookup: Box::new(lookup), mistakes: Vec::new() }
    }

    /// The value of a variable, `None` when it is empty or not set.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The value of a variable, or `default`.
    #[must_use]
    pub fn string(&self, name: &str, default: &str) -> String {
        self.optional(name).unwrap_or_else(|| default.to_owned())
    }

    /// The parsed value of a variable, or `default`; a value that cannot be parsed is a mistake.
    pub fn parse<T>(&mut self, name: &str, default: T) -> T
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        match self.optional(name).map(|value| (value.parse(), value)) {
            None => default,
            Some((Ok(parsed), _)) => parsed,
            Some((Err(error), value)) => {
                self.mistake(name, format_args!("`{value}` cannot be used: {error}"));
                default
            }
        }
    }

    /// Remembers a mistake that a caller found in a variable.
    pub fn mistake(&mut self, name: &str, what: impl fmt::Display) {
        self.mistakes.push(format!("{name}: {what}"));
    }

    /// # Errors
    /// When any variable could not be used: all of them at once.
    pub fn finish(self) -> Result<(), SettingsError> {
        if self.mistakes.is_empty() { Ok(()) } else { Err(SettingsError { mistakes: self.mistakes }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mistakes_are_told_at_once() {
        let mut env = Env::from_lookup(|name| match name {
            "PORT" => Some("many".to_owned()),
            "WORKERS" => Some("-1".to_owned()),
            _ => None,
        });

        env.parse("PORT", 1u16);
        env.parse("WORKERS", 1usize);
        let error = env.finish().unwrap_err();

        assert_eq!(error.mistakes.len(), 2);
        assert!(
            error.to_string().contains("PORT: `many`") && error.to_string().contains("WORKERS: `-1`"),
            "{error}"
        );
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let mut env = Env::from_lookup(|_| Some("  ".to_owned()));

        assert_eq!(env.parse("PORT", 7u16), 7);
        assert_eq!(env.string("HOST", "here"), "here");
        assert_eq!(env.finish(), Ok(()));
    }
}
