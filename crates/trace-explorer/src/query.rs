//! The parameters of a trace search, as the API and the page take them.

use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::ids::TraceId;
use crate::store::{TraceQuery, TraceSummary};

/// The most traces in one answer.
pub const MAX_LIMIT: usize = 1000;

/// All parameters, as a message lists them.
const NAMES: &str =
    "service, name, status, min_duration_ms, max_duration_ms, attr, since, until, after, limit";

/// A parameter that cannot be understood: which one, and what is accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct QueryError(String);

/// Reads the parameters of a request. One without a value counts as not given: that is how forms send empty fields.
pub fn parse<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<TraceQuery, QueryError> {
    let mut query = TraceQuery::default();
    for (name, value) in parameters {
        let value = value.trim();
        let refuse = |accepted: &str| QueryError(format!("`{name}` is `{value}`: it must be {accepted}"));
        match name {
            _ if value.is_empty() => {}
            "service" => query.service = Some(value.to_owned()),
            "name" => query.name = Some(value.to_owned()),
            "status" => query.error = Some(error_status(value).ok_or_else(|| refuse("`error` or `ok`"))?),
            "min_duration_ms" => {
                query.min_duration_nano = Some(milliseconds(value).ok_or_else(|| refuse(MS))?);
            }
            "max_duration_ms" => {
                query.max_duration_nano = Some(milliseconds(value).ok_or_else(|| refuse(MS))?);
            }
            "attr" => query.attributes.push(pair(value).ok_or_else(|| refuse("`key=value`"))?),
            "since" => query.since = Some(instant(value).ok_or_else(|| refuse(INSTANT))?),
            "until" => query.until = Some(instant(value).ok_or_else(|| refuse(INSTANT))?),
            "after" => {
                query.after = Some(cursor(value).ok_or_else(|| refuse("`next` of an earlier answer"))?);
            }
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                query.limit = limit.ok_or_else(|| refuse("a number from 1 to 1000"))?;
            }
            _ => return Err(QueryError(format!("there is no parameter `{name}`; there are: {NAMES}"))),
        }
    }
    Ok(query)
}

/// What `after` must be to go on behind `trace`.
#[must_use]
pub fn cursor_after(trace: &TraceSummary) -> String {
    format!("{}-{}", trace.start_unix_nano, trace.trace_id)
}

const MS: &str = "a number of milliseconds, such as 12 or 0.5";
pub(crate) const INSTANT: &str = "nanoseconds since 1970, or a time such as 2026-01-31T12:00:00Z";

fn error_status(value: &str) -> Option<bool> {
    match value {
        "error" => Some(true),
        "ok" => Some(false),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
fn milliseconds(value: &str) -> Option<u64> {
    let milliseconds = f64::from_str(value).ok().filter(|ms| ms.is_finite() && *ms >= 0.0)?;
    Some((milliseconds * 1e6).round() as u64)
}

fn pair(value: &str) -> Option<(String, String)> {
    let (key, value) = value.split_once('=')?;
    (!key.is_empty()).then(|| (key.to_owned(), value.to_owned()))
}

pub(crate) fn instant(value: &str) -> Option<u64> {
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok();
    }
    // In a query a `+` that is not escaped arrives as a space.
    let time = OffsetDateTime::parse(&value.replace(' ', "+"), &Rfc3339).ok()?;
    u64::try_from(time.unix_timestamp_nanos()).ok()
}

fn cursor(value: &str) -> Option<(u64, TraceId)> {
    let (start, trace_id) = value.split_once('-')?;
    Some((start.parse().ok()?, trace_id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_read() {
        let query = parse([
            ("service", "users"),
            ("name", " GET "),
            ("status", "error"),
            ("min_duration_ms", "0.5"),
            ("max_duration_ms", "20"),
            ("attr", "http.route=/a=b"),
            ("attr", "k="),
            ("since", "1970-01-01T00:00:01Z"),
            ("until", "2000000000"),
            ("after", "5-5b8efff798038103d269b633813fc60c"),
            ("limit", "7"),
        ]);

        let expected = TraceQuery {
            service: Some("users".into()),
            name: Some("GET".into()),
            attributes: vec![("http.route".into(), "/a=b".into()), ("k".into(), String::new())],
            error: Some(true),
            min_duration_nano: Some(500_000),
            max_duration_nano: Some(20_000_000),
            since: Some(1_000_000_000),
            until: Some(2_000_000_000),
            after: Some((5, "5b8efff798038103d269b633813fc60c".parse().unwrap())),
            limit: 7,
        };
        assert_eq!(query, Ok(expected));
    }

    #[test]
    fn an_empty_field_of_a_form_is_not_a_condition() {
        assert_eq!(parse([("service", ""), ("limit", " "), ("status", "")]), Ok(TraceQuery::default()));
    }

    #[test]
    fn a_mistake_says_what_is_accepted() {
        let check = |name: &str, value: &str, message: &str| {
            assert_eq!(parse([(name, value)]).unwrap_err().to_string(), message);
        };
        check("status", "bad", "`status` is `bad`: it must be `error` or `ok`");
        check("limit", "0", "`limit` is `0`: it must be a number from 1 to 1000");
        check("limit", "1001", "`limit` is `1001`: it must be a number from 1 to 1000");
        check(
            "min_duration_ms",
            "-1",
            "`min_duration_ms` is `-1`: it must be a number of milliseconds, such as 12 or 0.5",
        );
        check(
            "min_duration_ms",
            "NaN",
            "`min_duration_ms` is `NaN`: it must be a number of milliseconds, such as 12 or 0.5",
        );
        check("attr", "k", "`attr` is `k`: it must be `key=value`");
        check("attr", "=v", "`attr` is `=v`: it must be `key=value`");
        check("after", "1", "`after` is `1`: it must be `next` of an earlier answer");
        let instant = "it must be nanoseconds since 1970, or a time such as 2026-01-31T12:00:00Z";
        check("since", "today", &format!("`since` is `today`: {instant}"));
        check("until", "99999999999999999999", &format!("`until` is `99999999999999999999`: {instant}"));
        check("servise", "x", &format!("there is no parameter `servise`; there are: {NAMES}"));
    }
}
