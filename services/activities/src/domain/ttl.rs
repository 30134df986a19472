//! How long an activity stays in the home feed.

use time::{Duration, OffsetDateTime};

use super::Invalid;

/// One of the seven times to live that the front end offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ttl(Duration);

impl Ttl {
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Invalid> {
        let duration = match text {
            Some("30-days") => Duration::days(30),
            Some("7-days") => Duration::days(7),
            Some("3-days") => Duration::days(3),
            Some("1-day") => Duration::days(1),
            Some("12-hours") => Duration::hours(12),
            Some("3-hours") => Duration::hours(3),
            Some("1-hour") => Duration::hours(1),
            _ => return Err(Invalid::TtlUnknown),
        };
        Ok(Self(duration))
    }

    /// When an activity that is written at `created_at` leaves the feed.
    pub(crate) fn after(self, created_at: OffsetDateTime) -> OffsetDateTime {
        created_at + self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seven_times_to_live_and_no_others() {
        let check = |text: Option<&str>, hours: Result<i64, Invalid>| {
            let start = OffsetDateTime::UNIX_EPOCH;
            let parsed = Ttl::parse(text).map(|ttl| (ttl.after(start) - start).whole_hours());
            assert_eq!(parsed, hours, "{text:?}");
        };

        check(Some("30-days"), Ok(720));
        check(Some("7-days"), Ok(168));
        check(Some("3-days"), Ok(72));
        check(Some("1-day"), Ok(24));
        check(Some("12-hours"), Ok(12));
        check(Some("3-hours"), Ok(3));
        check(Some("1-hour"), Ok(1));
        for other in [None, Some(""), Some("1-days"), Some("2-days"), Some("30-DAYS"), Some(" 1-day")] {
            check(other, Err(Invalid::TtlUnknown));
        }
    }
}
