//! Variables as they are read: what was set, what it did, and why not.

use std::cell::RefCell;
use std::fmt::Display;
use std::time::Duration;

use crate::redaction;

/// A variable that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its name.
    pub variable: String,
    /// Its value as it may be shown: secrets are `***`.
    pub value: String,
    /// What is wrong with it, so that it is not used; a sentence that says what to write instead.
    pub problem: Option<String>,
    /// What looks wrong with it, though it is used.
    pub hint: Option<String>,
}

/// Reads variables and remembers what was read. An empty one counts as not set, as the specification asks.
pub(super) struct Variables<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    readings: RefCell<Vec<Reading>>,
}

impl<'a> Variables<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, readings: RefCell::default() }
    }

    /// The value without white space and quotes around it: a quote gets there from files that are not read by a shell.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = (self.lookup)(name)?;
        let value = unquoted(value.trim()).trim();
        if value.is_empty() {
            return None;
        }
        let mut readings = self.readings.borrow_mut();
        if readings.iter().all(|known| known.variable != name) {
            let reading =
                Reading { variable: name.to_owned(), value: shown(name, value), problem: None, hint: None };
            readings.push(reading);
        }
        Some(value.to_owned())
    }

    /// The first that is set of several names, the more special ones first.
    pub(super) fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, String)> {
        names.iter().find_map(|name| self.get(name).map(|value| (*name, value)))
    }

    /// Says what is wrong with a variable, once.
    pub(super) fn problem(&self, name: &str, problem: impl Into<String>) {
        let mut readings = self.readings.borrow_mut();
        if let Some(reading) = readings.iter_mut().find(|known| known.variable == name) {
            reading.problem.get_or_insert_with(|| problem.into());
        }
    }

    /// Says what looks wrong with a variable that is used, once.
    pub(super) fn hint(&self, name: &str, hint: impl Into<String>) {
        let mut readings = self.readings.borrow_mut();
        if let Some(reading) = readings.iter_mut().find(|known| known.variable == name) {
            reading.hint.get_or_insert_with(|| hint.into());
        }
    }

    /// What `read` makes of the first name that is set, or the default and a problem that names `what` is wanted.
    pub(super) fn parse<T: Clone>(
        &self,
        names: &[&str],
        default: (T, impl Display),
        what: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        let Some((name, value)) = self.first(names) else { return default.0 };
        read(&value).unwrap_or_else(|| {
            self.problem(name, format!("`{value}` is not {what}; {} is used", default.1));
            default.0
        })
    }

    /// A number above 0.
    pub(super) fn count(&self, names: &[&str], default: usize) -> usize {
        self.parse(names, (default, default), "a number above 0", |value| {
            value.parse().ok().filter(|number| *number > 0)
        })
    }

    /// A number of milliseconds above 0.
    pub(super) fn millis(&self, names: &[&str], default: Duration) -> Duration {
        let told = format!("{} ms", default.as_millis());
        self.parse(names, (default, told), "a number of milliseconds above 0", |value| {
            value.parse().ok().filter(|number| *number > 0).map(Duration::from_millis)
        })
    }

    /// `true` or `false` in any case.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.parse(&[name], (false, "false"), "true or false", |value| {
            value.to_ascii_lowercase().parse().ok()
        })
    }

    /// The elements of a list that commas separate.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let value = self.get(name).unwrap_or_default();
        value.split(',').map(str::trim).filter(|element| !element.is_empty()).map(str::to_owned).collect()
    }

    /// Everything that was set, in the order in which it was asked for.
    pub(super) fn readings(self) -> Vec<Reading> {
        self.readings.into_inner()
    }
}

fn unquoted(value: &str) -> &str {
    let pair = |quote| value.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    pair('"').or_else(|| pair('\'')).unwrap_or(value)
}

/// Keys, tokens and headers are secrets whatever they hold; a path of a key is none.
fn shown(name: &str, value: &str) -> String {
    let is_path = name.ends_with("_CLIENT_KEY");
    let is_secret =
        ["_KEY", "_HEADERS", "_TOKEN", "_SECRET", "_PASSWORD"].iter().any(|end| name.ends_with(end));
    if is_secret && !is_path { "***".to_owned() } else { redaction::text(value).into_owned() }
}
