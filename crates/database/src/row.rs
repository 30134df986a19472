//! Values that the tables hold in a plainer form: what has a text form as `TEXT`, times as microseconds in a `BIGINT`.

use std::str::FromStr;

use sqlx::Row;
use sqlx::any::AnyRow;
use time::OffsetDateTime;

/// A value that the table holds as text.
pub fn parsed<T>(row: &AnyRow, column: &str) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    row.try_get::<String, _>(column)?.parse().map_err(|error| unreadable(column, error))
}

/// A time that the table holds as microseconds since 1970.
pub fn time(row: &AnyRow, column: &str) -> Result<OffsetDateTime, sqlx::Error> {
    from_micros(row.try_get(column)?).map_err(|error| unreadable(column, error))
}

/// A time that may be absent.
pub fn optional_time(row: &AnyRow, column: &str) -> Result<Option<OffsetDateTime>, sqlx::Error> {
    let micros: Option<i64> = row.try_get(column)?;
    micros.map(from_micros).transpose().map_err(|error| unreadable(column, error))
}

/// The form in which the tables hold a time. Exact for every time that was made by [`now`].
#[must_use]
pub fn micros(time: OffsetDateTime) -> i64 {
    // Years up to 9999 are 2.5e17 microseconds, a thirtieth of what fits.
    i64::try_from(time.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}

/// The present, as exact as a table can hold it, so that what is answered now equals what is read later.
#[must_use]
pub fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    from_micros(micros(now)).unwrap_or(now)
}

fn from_micros(micros: i64) -> Result<OffsetDateTime, time::error::ComponentRange> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000)
}

fn unreadable(column: &str, error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_present_survives_the_table() {
        let now = now();

        assert_eq!(from_micros(micros(now)), Ok(now));
    }
}
