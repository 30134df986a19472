//! Where events are put: a stream of a group, and how both are made when they are missing.

use std::collections::HashMap;
use std::fmt;

/// Days that a group can keep its events, by
/// [PutRetentionPolicy](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html).
pub const RETENTION_DAYS: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// The most characters of a name.
const MAX_NAME_CHARS: usize = 512;

/// A log stream of a log group. Either is made when it is missing; that somebody else makes it at the same moment is no error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStream {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) retention_days: Option<i32>,
    pub(crate) tags: HashMap<String, String>,
}

/// A name that CloudWatch does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no name of a {what}: {rule}")]
pub struct InvalidName {
    what: Name,
    name: String,
    rule: &'static str,
}

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// A log group.
    Group,
    /// A log stream.
    Stream,
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Group => "log group",
            Self::Stream => "log stream",
        })
    }
}

impl LogStream {
    /// The stream `name` of `group`.
    pub fn new(group: impl Into<String>, name: impl Into<String>) -> Result<Self, InvalidName> {
        let (group, name) = (group.into(), name.into());
        check(Name::Group, &group)?;
        check(Name::Stream, &name)?;
        Ok(Self { group, name, retention_days: None, tags: HashMap::new() })
    }

    /// How long the group keeps its events, if it is made here: one of [`RETENTION_DAYS`]. Without it, for ever.
    #[must_use]
    pub fn retention_days(self, days: Option<i32>) -> Self {
        Self { retention_days: days, ..self }
    }

    /// Tags of the group, if it is made here.
    #[must_use]
    pub fn tags(self, tags: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { tags: tags.into_iter().collect(), ..self }
    }
}

fn check(what: Name, name: &str) -> Result<(), InvalidName> {
    let invalid = |rule| Err(InvalidName { what, name: name.to_owned(), rule });
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return invalid("it must have 1 to 512 characters");
    }
    match what {
        Name::Group if name.starts_with("aws/") => invalid("names that begin with aws/ are AWS's own"),
        Name::Group if !name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_/#".contains(c)) => {
            invalid("only letters, digits and . - _ / # can be in it")
        }
        Name::Stream if name.contains([':', '*']) => invalid(": and * cannot be in it"),
        _ => Ok(()),
    }
}

/// The name of a stream by a template, in which each `{name}` of `values` stands for its value. What a name cannot have in it
/// becomes `-`, and what is too long is cut.
///
/// ```
/// let values = [("service", "users"), ("instance", "10.0.0.7:8080")];
///
/// assert_eq!(cloudwatch_logs::stream_name("{service}/{instance}", &values), "users/10.0.0.7-8080");
/// ```
#[must_use]
pub fn stream_name(template: &str, values: &[(&str, &str)]) -> String {
    let mut name = String::new();
    let mut rest = template;
    'template: while let Some(at) = rest.find('{') {
        name.push_str(&rest[..at]);
        rest = &rest[at..];
        for (key, value) in values {
            if let Some(behind) = rest[1..].strip_prefix(key).and_then(|behind| behind.strip_prefix('}')) {
                name.push_str(value);
                rest = behind;
                continue 'template;
            }
        }
        name.push('{');
        rest = &rest[1..];
    }
    name.push_str(rest);
    let allowed = |c: char| if matches!(c, ':' | '*') || c.is_control() { '-' } else { c };
    let name: String = name.chars().map(allowed).take(MAX_NAME_CHARS).collect();
    if name.is_empty() { "-".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_to_the_rules_of_the_api() {
        let refused = |group: &str, name: &str| LogStream::new(group, name).unwrap_err().to_string();

        assert!(LogStream::new("cruddur/a.b-c_d#1", "users/1 [x]").is_ok());
        assert_eq!(refused("", "a"), "`` is no name of a log group: it must have 1 to 512 characters");
        assert!(refused("aws/mine", "a").ends_with("AWS's own"));
        assert!(refused("sp ace", "a").contains("only letters"));
        assert!(refused("a", "b:c").contains("no name of a log stream"));
        assert!(refused("a", &"x".repeat(513)).contains("1 to 512"));
    }

    #[test]
    fn a_template_is_filled_and_whatever_comes_out_is_a_name() {
        let values = [("service", "users"), ("instance", "a:b*c\n")];
        let name = |template: &str| stream_name(template, &values);

        assert_eq!(name("{service}/{instance}"), "users/a-b-c-");
        assert_eq!(name("x{unknown}{service"), "x{unknown}{service");
        assert_eq!(name("{{service}}"), "{users}");
        assert_eq!(name(""), "-");
        assert_eq!(stream_name("{a}", &[("a", "{a}")]), "{a}", "values are not looked into");
        for template in ["{service}", ":*", &"ü".repeat(600), "{instance}"] {
            LogStream::new("group", name(template)).unwrap();
        }
    }
}
