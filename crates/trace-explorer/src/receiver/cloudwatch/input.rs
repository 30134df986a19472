//! The fields of a request, checked as AWS checks them.

use serde_json::{Map, Value};

use super::answer::Failure;

/// Characters of a name.
const MAX_NAME: usize = 512;

/// A request as it was sent.
pub(super) struct Input(Map<String, Value>);

impl Input {
    pub(super) fn of_json(body: &[u8]) -> Result<Self, Failure> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(Failure::Serialization("the body is not an object".to_owned())),
            Err(error) => Err(Failure::Serialization(format!("the body is not valid JSON: {error}"))),
        }
    }

    fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    fn typed<'a, T>(
        &'a self,
        field: &str,
        what: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let wrong = || Failure::Serialization(format!("`{field}` must be {what}"));
        self.get(field).map(|value| read(value).ok_or_else(wrong)).transpose()
    }

    pub(super) fn text(&self, field: &str) -> Result<Option<&str>, Failure> {
        self.typed(field, "a text", Value::as_str)
    }

    pub(super) fn is_set(&self, field: &str) -> Result<bool, Failure> {
        Ok(self.typed(field, "true or false", Value::as_bool)?.unwrap_or(false))
    }

    /// A number that is not negative.
    pub(super) fn number(&self, field: &str) -> Result<Option<u64>, Failure> {
        let number =
            self.typed(field, "a whole number", |value| value.as_i64().or(value.as_u64().map(|_| i64::MAX)))?;
        let negative = |number: i64| {
            Failure::constraint(&number.to_string(), field, "have value greater than or equal to 0")
        };
        number.map(|number| u64::try_from(number).map_err(|_| negative(number))).transpose()
    }

    pub(super) fn list(&self, field: &str) -> Result<Option<&[Value]>, Failure> {
        self.typed(field, "a list", |value| value.as_array().map(Vec::as_slice))
    }

    /// How many are asked for: 1 to `most`, `most` if the request does not say.
    pub(super) fn limit(&self, most: usize) -> Result<usize, Failure> {
        let Some(limit) = self.number("limit")? else { return Ok(most) };
        let refuse = |rule: String| Err(Failure::constraint(&format!("'{limit}'"), "limit", &rule));
        match usize::try_from(limit) {
            Ok(0) => refuse("have value greater than or equal to 1".to_owned()),
            Ok(limit) if limit <= most => Ok(limit),
            _ => refuse(format!("have value less than or equal to {most}")),
        }
    }

    pub(super) fn group(&self) -> Result<&str, Failure> {
        group_name("logGroupName", self.text("logGroupName")?)
    }

    /// The group by its name or, as reading operations allow, by its name or ARN in `logGroupIdentifier`.
    pub(super) fn group_or_identifier(&self) -> Result<&str, Failure> {
        match (self.text("logGroupName")?, self.text("logGroupIdentifier")?) {
            (Some(_), Some(_)) => Err(Failure::Parameter(
                "LogGroup name and LogGroup ARN are mutually exclusive parameters.".to_owned(),
            )),
            (None, Some(identifier)) => {
                let name = identifier.split_once(":log-group:").map_or(identifier, |(_, name)| name);
                let name = name.strip_suffix(":*").unwrap_or(name);
                group_name("logGroupIdentifier", Some(name))
            }
            (name, None) => group_name("logGroupName", name),
        }
    }

    pub(super) fn stream(&self) -> Result<&str, Failure> {
        stream_name("logStreamName", self.text("logStreamName")?)
    }

    /// `logStreamNames`, of which there are 1 to 100 if there are any.
    pub(super) fn streams(&self) -> Result<Option<Vec<&str>>, Failure> {
        let Some(list) = self.list("logStreamNames")? else { return Ok(None) };
        if list.is_empty() || list.len() > 100 {
            return Err(Failure::constraint(
                "'logStreamNames'",
                "logStreamNames",
                "have length from 1 to 100",
            ));
        }
        list.iter()
            .map(|name| stream_name("logStreamNames", name.as_str()))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    pub(super) fn stream_prefix(&self) -> Result<Option<&str>, Failure> {
        let prefix = self.text("logStreamNamePrefix")?;
        prefix.map(|prefix| stream_name("logStreamNamePrefix", Some(prefix))).transpose()
    }
}

fn group_name<'a>(field: &str, name: Option<&'a str>) -> Result<&'a str, Failure> {
    let name = sized(field, name)?;
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_/#".contains(c)) {
        let rule = r"satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+";
        return Err(Failure::constraint(&format!("'{name}'"), field, rule));
    }
    if name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws/")) {
        return Err(Failure::Parameter("Log groups starting with AWS/ are reserved for AWS.".to_owned()));
    }
    Ok(name)
}

fn stream_name<'a>(field: &str, name: Option<&'a str>) -> Result<&'a str, Failure> {
    let name = sized(field, name)?;
    if name.contains([':', '*']) {
        let rule = "satisfy regular expression pattern: [^:*]*";
        return Err(Failure::constraint(&format!("'{name}'"), field, rule));
    }
    Ok(name)
}

fn sized<'a>(field: &str, name: Option<&'a str>) -> Result<&'a str, Failure> {
    let name = name.ok_or_else(|| Failure::constraint("null", field, "not be null"))?;
    if name.is_empty() {
        return Err(Failure::constraint("''", field, "have length greater than or equal to 1"));
    }
    if name.chars().nth(MAX_NAME).is_some() {
        return Err(Failure::constraint("of the request", field, "have length less than or equal to 512"));
    }
    Ok(name)
}
