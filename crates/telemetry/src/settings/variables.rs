//! Variables as they are read: what was set, what it did, and why not.

use std::cell::RefCell;
use std::fmt::Display;
use std::time::Duration;

use super::shown;

/// A variable that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its name.
    pub variable: String,
    /// Its value as it may be shown: secrets are `***`.
    pub value: String,
    /// Whether anything of it is in effect.
    pub is_used: bool,
    /// What is wrong with it, wholly or in part; a sentence that says what to write instead.
    pub problem: Option<String>,
    /// What looks wrong with it though it is used, or why it does nothing though nothing is wrong with it.
    pub hint: Option<String>,
}

impl Reading {
    /// It is as it should be, and does nothing, because of something else that is set or not set.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        !self.is_used && self.problem.is_none()
    }
}

/// The very long time that the specification proposes for "no limit".
const NO_LIMIT: Duration = Duration::from_millis(i32::MAX as u64);

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
            let value = shown::value(name, value);
            let variable = name.to_owned();
            readings.push(Reading { variable, value, is_used: true, problem: None, hint: None });
        }
        Some(value.to_owned())
    }

    /// The first that is set of several names, the more special ones first.
    pub(super) fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, String)> {
        names.iter().find_map(|name| self.get(name).map(|value| (*name, value)))
    }

    /// Says what is wrong with a variable, once. Nothing of it is used.
    pub(super) fn problem(&self, name: &str, problem: impl Into<String>) {
        self.remark(name, |reading| {
            reading.is_used = false;
            reading.problem.get_or_insert_with(|| problem.into());
        });
    }

    /// Says what is wrong with a part of a variable, once. The rest of it is used.
    pub(super) fn flaw(&self, name: &str, problem: impl Into<String>) {
        self.remark(name, |reading| {
            reading.problem.get_or_insert_with(|| problem.into());
        });
    }

    /// Says what looks wrong with a variable that is used, once.
    pub(super) fn hint(&self, name: &str, hint: impl Into<String>) {
        self.remark(name, |reading| {
            reading.hint.get_or_insert_with(|| hint.into());
        });
    }

    /// Says why a variable does nothing.
    pub(super) fn idle(&self, name: &str, reason: impl Into<String>) {
        self.hint(name, reason);
        self.remark(name, |reading| reading.is_used = false);
    }

    fn remark(&self, name: &str, remark: impl FnOnce(&mut Reading)) {
        let mut readings = self.readings.borrow_mut();
        if let Some(reading) = readings.iter_mut().find(|known| known.variable == name) {
            remark(reading);
        }
    }

    /// Whether a variable was asked for, and is set.
    pub(super) fn was_read(&self, name: &str) -> bool {
        self.readings.borrow().iter().any(|known| known.variable == name)
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
            self.problem(
                name,
                format!("`{}` is not {what}; {} is used", shown::value(name, &value), default.1),
            );
            default.0
        })
    }

    /// A number above 0.
    pub(super) fn count(&self, names: &[&str], default: usize) -> usize {
        self.parse(names, (default, default), "a number above 0", |value| {
            value.parse().ok().filter(|number| *number > 0)
        })
    }

    /// A number of milliseconds; 0 is one too.
    pub(super) fn millis(&self, names: &[&str], default: Duration) -> Duration {
        let told = format!("{} ms", default.as_millis());
        self.parse(names, (default, told), "a number of milliseconds", |value| {
            value.parse().ok().map(Duration::from_millis)
        })
    }

    /// A number of milliseconds that something may take. 0 is no limit: specification, "SDK environment variables",
    /// "Timeout".
    pub(super) fn timeout(&self, names: &[&str], default: Duration) -> Duration {
        let limit = self.millis(names, default);
        if limit.is_zero() { NO_LIMIT } else { limit }
    }

    /// `true` or `false` in any case, of the first name that is set.
    pub(super) fn flag(&self, names: &[&str]) -> bool {
        self.parse(names, (false, "false"), "true or false", |value| value.to_ascii_lowercase().parse().ok())
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
